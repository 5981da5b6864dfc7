//! The words every context shares: ids, time, revisions, pages, problems, the event envelope and the pinned split.
//!
//! Invariants: no I/O beyond reading the clock, no async, no domain word (nothing here knows what a change or a flag is).

pub mod clock;
pub mod event;
pub mod id;
pub mod page;
pub mod problem;
pub mod snapshot;
pub mod split;

pub use clock::{Clock, ManualClock, SystemClock};
pub use page::{Cursor, Page};
pub use problem::{Kind, Problem, chain};

use serde::{Deserialize, Serialize};

/// A number that grows by one with every accepted write of one thing; readers never go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
