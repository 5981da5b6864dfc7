//! Guarded ramps: a flag's share grows by stages while customers who get the treatment come through no less than those who do
//! not, at the same time and on the same build.
//!
//! `evidence` says what customers did, `decide` what follows, `watch` does it. The smallest sufficient action: a treatment
//! that does harm goes to 0 %; a disaster is killed; where everybody does worse the ramp holds and somebody is called; a version
//! that does worse is another guard's business ([`crate::guard`]). Whatever people decide about the flag meanwhile ends the ramp,
//! and it says so.

pub mod decide;
pub mod evidence;
pub mod state;

mod customers;
pub(crate) mod http;
mod store;
mod verbs;
mod view;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use flags::Flags;
use kernel::Clock;
use storage::Db;
use tokio::sync::broadcast;

pub use customers::{Answer, Customers, Live};
pub use store::MIGRATIONS;
pub use verbs::RampWish;
pub use view::{RampCount, RampEvent, RampEvidence, RampLook, RampStage, RampState, RampView};
pub(crate) use watch::Pace;

/// Whose facts these are: `ramp.begun`, `ramp.advanced`, `ramp.held`, `ramp.resumed`, `ramp.turned_back`, `ramp.done` and
/// `ramp.overridden`.
pub const PUBLISHER: &str = "rollout";

/// What ramps need.
#[derive(Debug, Clone)]
pub struct RampOptions {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub flags: Flags,
    pub customers: Arc<dyn Customers>,
}

/// The guarded ramps of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ramps {
    options: Arc<RampOptions>,
    /// Why ramps cannot be looked at, by number.
    troubles: Arc<Mutex<BTreeMap<u64, String>>>,
    /// Whoever shows ramps should look again.
    bell: broadcast::Sender<delivery::Fact>,
}

/// Listeners that fall behind by more than this many facts miss some; they look again anyway.
const FACTS_BUFFERED: usize = 256;

impl Ramps {
    /// Over a migrated store.
    pub fn open(options: RampOptions) -> Self {
        Self { options: Arc::new(options), troubles: Arc::default(), bell: broadcast::Sender::new(FACTS_BUFFERED) }
    }

    /// Rings there, too.
    pub(crate) fn ring(self, bell: broadcast::Sender<delivery::Fact>) -> Self {
        Self { bell, ..self }
    }
}
