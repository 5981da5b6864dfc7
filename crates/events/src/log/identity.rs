//! Which ids are one person: facts are kept as they came, and resolved anew whenever one is added or taken back.
//!
//! The rule, a function of the facts in force alone: in order of (instant, id), an id is subsumed by the first one that it is
//! said to be; a later, other claim about the same id is not followed, so that two people on one machine stay two.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::key::{ByPerson, PersonSet};

/// `from` is the same person as `into`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) from: u64,
    pub(super) into: u64,
    /// It came with the signed cookie of one of the two, or an administrator said so.
    pub(super) is_witnessed: bool,
}

/// Facts in force.
#[derive(Debug, Default)]
pub(super) struct Identities {
    facts: BTreeMap<(i64, Uuid), Fact>,
    /// Pairs that were taken back, with the instant up to which.
    undone: BTreeMap<(u64, u64), i64>,
    resolved: [Arc<Resolution>; 2],
    /// Something was added or taken back since.
    is_outdated: bool,
}

/// Which persons count as known to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Everything,
    /// Only what a signed cookie or an administrator vouches for.
    Witnessed,
}

/// Ids and their persons.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    /// Of every id that is subsumed: the person.
    pub(super) moved: ByPerson<u64>,
    /// Of every person who subsumes others: the others.
    pub(super) members: ByPerson<Vec<u64>>,
}

impl Resolution {
    pub(super) fn of(&self, key: u64) -> u64 {
        self.moved.get(&key).copied().unwrap_or(key)
    }

    /// All ids of the person that `key` is.
    pub(super) fn all(&self, key: u64) -> Vec<u64> {
        self.ids(self.of(key)).collect()
    }

    /// The ids of a person, first the one that stays.
    pub(super) fn ids(&self, person: u64) -> impl Iterator<Item = u64> {
        let members = self.members.get(&person).into_iter().flatten().copied();
        std::iter::once(person).chain(members)
    }
}

impl Identities {
    pub(super) fn add(&mut self, at_ms: i64, id: Uuid, fact: Fact) {
        self.facts.insert((at_ms, id), fact);
        self.is_outdated = true;
    }

    /// What was said of the pair up to `at_ms` is not in force any more.
    pub(super) fn undo(&mut self, from: u64, into: u64, at_ms: i64) {
        let until = self.undone.entry((from, into)).or_insert(at_ms);
        *until = at_ms.max(*until);
        self.is_outdated = true;
    }

    /// Forgets all that was said of these ids.
    pub(super) fn forget(&mut self, keys: &PersonSet) {
        self.facts.retain(|_, fact| !keys.contains(&fact.from) && !keys.contains(&fact.into));
        self.undone.retain(|(from, into), _| !keys.contains(from) && !keys.contains(into));
        self.is_outdated = true;
    }

    pub(super) fn is_resolved(&self) -> bool {
        !self.is_outdated
    }

    /// Resolves what was added since.
    pub(super) fn resolve(&mut self) {
        self.resolved = [Trust::Everything, Trust::Witnessed].map(|trust| Arc::new(self.resolution(trust)));
        self.is_outdated = false;
    }

    /// As of the last [`Self::resolve`].
    pub(super) fn resolved(&self, trust: Trust) -> Arc<Resolution> {
        let [everything, witnessed] = &self.resolved;
        Arc::clone(if trust == Trust::Everything { everything } else { witnessed })
    }

    fn resolution(&self, trust: Trust) -> Resolution {
        let mut parents = ByPerson::<u64>::default();
        for ((at_ms, _), fact) in &self.facts {
            let is_undone = self.undone.get(&(fact.from, fact.into)).is_some_and(|until| at_ms <= until);
            let is_trusted = trust == Trust::Everything || fact.is_witnessed;
            if is_undone || !is_trusted || parents.contains_key(&fact.from) {
                continue;
            }
            if root(&parents, fact.into) != fact.from {
                parents.insert(fact.from, fact.into);
            }
        }
        let mut resolution = Resolution::default();
        for key in parents.keys() {
            let person = root(&parents, *key);
            resolution.moved.insert(*key, person);
            resolution.members.entry(person).or_default().push(*key);
        }
        resolution
    }
}

/// The end of the chain; chains have no rings, since an id that is the root of another is never put below it.
fn root(parents: &ByPerson<u64>, mut key: u64) -> u64 {
    while let Some(parent) = parents.get(&key) {
        key = *parent;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identities(facts: &[(i64, u64, u64)]) -> Identities {
        let mut identities = Identities::default();
        for (at_ms, from, into) in facts {
            let id = Uuid::from_u64_pair(*from, *into);
            identities.add(*at_ms, id, Fact { from: *from, into: *into, is_witnessed: *from > 100 });
        }
        identities
    }

    fn of(identities: &mut Identities, key: u64) -> u64 {
        identities.resolve();
        identities.resolved(Trust::Everything).of(key)
    }

    #[test]
    fn chains_lead_to_their_end_in_any_order_of_arrival() {
        for facts in [[(1, 1, 2), (2, 2, 3)], [(2, 2, 3), (1, 1, 2)]] {
            let mut identities = identities(&facts);
            assert_eq!((of(&mut identities, 1), of(&mut identities, 2), of(&mut identities, 3)), (3, 3, 3));
        }
    }

    #[test]
    fn two_people_on_one_machine_stay_two() {
        let mut identities = identities(&[(1, 1, 10), (2, 1, 20)]);
        assert_eq!((of(&mut identities, 1), of(&mut identities, 20)), (10, 20));
    }

    #[test]
    fn a_ring_is_not_closed() {
        let mut identities = identities(&[(1, 1, 2), (2, 2, 1)]);
        assert_eq!((of(&mut identities, 1), of(&mut identities, 2)), (2, 2));
    }

    #[test]
    fn what_was_said_can_be_taken_back_and_said_again() {
        let mut identities = identities(&[(1, 1, 2)]);
        identities.undo(1, 2, 5);
        assert_eq!(of(&mut identities, 1), 1);
        identities.add(6, Uuid::from_u128(9), Fact { from: 1, into: 2, is_witnessed: true });
        assert_eq!(of(&mut identities, 1), 2);
    }

    #[test]
    fn nobody_vouches_for_themselves() {
        let mut identities = identities(&[(1, 1, 200), (2, 101, 200)]);
        identities.resolve();
        let witnessed = identities.resolved(Trust::Witnessed);
        assert_eq!((witnessed.of(1), witnessed.of(101)), (1, 200));
    }
}
