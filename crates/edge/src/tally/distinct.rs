//! Counts distinct things exactly up to a bound, then stands still and says so.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Most that one set holds: about 4 MB.
pub(crate) const BOUND: u64 = 200_000;
const SHARDS: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Distinct {
    shards: [Mutex<HashSet<u64>>; SHARDS],
    len: AtomicU64,
}

impl Distinct {
    /// `hash` must be well mixed: its low bits choose the shard.
    pub(crate) fn insert(&self, hash: u64) {
        let shard = &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)];
        let mut set = shard.lock().unwrap_or_else(PoisonError::into_inner);
        // Shards that fill at the same moment may pass the bound by at most one each.
        if !set.contains(&hash) && self.len.load(Relaxed) < BOUND {
            set.insert(hash);
            self.len.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len.load(Relaxed)
    }

    pub(crate) fn is_saturated(&self) -> bool {
        self.len() >= BOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_once_and_stops_at_the_bound() {
        let set = Distinct::default();
        for n in 0..BOUND + 1_000 {
            set.insert(n);
            set.insert(n);
        }
        assert_eq!((set.len(), set.is_saturated()), (BOUND, true));
    }
}
