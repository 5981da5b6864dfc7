//! What can go wrong in journeys, as their callers see it.

use kernel::Problem;

/// An operation of journeys failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("the event log failed")]
    Events(#[from] events::Error),
    #[error("an evaluation was broken off")]
    Broken(#[from] tokio::task::JoinError),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            Error::Events(source) => source.into(),
            other => {
                let text = kernel::chain(&other);
                tracing::error!(error = text, "a request failed");
                Self::internal(text)
            }
        }
    }
}
