//! The write-ahead log: records appended in groups, durable before they are acknowledged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

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

/// The only writer of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Writer {}

impl Writer {
    /// Opens a log. Files of an earlier writer are left as they are and count as sealed; a new file is begun.
    pub fn open(_options: Options) -> Result<Self, Error> {
        unimplemented!("columnar is on its way")
    }

    /// Appends records as one unit, in order. They are durable (fdatasync) when it returns.
    pub async fn append(&self, _records: Vec<Bytes>) -> Result<(), Error> {
        unimplemented!("columnar is on its way")
    }

    /// Appends a record without waiting for it; it goes out with the next group.
    pub fn enqueue(&self, _record: Bytes) -> Result<(), Error> {
        unimplemented!("columnar is on its way")
    }

    /// Writes what is queued, and goes on in a new file: the one before counts as sealed.
    pub async fn seal(&self) -> Result<(), Error> {
        unimplemented!("columnar is on its way")
    }

    /// Writes what is queued, makes it durable, and ends.
    pub async fn close(&self) -> Result<(), Error> {
        unimplemented!("columnar is on its way")
    }
}

/// Reads a log from a place on, also while it is written by another process.
#[derive(Debug)]
pub struct Reader {}

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

impl Reader {
    pub fn open(_folder: &Path) -> Self {
        unimplemented!("columnar is on its way")
    }

    /// The whole records from `from` on, at most about `bytes_max` of them; empty when there is nothing new.
    pub fn read(&mut self, _from: Place, _bytes_max: usize) -> Result<Batch, Error> {
        unimplemented!("columnar is on its way")
    }

    /// Numbers of the files that no writer will ever append to again, oldest first.
    pub fn sealed(&self) -> Result<Vec<u64>, Error> {
        unimplemented!("columnar is on its way")
    }

    /// Removes sealed files up to and with `file`, durably.
    pub fn remove_to(&self, _file: u64) -> Result<(), Error> {
        unimplemented!("columnar is on its way")
    }
}
