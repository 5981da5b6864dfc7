//! What can go wrong with flags, as callers see it.

use kernel::Problem;

/// An operation of flags failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be: told to the user as it is.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            other @ Error::Storage(_) => {
                tracing::error!(error = %other, source = ?std::error::Error::source(&other), "flags failed");
                Self::internal(other.to_string())
            }
        }
    }
}
