//! What can go wrong between a control plane and its edge, and at the edge's start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An error of the edge or on the way to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another edge serves this data folder; its socket is the lock.
    #[error("an edge already runs for {}; take it over instead of starting another", data.display())]
    AlreadyRunning { data: PathBuf },
    /// Somebody else listens there.
    #[error(
        "{what} address {address} is in use by another program; stop that program or choose another address with {flag}"
    )]
    AddressInUse { what: &'static str, address: SocketAddr, flag: &'static str },
    /// The machine does not let us listen there.
    #[error("cannot listen on the {what} address {address}; choose another with {flag}")]
    Listen {
        what: &'static str,
        address: SocketAddr,
        flag: &'static str,
        #[source]
        source: io::Error,
    },
    /// Tokens would cross a network in clear text.
    #[error(
        "the system address {address} is not on this machine's loopback and would be plain HTTP; \
         listen on 127.0.0.1, or end TLS in a proxy and name it with --behind-proxy"
    )]
    PlainSystemAddress { address: SocketAddr },
    /// A file or folder of ours.
    #[error("cannot {what} {}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A file of ours does not say what it should.
    #[error("{} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    /// No edge listens for this data folder.
    #[error("the edge does not run for {}; `trunkline up` starts it", data.display())]
    NotRunning { data: PathBuf },
    /// The admin socket broke or was too slow.
    #[error("cannot {what} at the edge: {why}")]
    Talk { what: &'static str, why: String },
    /// It is older than what the edge has, or differs at the same generation.
    #[error("stale: the edge has generation {have}")]
    StaleGeneration { have: u64 },
    /// The request to the edge breaks a rule.
    #[error("{why}")]
    Invalid { why: String },
    /// The edge knows no such instance.
    #[error("the edge knows no instance {id:?}")]
    UnknownInstance { id: String },
    /// The edge could not do it; the cause as it told us.
    #[error("the edge failed: {why}")]
    Failed { why: String },
    /// What the edge serves itself cannot come up.
    #[error("cannot start what the edge serves itself")]
    Extension(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// `trunkline exec` could not be used.
    #[error(transparent)]
    Exec(#[from] exec::Error),
}

impl Error {
    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid { why: why.into() }
    }

    pub(crate) fn talk(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Talk { what, why: why.to_string() }
    }

    /// As it goes over the admin socket.
    pub(crate) fn to_refusal(&self) -> Refusal {
        match self {
            Self::StaleGeneration { have } => Refusal::StaleGeneration { have: *have },
            Self::Invalid { why } => Refusal::Invalid { why: why.clone() },
            Self::UnknownInstance { id } => Refusal::UnknownInstance { id: id.clone() },
            other => Refusal::Failed { why: kernel::chain(other) },
        }
    }
}

/// The body of an admin answer that is not 2xx.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub(crate) enum Refusal {
    StaleGeneration { have: u64 },
    Invalid { why: String },
    UnknownInstance { id: String },
    Failed { why: String },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::StaleGeneration { have } => Self::StaleGeneration { have },
            Refusal::Invalid { why } => Self::Invalid { why },
            Refusal::UnknownInstance { id } => Self::UnknownInstance { id },
            Refusal::Failed { why } => Self::Failed { why },
        }
    }
}
