//! What was seen lately, by key: a bounded map that forgets the oldest half when it is full.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const SHARDS: usize = 16;

#[derive(Debug)]
pub(super) struct Recent<V> {
    shards: [Mutex<Generations<V>>; SHARDS],
    per_generation: usize,
}

#[derive(Debug)]
struct Generations<V> {
    young: HashMap<u64, V>,
    old: HashMap<u64, V>,
}

impl<V> Default for Generations<V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<V> Recent<V> {
    /// One that holds at most `most`, and at least half of it.
    pub(super) fn holding(most: usize) -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), per_generation: (most / SHARDS / 2).max(1) }
    }

    pub(super) fn put(&self, key: u64, value: V) {
        self.with(key, |generations| {
            generations.old.remove(&key);
            if generations.young.len() >= self.per_generation && !generations.young.contains_key(&key) {
                generations.old = std::mem::take(&mut generations.young);
            }
            generations.young.insert(key, value);
        });
    }

    pub(super) fn take(&self, key: u64) -> Option<V> {
        self.with(key, |generations| generations.young.remove(&key).or_else(|| generations.old.remove(&key)))
    }

    /// Does something with what is kept, or with nothing.
    pub(super) fn look<R>(&self, key: u64, look: impl FnOnce(Option<&V>) -> R) -> R {
        self.with(key, |generations| look(generations.young.get(&key).or_else(|| generations.old.get(&key))))
    }

    fn with<R>(&self, key: u64, act: impl FnOnce(&mut Generations<V>) -> R) -> R {
        let shard = usize::try_from(key >> 60).expect("four bits");
        act(&mut self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn the_latest_are_kept_and_the_rest_is_forgotten() {
        let recent = Recent::holding(64);
        for key in 0..100_u64 {
            recent.put(key, key);
        }
        assert!(recent.look(99, |value| value.is_some()) && recent.look(98, |value| value.is_some()));
        assert!(recent.look(0, |value| value.is_none()));
        let kept = (0..100).filter(|key| recent.look(*key, |value| value.is_some())).count();
        assert!(kept <= 4, "{kept}: they are all in one shard");
        assert_eq!(recent.take(99), Some(99));
        assert_eq!(recent.take(99), None);
    }
}
