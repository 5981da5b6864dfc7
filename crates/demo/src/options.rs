//! What is to be played, and with whom.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

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
    pub treatment: Treatment,
    /// The last scene that is played, one of [`crate::SCENES`]; all of them without.
    pub until: Option<String>,
    /// Ends the control plane as a crash would, and starts it again.
    pub control_plane: Arc<dyn ControlPlane>,
    /// Where the tour page listens. Keep it on loopback.
    pub tour_listen: SocketAddr,
}

/// Whoever started the control plane.
pub trait ControlPlane: Debug + Send + Sync {
    /// Kills it with SIGKILL and starts it again; returns when it answers. The error says why not.
    fn crash(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
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

/// What customers make of the treatment in the scene `experiment`: the checkout on one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Treatment {
    /// More of them order.
    #[default]
    Better,
    /// They go about it as on two pages.
    Same,
    /// Fewer of them order.
    Worse,
}
