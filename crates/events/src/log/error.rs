//! What can go wrong with the event log.

use kernel::Problem;

/// An operation of the event log failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error("the log failed")]
    Log(#[from] columnar::wal::Error),
    #[error("the segments failed")]
    Segment(#[from] columnar::segment::Error),
    #[error("failed to {what} {path}")]
    File {
        what: &'static str,
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the segment {path} is not as it was written: {why}")]
    Damaged { path: std::path::PathBuf, why: String },
    #[error("the work was ended: {0}")]
    Ended(String),
    /// A test wanted it so.
    #[error("stopped before {0}")]
    Stopped(&'static str),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Problem(problem) => problem,
            Error::Log(columnar::wal::Error::DiskFull) => {
                Self::unavailable("the disk is full").hint("make room and try again; nothing was taken")
            }
            Error::Log(columnar::wal::Error::Busy) => Self::unavailable("the log is busy").hint("try again"),
            other => {
                tracing::error!(error = %other, source = ?std::error::Error::source(&other), "events failed");
                Self::internal(other.to_string())
            }
        }
    }
}
