//! What can go wrong in security, as their callers see it.

use kernel::Problem;

/// An operation of security failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be, or another context could not answer: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("a task was broken off")]
    Broken(#[from] tokio::task::JoinError),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            other => {
                let mut text = other.to_string();
                let mut source = std::error::Error::source(&other);
                while let Some(cause) = source {
                    text.push_str(": ");
                    text.push_str(&cause.to_string());
                    source = cause.source();
                }
                tracing::error!(error = text, "a request failed");
                Self::internal(text)
            }
        }
    }
}
