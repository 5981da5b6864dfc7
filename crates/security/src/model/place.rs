//! Lines and columns of a text.

use kernel::Problem;

/// Line and column, both from 1, of a byte of `text`.
pub fn of(text: &str, offset: usize) -> (u32, u32) {
    let before = text.get(..offset).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[begin..].chars().count() + 1;
    (number(line), number(column))
}

/// Where `part` begins in `text`, which it was cut out of.
pub fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// A text and its name: whoever reads it says with this where something is wrong.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// Puts the place of a byte into a problem.
    pub fn at(self, offset: usize, problem: Problem) -> Problem {
        let (line, column) = of(self.text, offset);
        problem.at(self.file, line, column)
    }
}

/// Where the lines of a text begin: for whoever needs many places of it.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    pub fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(end, _)| end + 1).collect())
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        number(self.0.partition_point(|begin| *begin <= offset) + 1)
    }
}

/// A number of lines that fits, whatever it is.
pub(crate) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        let text = "ab\nçd\n";
        assert_eq!(of(text, 0), (1, 1));
        assert_eq!(of(text, 1), (1, 2));
        assert_eq!(of(text, 3), (2, 1));
        assert_eq!(of(text, 5), (2, 2));
        assert_eq!(of(text, 99), (3, 1));
        assert_eq!(offset(text, &text[5..6]), 5);
        let lines = Lines::of(text);
        assert_eq!([0, 2, 3, 5, 7].map(|offset| lines.line(offset)), [1, 1, 2, 2, 3]);
    }
}
