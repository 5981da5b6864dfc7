//! Infrastructure: a Terraform (or OpenTofu) plan that is saved when a change is verified, and applied exactly as saved
//! when it is deployed.
//!
//! Layout of `DATA/infrastructure/<repository>`: `state/` holds the state where the configuration names no backend of its
//! own; `plans/<digest>/` holds a saved plan with its lock file and marks of its application. What plans may only read
//! the state, so that an unverified change cannot damage it.
//!
//! Invariants: a plan is applied only if its file still has the recorded digest, and at most once: that an application
//! begins is marked before it does, and a mark without an end is *unknown*, never done.

mod apply;
mod folder;
mod module;
mod plan;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use apply::{Applied, apply};
pub(crate) use plan::{Planned, Planning, plan};

/// A saved plan: everything that is needed to apply exactly it, later. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `sha256:…` of the saved plan file.
    pub digest: String,
    pub repository: String,
    pub commit: String,
    /// The folder of the configuration in the repository.
    pub dir: String,
    /// Under which it was planned, and will be applied.
    pub level: exec::Level,
    /// The state it was made from; `None` where the configuration has a backend of its own.
    pub state_digest: Option<String>,
    pub create: u64,
    pub change: u64,
    pub destroy: u64,
    /// Whether there is anything to apply; outputs count too.
    pub is_applicable: bool,
    /// One line: `1 to create, 2 to change, nothing to destroy`.
    pub summary: String,
    /// As Terraform prints it, cut to a readable length.
    pub text: String,
}

impl Plan {
    /// Whether applying it would do anything.
    pub fn has_changes(&self) -> bool {
        self.is_applicable
    }

    /// Whether the state is still what it was made from. If not, Terraform will refuse it as stale: plan again. A state
    /// that is kept elsewhere is not looked at, and counts as current. Blocking.
    pub fn is_current(&self, data: &std::path::Path) -> bool {
        let now = || folder::Folder::of(data, &self.repository).state_digest();
        self.state_digest.as_ref().is_none_or(|planned| *planned == now())
    }
}

/// What is said when infrastructure is declared and cannot be planned.
pub const MISSING: &str = "infrastructure is declared, and neither terraform nor tofu is on this machine; \
                           install one, or take `infrastructure` out of trunkline.yaml";

/// Neither a plan nor an application came about, for a reason of ours.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    #[error("terraform could not be started")]
    Exec(#[from] exec::Error),
    #[error("{0}")]
    NoFolder(String),
    #[error("what terraform says of its plan cannot be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("failed to {operation} {path}")]
    Io {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}

/// The program on the `PATH`: terraform, else tofu.
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let is_program = |file: &PathBuf| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    ["terraform", "tofu"]
        .iter()
        .find_map(|name| std::env::split_paths(&path).map(|folder| folder.join(name)).find(is_program))
}
