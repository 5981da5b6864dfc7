//! What can go wrong in feedback, as their callers see it.

use kernel::Problem;

/// An operation of feedback failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be, or another context could not answer: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("reading what was said was broken off")]
    Broken(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Events(#[from] events::Error),
    #[error(transparent)]
    Journeys(#[from] journeys::Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            Error::Events(error) => error.into(),
            Error::Journeys(error) => error.into(),
            other @ (Error::Storage(_) | Error::Broken(_)) => {
                let text = kernel::chain(&other);
                tracing::error!(error = text, "a request failed");
                Self::internal(text)
            }
        }
    }
}
