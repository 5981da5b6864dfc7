//! Reading the end of a log.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How much of a file is looked at for its last lines.
const READ_BYTES_MAX: u64 = 256 * 1024;

/// The last `lines` lines of a command's log, across a rotation, for a message to a person. Bytes that are not UTF-8 are replaced; a line
/// further back than 256 KiB is not found. A log that does not exist is empty.
pub fn tail(log: &Path, lines: usize) -> io::Result<String> {
    let mut text = end_of(log)?;
    if text.lines().count() < lines {
        text.insert_str(0, &end_of(&previous(log))?);
    }
    let all: Vec<&str> = text.lines().collect();
    Ok(all[all.len().saturating_sub(lines)..].join("\n"))
}

/// Where a full log goes in [`crate::LogMode::Rotate`].
pub(crate) fn previous(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        opened => opened?,
    };
    let skipped = file.metadata()?.len().saturating_sub(READ_BYTES_MAX);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(READ_BYTES_MAX).read_to_end(&mut bytes)?;
    // The first line is a part of one.
    let start = if skipped == 0 { 0 } else { bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
    Ok(String::from_utf8_lossy(&bytes[start..]).into_owned())
}
