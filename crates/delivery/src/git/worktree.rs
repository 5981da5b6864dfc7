//! A clean copy of one commit's files in a folder of its own.

use std::path::{Path, PathBuf};

use crate::git::scratch::Scratch;

/// A worktree. Dropping it removes the folder, in the background where there is a runtime.
#[derive(Debug)]
pub struct Worktree {
    folder: Scratch,
}

impl Worktree {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder: Scratch::of(folder) }
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        self.folder.folder()
    }

    /// Removes it now and waits until it is gone.
    pub async fn remove(self) {
        self.folder.remove().await;
    }
}
