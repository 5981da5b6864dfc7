//! Artifacts: what a build leaves, stored under the digest of its content.
//!
//! Invariants: a folder under `artifacts/` is complete, read-only and named by its digest; the same content has the same
//! digest wherever and whenever it was built; no link in it leads out of it.
//!
//! The digest is over `trunkline-artifact-1` and the sorted entries: path, kind, whether it is executable, and the hash
//! of the content or the link's target. Times, owners and empty folders are no content. A later layout gets a new first
//! line, so that the old digests stay what they are.

mod content;
mod entry;

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::git::remove_folder;
use entry::Entry;

/// An artifact in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// `sha256:…`
    pub digest: String,
    /// Files and links.
    pub files: u64,
    pub bytes: u64,
}

/// An artifact could not be made, or is not what its name says.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("\"{0}\" is no glob", glob)]
    Glob {
        glob: String,
        #[source]
        source: globset::Error,
    },
    #[error("nothing that the build left matches keep ({globs})")]
    Empty { globs: String },
    #[error("{path} is a link that leads out of the artifact (to {target})")]
    Leaves { path: String, target: String },
    #[error("{path} is neither a file nor a link nor a folder")]
    Special { path: String },
    #[error("{path} is no folder of the repository")]
    NoFolder { path: String },
    #[error("the artifact has more than {0}", bound)]
    TooLarge { bound: String },
    #[error("artifact {digest} has been altered: its content is {found}")]
    Altered { digest: String, found: String },
    #[error("failed to {operation} {path}")]
    Io {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }

    /// What to do about it, where there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Leaves { .. } => {
                Some("keep only what the service needs, or copy instead of linking (`python3 -m venv --copies`)")
            }
            Self::Empty { .. } => Some("`keep` is relative to the service's path; `**` keeps everything"),
            _ => None,
        }
    }
}

/// Where an artifact is, below `DATA/artifacts`.
pub fn folder(store: &Path, digest: &str) -> PathBuf {
    store.join(digest.strip_prefix("sha256:").unwrap_or(digest))
}

/// Puts what matches `globs` below `worktree/path` into the store. The artifact keeps the layout of the repository, so
/// the service is at `path` in it. Files may be *moved* out of the worktree, which is of no further use. Blocking.
pub fn keep(worktree: &Path, path: &str, globs: &[String], store: &Path) -> Result<Artifact, Error> {
    let entries = entry::list(worktree, path, globs)?;
    fs::create_dir_all(store).map_err(Error::io("make the folder", store))?;
    let unfinished = Unfinished::beside(store)?;
    for entry in &entries {
        place(worktree, &unfinished.folder, entry)?;
    }
    let artifact = content::digest(&unfinished.folder, &entries)?;
    seal(&unfinished.folder)?;
    publish(&unfinished.folder, &artifact, store)?;
    Ok(artifact)
}

/// Reads an artifact again and fails if it is not what its digest says. Blocking.
pub fn verify(store: &Path, digest: &str) -> Result<Artifact, Error> {
    let folder = folder(store, digest);
    let entries = entry::list(&folder, ".", &[])?;
    let found = content::digest(&folder, &entries)?;
    if found.digest == digest {
        Ok(found)
    } else {
        Err(Error::Altered { digest: digest.to_owned(), found: found.digest })
    }
}

/// Removes an artifact from the store; one that is not there is fine. Blocking.
pub fn remove(store: &Path, digest: &str) -> Result<(), Error> {
    let folder = folder(store, digest);
    remove_folder(&folder).map_err(Error::io("remove", &folder))
}

/// A folder in the store that has no name yet. Dropped, it is removed.
#[derive(Debug)]
struct Unfinished {
    folder: PathBuf,
}

impl Unfinished {
    fn beside(store: &Path) -> Result<Self, Error> {
        let folder = store.join(format!(".new-{}", kernel::id::fresh()));
        fs::create_dir(&folder).map_err(Error::io("make the folder", &folder))?;
        Ok(Self { folder })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(error) = remove_folder(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "an unfinished artifact could not be removed");
        }
    }
}

fn place(worktree: &Path, target: &Path, entry: &Entry) -> Result<(), Error> {
    let (from, to) = (worktree.join(&entry.path), target.join(&entry.path));
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(Error::io("make the folder", parent))?;
    }
    if let Some(link) = &entry.link {
        return std::os::unix::fs::symlink(link, &to).map_err(Error::io("link", &to));
    }
    // A file with several names (package managers link from their caches) would go on changing under its other name.
    if entry.names > 1 || fs::rename(&from, &to).is_err() {
        fs::copy(&from, &to).map_err(Error::io("copy", &from))?;
    }
    let mode = if entry.is_executable { 0o555 } else { 0o444 };
    fs::set_permissions(&to, fs::Permissions::from_mode(mode)).map_err(Error::io("make read-only", &to))
}

/// Makes the folders read-only too, and everything durable before it gets its name.
fn seal(folder: &Path) -> Result<(), Error> {
    for entry in walkdir::WalkDir::new(folder).contents_first(true).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_dir() {
            let path = entry.path();
            fs::set_permissions(path, fs::Permissions::from_mode(0o555)).map_err(Error::io("make read-only", path))?;
        }
    }
    let opened = fs::File::open(folder).map_err(Error::io("open", folder))?;
    rustix::fs::syncfs(&opened).map_err(|errno| Error::io("sync", folder)(errno.into()))
}

/// Gives the artifact its name, unless a sound one has it already.
fn publish(unfinished: &Path, artifact: &Artifact, store: &Path) -> Result<(), Error> {
    let name = folder(store, &artifact.digest);
    if name.exists() {
        if verify(store, &artifact.digest).is_ok() {
            return Ok(());
        }
        tracing::warn!(digest = artifact.digest, "a stored artifact had been altered; it is replaced");
        remove_folder(&name).map_err(Error::io("remove", &name))?;
    }
    match fs::rename(unfinished, &name) {
        // Another build of the same content was faster.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => verify(store, &artifact.digest).map(drop),
        outcome => outcome.map_err(Error::io("publish", &name)),
    }?;
    let opened = fs::File::open(store).map_err(Error::io("open", store))?;
    opened.sync_all().map_err(Error::io("sync", store))
}
