//! The port to the file system, so that tests can put one there that forgets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// What the writer asks of a file system.
pub(super) trait Disk: std::fmt::Debug + Send {
    /// A new, empty file; its name is durable when this returns.
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>>;
}

/// A file that is appended to.
pub(super) trait LogFile: std::fmt::Debug + Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// All that was appended is durable when this returns.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts what is behind `bytes` off.
    fn truncate(&mut self, bytes: u64) -> io::Result<()>;
}

/// The machine's own.
#[derive(Debug)]
pub(super) struct Machine;

impl Disk for Machine {
    fn create(&self, path: &Path) -> io::Result<Box<dyn LogFile>> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        let begun = file.sync_all().and_then(|()| sync_folder(path.parent().unwrap_or(path)));
        if let Err(error) = begun {
            // A name that may not last is given back, so that the number is free for the next attempt.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(Box::new(file))
    }
}

impl LogFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
