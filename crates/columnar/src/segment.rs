//! Segments: immutable Parquet files of sorted rows with an index of where each key's rows are.
//!
//! Whoever writes one gives the rows in order and says which rows belong to which key (for example all rows of one name);
//! whoever reads asks for columns of a range of rows, and only the pages that hold them are read and unpacked.
//!
//! Invariants: a file is written once, synced, and never changed; every column has every row, without nulls. The index is
//! in Parquet's key-value metadata under `trunkline.index`, so that other readers of Parquet read the file as it is.

mod read;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::data_type::ByteArray;
use serde::{Deserialize, Serialize};

pub use read::Segment;
pub use write::write;

/// The name of the index in the metadata.
const INDEX: &str = "trunkline.index";

/// One column of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Int,
    /// Text that often repeats, kept in a dictionary.
    Word,
    /// Text that does not.
    Text,
    /// 16 bytes
    Id,
}

/// The values of one column.
#[derive(Debug, Clone)]
pub enum Values {
    Ints(Vec<i64>),
    /// Of [`Kind::Word`] and [`Kind::Text`].
    Texts(Vec<Text>),
    Ids(Vec<[u8; 16]>),
}

/// A text of a segment. Clones share their memory, and texts of one page share the page's.
#[derive(Debug, Clone, PartialEq)]
pub struct Text(ByteArray);

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.data()
    }
}

impl Text {
    /// The text; empty if it is not UTF-8, which nobody writes.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self).unwrap_or_default()
    }
}

impl<T: Into<Bytes>> From<T> for Text {
    fn from(bytes: T) -> Self {
        Self(bytes.into().into())
    }
}

/// The rows of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub key: String,
    pub from: usize,
    /// Excluded.
    pub to: usize,
}

/// A segment could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("failed to {what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("failed to {what} the Parquet file {path}")]
    Parquet {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: parquet::errors::ParquetError,
    },
    #[error("the segment {path} is not as it was written: {why}")]
    Damaged { path: PathBuf, why: String },
}

impl Error {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }

    pub(crate) fn parquet(what: &'static str, path: &Path) -> impl Fn(parquet::errors::ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Parquet { what, path: path.clone(), source }
    }

    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), why: why.into() }
    }
}

/// Makes the names of files in a folder durable.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::file("sync", folder))
}
