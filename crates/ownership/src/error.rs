//! What can go wrong in ownership, as its callers see it.

use kernel::Problem;

/// An operation of ownership failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be, or the repository could not be read: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("an evaluation was broken off")]
    Broken(#[from] tokio::task::JoinError),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            other => {
                let text = kernel::chain(&other);
                tracing::error!(error = text, "a request failed");
                Self::internal(text)
            }
        }
    }
}
