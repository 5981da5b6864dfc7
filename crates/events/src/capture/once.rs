//! What was said already, so that it is said once a day: a bounded set of hashes in shards.
//!
//! It may forget, never invent: when a shard is full it is emptied, and things are said again. Readers count them once.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

const SHARDS: usize = 64;
const PER_SHARD: usize = 32_768;
/// What it can hold at most.
pub(super) const HELD_MAX: usize = SHARDS * PER_SHARD;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug)]
pub(super) struct Once([Mutex<Shard>; SHARDS]);

#[derive(Debug, Default)]
struct Shard {
    day: i64,
    said: HashSet<u64, BuildHasherDefault<Already>>,
}

/// Keys are hashes already.
#[derive(Debug, Default)]
struct Already(u64);

impl Hasher for Already {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are kept");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl Default for Once {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Once {
    /// Whether it is said for the first time on this day.
    pub(super) fn is_first(&self, key: u64, now_ms: i64) -> bool {
        let day = now_ms.div_euclid(DAY_MS);
        let mut shard = self.shard(key);
        if shard.day != day {
            shard.said.clear();
            shard.day = day;
        }
        if shard.said.contains(&key) {
            return false;
        }
        if shard.said.len() >= PER_SHARD {
            shard.said.clear();
        }
        shard.said.insert(key)
    }

    /// It could not be said after all.
    pub(super) fn forget(&self, key: u64) {
        self.shard(key).said.remove(&key);
    }

    fn shard(&self, key: u64) -> std::sync::MutexGuard<'_, Shard> {
        // The lowest bits choose within the set, the highest the shard.
        let shard = usize::try_from(key >> 58).expect("six bits");
        self.0[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_day() {
        let once = Once::default();
        assert!(once.is_first(7, 0));
        assert!(!once.is_first(7, DAY_MS - 1));
        assert!(once.is_first(7, DAY_MS));
        once.forget(7);
        assert!(once.is_first(7, DAY_MS));
    }

    #[test]
    fn it_never_holds_more_than_it_may() {
        let once = Once::default();
        for key in 0..=(PER_SHARD as u64) {
            assert!(once.is_first(key, 0));
        }
        assert_eq!(once.shard(0).said.len(), 1);
    }
}
