//! Lines as pip reads them: joined by `\`, without comments.

use kernel::Problem;

use crate::model::lockfile::too_large;
use crate::model::place::{Source, number};

/// Most lines.
const LINES_MAX: usize = 500_000;

/// Something that is said.
pub(super) struct Line {
    /// Where it begins.
    pub(super) number: u32,
    pub(super) offset: usize,
    pub(super) text: String,
}

/// All lines with something in them.
pub(super) fn of(source: Source<'_>) -> Result<Vec<Line>, Problem> {
    let mut lines = Vec::new();
    let mut open: Option<Line> = None;
    let mut offset = 0;
    for (position, raw) in source.text.split_inclusive('\n').enumerate() {
        let text = raw.trim_end();
        let is_comment = text.trim_start().starts_with('#');
        let (text, goes_on) = match text.strip_suffix('\\') {
            Some(text) if !is_comment => (text, true),
            _ => (text, false),
        };
        let line = open.get_or_insert_with(|| Line { number: number(position + 1), offset, text: String::new() });
        line.text.push_str(text);
        offset += raw.len();
        if !goes_on {
            lines.extend(open.take());
        }
        if lines.len() > LINES_MAX {
            return Err(too_large(source, &format!("the file has more than {LINES_MAX} lines")));
        }
    }
    if let Some(line) = open {
        let problem = Problem::invalid("the file ends in the middle of a line that goes on");
        return Err(source.at(line.offset, problem.hint("it may be cut off; write it again")));
    }
    lines.retain_mut(|line| {
        line.text = without_comment(&line.text).trim().to_owned();
        !line.text.is_empty()
    });
    Ok(lines)
}

/// A comment begins with `#` at the start or after white space.
fn without_comment(text: &str) -> &str {
    let begins = |at: usize| text[..at].chars().next_back().is_none_or(char::is_whitespace);
    let comment = text.match_indices('#').map(|(at, _)| at).find(|at| begins(*at));
    comment.map_or(text, |at| &text[..at])
}
