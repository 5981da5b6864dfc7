//! A folder for what was fetched or sent, until it is read.

use std::io;
use std::path::{Path, PathBuf};

use kernel::Problem;

/// Begins the name of a folder of what was fetched or sent.
const FEED: &str = "feed-";
/// Begins the name of a file of what a worker said.
pub(crate) const WORKER: &str = "worker-";

/// Removes all of it that is in a folder: whoever made it is over.
pub(crate) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let is_named = |start: &str| name.as_encoded_bytes().starts_with(start.as_bytes());
        if kind.is_dir() && is_named(FEED) {
            std::fs::remove_dir_all(entry.path())?;
        } else if kind.is_file() && is_named(WORKER) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A folder of its own that goes with its owner.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn within(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(format!("{FEED}{}", kernel::id::fresh()));
        let made = std::fs::create_dir_all(&path);
        made.map_err(|error| Problem::internal(format!("cannot keep what is to be read: {error}")))?;
        Ok(Self(path))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "what was read could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_goes_and_the_rest_stays() {
        let work = tempfile::tempdir().unwrap();
        let path = |name: &str| work.path().join(name);
        let left = Scratch::within(work.path()).unwrap();
        std::fs::write(left.file("all.zip"), "PK").unwrap();
        std::mem::forget(left);
        for file in ["worker-1.json", "feed-file", "notes"] {
            std::fs::write(path(file), "").unwrap();
        }
        for folder in ["runs", "worker-folder"] {
            std::fs::create_dir(path(folder)).unwrap();
        }
        sweep(work.path()).unwrap();
        let mut names: Vec<_> = work.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["feed-file", "notes", "runs", "worker-folder"]);
        assert!(sweep(&path("nothing")).is_err());
    }
}
