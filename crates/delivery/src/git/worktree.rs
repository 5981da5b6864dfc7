//! A clean copy of one commit's files in a folder of its own.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A worktree. Dropping it removes the folder, in the background where there is a runtime.
#[derive(Debug)]
pub struct Worktree {
    folder: PathBuf,
}

/// How often removal is tried: a process that is just being ended may still write.
const REMOVE_ATTEMPTS: u32 = 5;
const REMOVE_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

impl Worktree {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes it now and waits until it is gone.
    pub async fn remove(mut self) {
        let folder = std::mem::take(&mut self.folder);
        // It fails only if the runtime is shutting down; the next prune finds what is left.
        let _ = tokio::task::spawn_blocking(move || remove_logged(&folder)).await;
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        if self.folder.as_os_str().is_empty() {
            return;
        }
        let folder = std::mem::take(&mut self.folder);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || remove_logged(&folder))),
            Err(_) => remove_logged(&folder),
        }
    }
}

fn remove_logged(folder: &Path) {
    if let Err(error) = remove_folder(folder) {
        tracing::warn!(folder = %folder.display(), %error, "a worktree could not be removed");
    }
}

/// Removes a folder with all that is in it, also what was made read-only. Links are not followed. No folder is fine.
pub(crate) fn remove_folder(folder: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for attempt in 0..REMOVE_ATTEMPTS {
        outcome = match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                make_writable(folder);
                std::fs::remove_dir_all(folder)
            }
            other => other,
        };
        if outcome.is_ok() {
            break;
        }
        if attempt + 1 < REMOVE_ATTEMPTS {
            std::thread::sleep(REMOVE_PAUSE);
        }
    }
    outcome
}

fn make_writable(folder: &Path) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_dir() {
            // What cannot be changed is reported by the removal that follows.
            let _ = std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o700));
        }
    }
}
