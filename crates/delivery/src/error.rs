//! What can go wrong in delivery, as its callers see it.

use std::path::PathBuf;

use kernel::Problem;

/// An operation of delivery failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("the edge could not be reached or refused")]
    Edge(#[from] edge::Error),
    #[error("a process could not be started")]
    Exec(#[from] exec::Error),
    #[error("git failed")]
    Git(#[from] crate::git::Error),
    #[error("verification failed by itself")]
    Verify(#[from] crate::verify::Error),
    #[error(transparent)]
    Secrets(#[from] sealing::Error),
    #[error("tokens of a deployment could not be issued or revoked")]
    Access(#[from] access::Error),
    #[error("failed to make the folder {path}")]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            Error::Edge(source) => Self::unavailable(format!("the edge did not answer: {}", kernel::chain(&source)))
                .hint("it is started again within a second; try again"),
            other => {
                tracing::error!(error = kernel::chain(&other), "a request failed");
                Self::internal(kernel::chain(&other))
            }
        }
    }
}
