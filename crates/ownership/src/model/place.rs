//! Where something stands.

use std::fmt;
use std::sync::Arc;

use serde_saphyr::Spanned;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From the top of the repository.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A word of a file and the line that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// From 1.
    pub line: u32,
}

impl Word {
    /// A word of a document that begins after `lines` lines of its file.
    pub(crate) fn after(lines: u32, word: Spanned<String>) -> Self {
        let (line, _) = misread::place(word.referenced);
        Self { text: word.value, line: lines + line }
    }
}
