//! What is no version by PEP 440, in the order that setuptools had before it (`packaging.version.LegacyVersion`).

/// Its parts: numbers padded to eight digits, words after a `*`, and `*final` at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model::version) struct Legacy(Vec<String>);

const FINAL: &str = "*final";
const DASH: &str = "*final-";
const ZERO: &str = "00000000";

impl Legacy {
    /// The text is in lower case.
    pub(super) fn of(text: &str) -> Self {
        let mut parts: Vec<String> = Vec::new();
        for part in Pieces(text).filter_map(part).chain([FINAL.to_owned()]) {
            if part.starts_with('*') {
                if part.as_str() < FINAL {
                    drop_last(&mut parts, DASH);
                }
                drop_last(&mut parts, ZERO);
            }
            parts.push(part);
        }
        Self(parts)
    }
}

fn drop_last(parts: &mut Vec<String>, name: &str) {
    while parts.last().is_some_and(|last| last == name) {
        parts.pop();
    }
}

/// A piece as it is compared; a point only separates.
fn part(piece: &str) -> Option<String> {
    let word = match piece {
        "." => return None,
        number if number.starts_with(|c: char| c.is_ascii_digit()) => return Some(format!("{number:0>8}")),
        "pre" | "preview" | "rc" => "c",
        "-" => "final-",
        "dev" => "@",
        word => word,
    };
    Some(format!("*{word}"))
}

/// Runs of digits, runs of letters, each point and dash, and whatever is between those.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let kind = Kind::of(self.0.chars().next()?);
        let is_single = matches!(kind, Kind::Point | Kind::Dash);
        let end = self.0.find(|c| Kind::of(c) != kind).unwrap_or(self.0.len());
        let (piece, rest) = self.0.split_at(if is_single { 1 } else { end });
        self.0 = rest;
        Some(piece)
    }
}

#[derive(PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    Point,
    Dash,
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' => Self::Digit,
            'a'..='z' => Self::Letter,
            '.' => Self::Point,
            '-' => Self::Dash,
            _ => Self::Other,
        }
    }
}
