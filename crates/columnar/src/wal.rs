//! The write-ahead log: records appended in groups, durable before they are acknowledged.
//!
//! A log is a folder of files `000000000001.log`, …, each a row of groups ([`group`]). One [`Writer`] at a time appends;
//! any number of [`Reader`]s, in any process, see whole groups only.
//!
//! Invariants: what was acknowledged was written and synced before; a writer never appends to an earlier writer's file, nor
//! to one whose sync failed; of a file only the prefix of whole groups counts, and what is damaged before a later whole group
//! is reported and kept aside, never skipped in silence.

mod disk;
mod group;
mod known_bad;
mod reader;
mod scribe;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

pub use reader::Reader;
pub use writer::Writer;

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of the log files; made if it is missing.
    pub folder: PathBuf,
    /// A file is sealed when it has this many bytes..
    pub seal_bytes: u64,
    /// ..or when its first record is this old.
    pub seal_after: Duration,
    /// Bytes that may wait for the next group; beyond it, [`Error::Busy`].
    pub queue_bytes: usize,
}

/// An operation of the log failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too much waits already. Nothing was written; try again later.
    #[error("the log is busy")]
    Busy,
    /// The disk is full. Nothing was written; try again later.
    #[error("the disk is full")]
    DiskFull,
    /// The log was closed, or its disk failed.
    #[error("the log cannot be written: {why}")]
    Closed { why: String },
    #[error("failed to {what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// A place in a log: everything before it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub file: u64,
    pub offset: u64,
}

/// Records that were read, and where to go on.
#[derive(Debug, Default)]
pub struct Batch {
    pub records: Vec<Bytes>,
    pub next: Place,
    /// Bytes in the middle of a sealed file that are not what was written; the file is kept aside when it is removed.
    pub damaged: Vec<Damage>,
}

/// A damaged part of a sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub file: u64,
    pub from: u64,
    /// Excluded.
    pub to: u64,
}

impl Error {
    /// A file operation failed; a full disk has a word of its own.
    fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::File { what, path, source },
        }
    }

    /// The same error for another who waits.
    fn again(&self) -> Self {
        match self {
            Self::Busy => Self::Busy,
            Self::DiskFull => Self::DiskFull,
            Self::Closed { why } => Self::Closed { why: why.clone() },
            Self::File { what, path, source } => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Self::File { what, path: path.clone(), source }
            }
        }
    }
}

const EXTENSION: &str = "log";

fn path_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.{EXTENSION}"))
}

/// Numbers of the log files in a folder, in order; a folder that is not there has none.
fn numbers(folder: &Path) -> Result<Vec<u64>, Error> {
    let failed = || Error::file("list", folder);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed()(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            numbers.extend(path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
