//! What is to be played, and with whom.

use std::net::SocketAddr;

use crate::Trunk;

/// How the demo is played.
#[derive(Debug)]
pub struct Options {
    /// Decides who the customers are and what they do.
    pub seed: u64,
    /// The system address, for example `http://127.0.0.1:7300`.
    pub server_url: String,
    /// The product address, for example `http://127.0.0.1:7400`.
    pub product_url: String,
    /// An admin token.
    pub token: String,
    /// The trunk that is watched.
    pub trunk: Trunk,
    pub canary: Canary,
    /// Where the tour page listens. Keep it on loopback.
    pub tour_listen: SocketAddr,
}

/// The change of the scene `bad-canary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Canary {
    /// It fails for some customers and must be taken back.
    #[default]
    Broken,
    /// It is the same change without its fault, and must not be taken back.
    Healthy,
}
