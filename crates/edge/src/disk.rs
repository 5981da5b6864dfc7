//! Files that must be whole after any crash: written beside, synced, renamed, and the folder synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::Error;

/// Replaces `path` as one step by `parts`, one after the other. Durable when it returns.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> Result<(), Error> {
    try_replace(path, parts).map_err(|source| Error::File { what: "write", path: path.to_owned(), source })
}

fn try_replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let draft = path.with_added_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let written = parts.iter().try_for_each(|part| file.write_all(part)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // On a full disk the draft would keep it full.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    fs::rename(&draft, path)?;
    sync_folder(path)
}

/// Gives `from` the name `to`, which must lie in the same folder. Durable when it returns.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let renamed = fs::rename(from, to).and_then(|()| sync_folder(to));
    renamed.map_err(|source| Error::File { what: "rename", path: from.to_owned(), source })
}

/// Removes `path`, durably; it may be missing.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    };
    removed.map_err(|source| Error::File { what: "remove", path: path.to_owned(), source })
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The file's bytes; none if there is no file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { what: "read", path: path.to_owned(), source }),
    }
}
