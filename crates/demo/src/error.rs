//! Why the demo cannot be played. That a scene did not end as expected is no error: its outcome says so.

use std::path::PathBuf;

use crate::api;

/// The demo cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} is not empty: the demo begins on an empty folder")]
    NotEmpty { path: PathBuf },
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("git could not be started")]
    NoGit(#[source] std::io::Error),
    #[error("git {operation} failed: {said}")]
    Git { operation: String, said: String },
    #[error("the sample product has no patch {name:?}")]
    NoPatch { name: String },
    #[error("{url:?} is no address of an HTTP server")]
    Address {
        url: String,
        #[source]
        source: http::uri::InvalidUri,
    },
    #[error("the tour page cannot listen on {address}")]
    Listen {
        address: std::net::SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the machine gives no random bytes")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Api(#[from] api::Error),
}
