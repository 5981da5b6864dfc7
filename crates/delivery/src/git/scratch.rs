//! Folders that are thrown away.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder that is removed when this is dropped, in the background where there is a runtime.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
}

/// How often removal is tried: processes that are just being ended may still write for a moment.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

impl Scratch {
    /// Takes over a folder, which need not exist yet.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Makes the folder. Blocking.
    pub(crate) fn make(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes it now and waits until it is gone.
    pub(crate) async fn remove(mut self) {
        let folder = std::mem::take(&mut self.folder);
        // It fails only if the runtime is shutting down; the next start sweeps.
        let _ = tokio::task::spawn_blocking(move || remove_logged(&folder)).await;
    }
}

impl Drop for Scratch {
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
        tracing::warn!(folder = %folder.display(), %error, "a folder could not be removed");
    }
}

/// Removes a folder with all that is in it, also what was made read-only. Links are not followed. No folder is fine.
pub(crate) fn remove_folder(folder: &Path) -> io::Result<()> {
    let mut attempt = 1;
    loop {
        match remove_once(folder) {
            Err(_) if attempt < ATTEMPTS => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
        attempt += 1;
    }
}

fn remove_once(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(folder);
            std::fs::remove_dir_all(folder)
        }
        outcome => outcome,
    }
}

fn make_writable(folder: &Path) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_dir() {
            // What cannot be changed is reported by the removal that follows.
            let _ = std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o700));
        }
    }
}
