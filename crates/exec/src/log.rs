//! The log of one command: a bounded file that is only ever appended to.
//!
//! Invariants: the file never grows past its bound (plus our own words and, in [`LogMode::Stop`], the tail); a line that begins with
//! `trunkline: ` at the place tells what is missing; a log that cannot be written stops nobody, and says so once it can be again.

pub(crate) mod tail;

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::LogMode;
use crate::redact::whole_characters;

/// How much of the end of an output is kept when its middle is left out: enough for the summary of a test run.
const TAIL_BYTES: usize = 32 * 1024;

/// Writes one command's output. It is given redacted bytes.
pub(crate) struct Sink {
    path: PathBuf,
    bytes_max: u64,
    mode: LogMode,
    file: Option<File>,
    /// Bytes in the current file, whoever wrote them.
    size: u64,
    /// Bytes that this sink has written.
    written: u64,
    ends_line: bool,
    cut: Option<Cut>,
    lost: Option<Lost>,
    is_truncated: bool,
}

/// What came after the bound was reached.
#[derive(Default)]
struct Cut {
    bytes: u64,
    tail: VecDeque<u8>,
}

/// What could not be written.
struct Lost {
    bytes: u64,
    error: io::Error,
}

/// What a closed log amounts to.
pub(crate) struct Totals {
    pub(crate) bytes: u64,
    pub(crate) is_truncated: bool,
}

impl Sink {
    /// Opens the log for appending. A full disk is no reason not to start: the product is worth more than its log.
    pub(crate) fn open(path: &Path, bytes_max: u64, mode: LogMode) -> io::Result<Self> {
        let mut sink = Self {
            path: path.to_owned(),
            bytes_max,
            mode,
            file: None,
            size: 0,
            written: 0,
            ends_line: true,
            cut: None,
            lost: None,
            is_truncated: false,
        };
        match sink.reopen() {
            Err(error) if !is_full(&error) => Err(error),
            _ => Ok(sink),
        }
    }

    /// Takes the next bytes of output.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        match self.mode {
            LogMode::Stop => self.write_until_full(bytes),
            LogMode::Rotate => self.write_rotating(bytes),
        }
    }

    /// Adds a line of our own, whatever the bound.
    fn say(&mut self, words: &str) {
        let line_break = if self.ends_line { "" } else { "\n" };
        self.append(format!("{line_break}trunkline: {words}\n").as_bytes());
    }

    /// Adds what is still owed: the tail of an output that was cut, a word about what could not be written, and `last_words` of ours.
    pub(crate) fn close(mut self, last_words: Option<&str>) -> Totals {
        if let Some(cut) = self.cut.take() {
            let tail = Vec::from(cut.tail);
            let start = tail.iter().take(3).take_while(|byte| is_continuation(**byte)).count();
            let left_out = cut.bytes - (tail.len() - start) as u64;
            self.say(&format!("{left_out} bytes were left out here; the end of the output follows"));
            self.append(&tail[start..]);
        }
        if let Some(words) = last_words {
            self.say(words);
        }
        self.settle_loss();
        Totals { bytes: self.written, is_truncated: self.is_truncated }
    }

    fn write_until_full(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if self.cut.is_none() {
            let room = usize::try_from(self.bytes_max.saturating_sub(self.size)).unwrap_or(usize::MAX);
            let fits = fitting(bytes, room);
            self.append(&bytes[..fits]);
            rest = &bytes[fits..];
            if rest.is_empty() {
                return;
            }
            self.say(&format!("output was cut here: this log holds at most {} bytes", self.bytes_max));
            self.is_truncated = true;
        }
        let cut = self.cut.get_or_insert_default();
        cut.bytes += rest.len() as u64;
        let kept = &rest[rest.len().saturating_sub(TAIL_BYTES)..];
        let excess = (cut.tail.len() + kept.len()).saturating_sub(TAIL_BYTES);
        cut.tail.drain(..excess);
        cut.tail.extend(kept);
    }

    fn write_rotating(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = usize::try_from(self.bytes_max.saturating_sub(self.size)).unwrap_or(usize::MAX);
            if rest.len() <= room {
                return self.append(rest);
            }
            // A line stays in one file where it fits, a character always.
            let fits = fitting(rest, room);
            let fits = match rest[..fits].iter().rposition(|byte| *byte == b'\n') {
                Some(line_break) => line_break + 1,
                None if self.ends_line && self.size > 0 => 0,
                None => fits,
            };
            let is_stuck = fits == 0 && self.size == 0;
            let fits = if is_stuck { rest.len() } else { fits };
            self.append(&rest[..fits]);
            rest = &rest[fits..];
            self.rotate();
        }
    }

    fn rotate(&mut self) {
        self.file = None;
        let renamed = fs::rename(&self.path, tail::previous(&self.path));
        if let Err(error) = renamed.and_then(|()| self.reopen()) {
            self.lost.get_or_insert(Lost { bytes: 0, error });
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)?;
        self.size = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.settle_loss();
        match self.try_append(bytes) {
            Ok(()) => self.ends_line = bytes.ends_with(b"\n"),
            Err(error) => {
                self.is_truncated = true;
                let lost = self.lost.get_or_insert(Lost { bytes: 0, error });
                lost.bytes += bytes.len() as u64;
            }
        }
    }

    /// Says what was lost, if the disk takes words again.
    fn settle_loss(&mut self) {
        let Some(lost) = self.lost.take() else { return };
        let words = format!("\ntrunkline: {} bytes of output were lost here: {}\n", lost.bytes, lost.error);
        if self.try_append(words.as_bytes()).is_err() {
            self.lost = Some(lost);
        }
    }

    fn try_append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            self.reopen()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        self.size += bytes.len() as u64;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// The longest beginning of `bytes` that has at most `room` bytes and does not split a character.
fn fitting(bytes: &[u8], room: usize) -> usize {
    if bytes.len() <= room { bytes.len() } else { whole_characters(&bytes[..room]) }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests;
