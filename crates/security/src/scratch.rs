//! A folder for what was fetched or sent, until it is read.

use std::path::{Path, PathBuf};

use kernel::Problem;

/// A folder of its own that goes with its owner.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn within(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(format!("feed-{}", kernel::id::fresh()));
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
