//! What a feed says, document by document, as it is handed from whoever reads it to whoever keeps it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::feed;
use crate::model::Advisory;
use crate::model::advisory::{DOCUMENT_BYTES_MAX, parse};

/// Longest line of documents: the longest document, written as a JSON text.
const LINE_BYTES_MAX: u64 = 2 * DOCUMENT_BYTES_MAX as u64 + (1 << 20);

/// A file of advisories that somebody else has written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// As OSV exports it.
    Archive(PathBuf),
    /// A [`Line`] a line.
    Lines(PathBuf),
}

impl Feed {
    pub fn path(&self) -> &Path {
        match self {
            Self::Archive(path) | Self::Lines(path) => path,
        }
    }
}

/// A document on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its path.
    pub name: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// What became of a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// `hash` is of the document as it came.
    Advisory { hash: String, advisory: Advisory },
    /// It is no advisory.
    Aside { name: String, reason: String },
}

/// Reads all of a feed. What breaks it off is a problem: a part of a feed is not a feed.
pub fn entries(feed: &Feed, take: &mut dyn FnMut(Entry) -> Result<(), Problem>) -> Result<(), Problem> {
    match feed {
        // Its folder, so that documents are told by their names in the archive, wherever that is.
        Feed::Archive(path) => feed::each(path.parent().unwrap_or(path), &mut |name, bytes| take(entry(name, bytes))),
        Feed::Lines(path) => lines(path, take),
    }
}

fn entry(name: String, bytes: Result<Vec<u8>, String>) -> Entry {
    match bytes.and_then(|bytes| Ok((parse(&bytes)?, bytes))) {
        Ok((advisory, bytes)) => Entry::Advisory { hash: hex::encode(&Sha256::digest(&bytes)[..16]), advisory },
        Err(reason) => Entry::Aside { name, reason },
    }
}

fn lines(path: &Path, take: &mut dyn FnMut(Entry) -> Result<(), Problem>) -> Result<(), Problem> {
    let unreadable = |error: std::io::Error| Problem::invalid(format!("advisories cannot be read: {error}"));
    let mut from = BufReader::new(File::open(path).map_err(unreadable)?);
    let (mut number, mut line) = (0, Vec::new());
    loop {
        line.clear();
        if from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Ok(());
        }
        number += 1;
        if line.len() as u64 == LINE_BYTES_MAX {
            let what = format!("line {number}: it has {} MiB or more", LINE_BYTES_MAX >> 20);
            return Err(Problem::new(Kind::TooLarge, what).hint("a document is far smaller"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Line { name, document, unreadable } = serde_json::from_slice(&line).map_err(|error| {
            Problem::invalid(format!("line {number}: {error}")).hint("a line is {\"name\", \"document\"}")
        })?;
        let bytes = document.map(String::into_bytes);
        take(entry(name, bytes.ok_or_else(|| unreadable.unwrap_or_else(|| "it has no text".to_owned()))))?;
    }
}
