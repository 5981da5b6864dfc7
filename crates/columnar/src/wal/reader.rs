//! Reads a log from a place on, also while another process writes it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::disk::sync_folder;
use super::group::{self, HEADER_BYTES, Parsed};
use super::{Batch, Damage, Error, Place, numbers, path_of};

/// At least so much is read at once.
const READ_BYTES_MIN: usize = 64 << 10;
/// Where damaged files are kept.
const ASIDE: &str = "damaged";

/// Reads a log from a place on, also while it is written by another process.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
}

/// The whole groups of a file from a place on.
struct Groups {
    records: Vec<Bytes>,
    next: u64,
    /// Bytes of the file when it was read.
    length: u64,
}

impl Reader {
    pub fn open(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The whole records from `from` on, at most about `bytes_max` of them; empty when there is nothing new. Records of one
    /// group stay together, and a batch never has records of two files.
    pub fn read(&mut self, from: Place, bytes_max: usize) -> Result<Batch, Error> {
        let mut batch = Batch { next: from, ..Batch::default() };
        // Listed first: a file that has a successor now will not grow any more.
        let files = numbers(&self.folder)?;
        for (i, number) in files.iter().enumerate().filter(|(_, number)| **number >= from.file) {
            let offset = if *number == batch.next.file { batch.next.offset } else { 0 };
            batch.next = Place { file: *number, offset };
            let is_sealed = i + 1 < files.len();
            self.read_file(&mut batch, bytes_max, is_sealed)?;
            if !batch.records.is_empty() || !is_sealed {
                return Ok(batch);
            }
        }
        Ok(batch)
    }

    fn read_file(&self, batch: &mut Batch, bytes_max: usize, is_sealed: bool) -> Result<(), Error> {
        let path = path_of(&self.folder, batch.next.file);
        let file = match File::open(&path) {
            Ok(file) => file,
            // Removed since it was listed: all of it was read before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::file("open", &path)(error)),
        };
        let failed = || Error::file("read", &path);
        loop {
            let groups = groups(&file, batch.next.offset, bytes_max).map_err(failed())?;
            batch.next.offset = groups.next;
            batch.records = groups.records;
            if !batch.records.is_empty() || !is_sealed || groups.next >= groups.length {
                return Ok(());
            }
            let rest = read_at(&file, groups.next, groups.length).map_err(failed())?;
            let Some(skip) = group::find(&rest) else { return Ok(()) };
            let to = groups.next + skip as u64;
            self.keep_aside(&path)?;
            batch.damaged.push(Damage { file: batch.next.file, from: groups.next, to });
            batch.next.offset = to;
        }
    }

    /// A second name for a damaged file, which stays when the first one goes.
    fn keep_aside(&self, path: &Path) -> Result<(), Error> {
        let folder = self.folder.join(ASIDE);
        fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        let kept = folder.join(path.file_name().unwrap_or_default());
        match fs::hard_link(path, &kept) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::file("keep", &kept)(error)),
            _ => sync_folder(&folder).map_err(Error::file("sync", &folder)),
        }
    }

    /// Numbers of the files that no writer will ever append to again, oldest first.
    pub fn sealed(&self) -> Result<Vec<u64>, Error> {
        let mut files = numbers(&self.folder)?;
        files.pop();
        Ok(files)
    }

    /// Removes sealed files up to and with `file`, durably.
    pub fn remove_to(&self, file: u64) -> Result<(), Error> {
        let gone: Vec<u64> = self.sealed()?.into_iter().filter(|number| *number <= file).collect();
        for number in &gone {
            let path = path_of(&self.folder, *number);
            fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        }
        if gone.is_empty() { Ok(()) } else { sync_folder(&self.folder).map_err(Error::file("sync", &self.folder)) }
    }
}

fn groups(file: &File, from: u64, bytes_max: usize) -> io::Result<Groups> {
    let length = file.metadata()?.len();
    let wanted = from.saturating_add(bytes_max.max(READ_BYTES_MIN) as u64).min(length);
    let mut bytes = read_at(file, from, wanted)?;
    if let Parsed::Cut { bytes: whole } = group::parse(&bytes)
        && from + whole as u64 <= length
    {
        bytes = read_at(file, from, from + whole as u64)?;
    }
    let bytes = Bytes::from(bytes);
    let mut found = Groups { records: Vec::new(), next: from, length };
    let mut at = 0;
    while bytes.len() - at >= HEADER_BYTES
        && let Parsed::Whole { bytes: whole, records } = group::parse(&bytes[at..])
    {
        found.records.extend(records.into_iter().map(|range| bytes.slice(at + range.start..at + range.end)));
        at += whole;
    }
    found.next = from + at as u64;
    Ok(found)
}

fn read_at(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(to.saturating_sub(from)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let mut done = 0;
    while done < length {
        match file.read_at(&mut bytes[done..], from + done as u64)? {
            // The writer took a failed group back since.
            0 => break,
            n => done += n,
        }
    }
    bytes.truncate(done);
    Ok(bytes)
}
