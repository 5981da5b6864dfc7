//! Time as a port: production reads the system clock, tests set it.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

/// Where a component takes the time from. Nothing else in the workspace may ask the system clock for the date.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved. Clones share the hand.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the hand by `span`, which may be negative: clocks do jump back.
    pub fn advance(&self, span: SignedDuration) {
        let mut hand = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *hand += span;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
