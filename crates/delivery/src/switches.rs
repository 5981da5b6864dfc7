//! Switches: whoever keeps flags says which of them were turned off because of what they did.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::facade::Delivery;
pub use crate::model::dora::TurnedOff;

/// Whoever keeps flags.
pub trait Switches: Debug + Send + Sync {
    /// All that were turned off, in any order.
    fn turned_off(&self) -> BoxFuture<'_, Result<Vec<TurnedOff>, crate::gate::Failure>>;
}

impl Delivery {
    /// From now on what flags did counts in [`Delivery::dora`]. The first who is told counts.
    pub fn ask_switches(&self, switches: Arc<dyn Switches>) {
        let _ = self.engine.switches.set(switches);
    }
}
