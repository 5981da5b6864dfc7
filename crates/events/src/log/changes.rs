//! Who changed, in the order in which it became known: whoever keeps figures of persons works out only those anew.

use std::collections::VecDeque;

use super::answers::Persons;
use super::identity::{Resolution, Trust};
use super::state::State;

/// So many changes are remembered (8 MiB); whoever asks for more is told that everybody may have changed.
const KEPT_MAX: usize = 1 << 20;

/// What was known at some moment, in this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark(u64);

/// Who is to be worked out anew.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What is known by now.
    pub mark: Mark,
    /// Nothing: anybody may have changed.
    pub persons: Option<Persons>,
}

/// Ids of which something became known or was taken back.
#[derive(Debug, Default)]
pub(super) struct Changes {
    keys: VecDeque<u64>,
    /// How many there were before.
    gone: u64,
}

impl Changes {
    pub(super) fn add(&mut self, key: u64) {
        if self.keys.len() == KEPT_MAX {
            self.keys.pop_front();
            self.gone += 1;
        }
        self.keys.push_back(key);
    }

    pub(super) fn extend(&mut self, keys: impl IntoIterator<Item = u64>) {
        keys.into_iter().for_each(|key| self.add(key));
    }

    /// Whoever asks next is told that anybody may have changed.
    pub(super) fn add_everybody(&mut self) {
        self.gone += self.keys.len() as u64 + 1;
        self.keys.clear();
    }

    /// Whose person is another one than before, with both.
    pub(super) fn add_moved(&mut self, before: &Resolution, now: &Resolution) {
        for key in before.moved.keys().chain(now.moved.keys()) {
            let (was, is) = (before.of(*key), now.of(*key));
            if was != is {
                self.extend([*key, was, is]);
            }
        }
    }

    fn mark(&self) -> Mark {
        Mark(self.gone + self.keys.len() as u64)
    }

    /// Nothing if that is not known any more.
    fn since(&self, mark: Mark) -> Option<impl Iterator<Item = u64>> {
        let known = mark.0.checked_sub(self.gone)?;
        Some(self.keys.iter().skip(usize::try_from(known).ok()?).copied())
    }
}

/// The persons of the ids that changed, also those that they were before.
pub(super) fn changed(state: &State, since: Option<Mark>) -> Changed {
    let resolution = state.facts.identities.resolved(Trust::Witnessed);
    let keys = since.and_then(|mark| state.changes.since(mark));
    let persons = keys.map(|keys| Persons::of(keys.flat_map(|key| [key, resolution.of(key)])));
    Changed { mark: state.changes.mark(), persons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(changes: &Changes, mark: Mark) -> Option<Vec<u64>> {
        changes.since(mark).map(Iterator::collect)
    }

    #[test]
    fn whoever_asks_is_told_what_came_since() {
        let mut changes = Changes::default();
        let first = changes.mark();
        changes.extend([1, 2, 1]);
        assert_eq!(since(&changes, first), Some(vec![1, 2, 1]));
        let second = changes.mark();
        assert_eq!(since(&changes, second), Some(vec![]));
        changes.add(3);
        assert_eq!(since(&changes, second), Some(vec![3]));
        changes.add_everybody();
        assert_eq!((since(&changes, second), since(&changes, changes.mark())), (None, Some(vec![])));
    }

    #[test]
    fn the_same_id_again_is_a_change_for_whoever_asked_between() {
        let mut changes = Changes::default();
        changes.add(1);
        let mark = changes.mark();
        changes.add(1);
        assert_eq!(since(&changes, mark), Some(vec![1]));
    }

    #[test]
    fn what_is_too_long_ago_is_not_known() {
        let mut changes = Changes::default();
        let first = changes.mark();
        changes.extend(0..KEPT_MAX as u64);
        assert_eq!(since(&changes, first).map(|keys| keys.len()), Some(KEPT_MAX));
        changes.add(7);
        assert_eq!(since(&changes, first), None);
    }
}
