//! One file: its text, and how its path is told.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use kernel::{Kind, Problem};

use crate::model::lockfile::FILE_BYTES_MAX;
use crate::model::place::Source;
use crate::model::plain::plain;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The text of a file; what is wrong with it has the path as it was reached.
pub(super) fn text(path: &Path) -> Result<String, Problem> {
    String::from_utf8(bytes(path)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        let (name, what) = (shown(path), "the file is not UTF-8");
        let source = Source { file: &name, text: &text };
        source.at(valid, Problem::invalid(what).hint("it may be damaged; write it again"))
    })
}

/// As [`text`], in whatever encoding.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    let name = shown(path);
    let problem = |problem: Problem| Problem { file: Some(name.clone()), ..problem };
    let unreadable = |error: std::io::Error| {
        problem(Problem::invalid(format!("the file cannot be read: {error}"))).hint("what is in it is not known")
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        let what = format!("the file has more than {} MiB", FILE_BYTES_MAX >> 20);
        return Err(problem(Problem::new(Kind::TooLarge, what)).hint("a file of one product is far smaller"));
    }
    // What editors of some systems put first.
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(bytes)
}

/// A path as whoever asked can open it.
pub(super) fn shown(path: &Path) -> String {
    plain(&path.strip_prefix(".").unwrap_or(path).display().to_string())
}

/// A path as it is told: relative to `root`, with `/`.
pub(super) fn relative(path: &Path, root: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { shown(path) } else { plain(&parts.join("/")) }
}
