//! The face at the edge: evaluates from the newest snapshot.

use std::sync::Arc;

use axum::Router;
use kernel::Clock;

/// What serving needs.
#[derive(Debug, Clone)]
pub struct ServingOptions {
    /// Takes exposures.
    pub capture: events::Capture,
    /// Which tokens are in force; the edge keeps it current.
    pub tokens: access::Tokens,
    pub clock: Arc<dyn Clock>,
}

/// Flags as clients get them. Cheap to clone; all clones see the newest snapshot.
#[derive(Debug, Clone)]
pub struct Serving {}

impl Serving {
    /// Knows no flag until the first snapshot.
    pub fn new(_options: ServingOptions) -> Self {
        unimplemented!("flags are on their way")
    }

    /// From now on this snapshot is in force. One that cannot be read changes nothing.
    pub fn apply(&self, _bytes: &[u8]) -> Result<(), String> {
        unimplemented!("flags are on their way")
    }

    /// `/ofrep/v1/evaluate/flags[/{key}]`, `/ofrep/v1/events`, `/flags`, `/decide`, `/array/{token}/config[.js]`. Reads the
    /// request's extension [`events::Arrival`].
    pub fn router(&self) -> Router {
        unimplemented!("flags are on their way")
    }
}
