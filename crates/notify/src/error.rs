//! What can go wrong in notifications, as their callers see it.

use kernel::Problem;

/// An operation of notifications failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Sealing(#[from] sealing::Error),
    #[error("the machine gives no random bytes")]
    Random,
    #[error("no thread could be started")]
    Thread(#[from] std::io::Error),
    #[error("sending was broken off")]
    Broken(#[from] tokio::sync::oneshot::error::RecvError),
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
