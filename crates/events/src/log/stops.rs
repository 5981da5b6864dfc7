//! Stops on demand, for the tests that must show that nothing is lost or doubled wherever the work ends. Never in a release
//! build.

use std::sync::atomic::{AtomicI64, Ordering};

use super::Error;

/// How many more steps may be taken; negative for all.
#[derive(Debug)]
pub(super) struct Stops(AtomicI64);

impl Default for Stops {
    fn default() -> Self {
        Self(AtomicI64::new(-1))
    }
}

impl Stops {
    /// The work ends before the step after `steps` more.
    #[cfg(test)]
    pub(super) fn after(&self, steps: i64) {
        self.0.store(steps, Ordering::SeqCst);
    }

    /// Whether the work has ended.
    pub(super) fn has_stopped(&self) -> bool {
        cfg!(debug_assertions) && self.0.load(Ordering::SeqCst) == 0
    }

    /// About to take a step.
    pub(super) fn step(&self, name: &'static str) -> Result<(), Error> {
        if self.has_stopped() {
            return Err(Error::Stopped(name));
        }
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 0).then(|| left - 1));
        Ok(())
    }
}
