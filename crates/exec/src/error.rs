//! What can go wrong between a caller and its command, apart from what the command does itself (see [`crate::Outcome`]).

use std::io;
use std::path::PathBuf;

/// Why a command could not be started or watched. A command that ran and failed is an [`crate::Outcome`], not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The specification cannot be used: an empty command, a path that is not UTF-8, the wrong life for this call.
    #[error("cannot use this specification: {why}")]
    Spec {
        /// What is wrong with it.
        why: String,
    },
    /// The shim itself could not be started.
    #[error("cannot start the shim {}", program.display())]
    Launch {
        /// The binary that should have run.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The shim ended without saying how the command ended, for example because it was killed.
    #[error("the shim ended without an answer: {detail}")]
    ShimLost {
        /// How it ended, and its last words if it had any.
        detail: String,
    },
    /// A detached command did not start; the words are for people.
    #[error("{why}")]
    FailedToStart {
        /// What failed and what would mend it.
        why: String,
    },
    /// The lock of this detached command is held: it runs already.
    #[error("already running: {} is locked", lock.display())]
    AlreadyRunning {
        /// The lock file.
        lock: PathBuf,
    },
    /// The system refused something that has to work.
    #[error("cannot {what}")]
    System {
        /// The operation.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn system(what: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::System { what: what.into(), source: source.into() }
    }
}
