//! From what customers saw and did to the evidence of a look.
//!
//! A person belongs to the variant that they were shown first since the experiment began, and is followed from then on for the
//! experiment's time, in both arms alike; who is still being followed is in no figure yet. So the figures of a look are those of
//! persons of whom everything is known, and no later look changes what they did.
//!
//! What is counted is carried on from look to look. Late events and the joining of two persons do change what somebody did, and
//! then only they are counted anew: whoever is told of is taken out, and read again. Persons are added up in groups of their keys,
//! in order within the group, and groups in order: the same persons give the same figures, bit for bit, whether they were counted
//! at once or one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use events::{ExposureIndex, Persons, WitnessedExposures};
use journeys::{Did, SETTLED_MS};

use super::{Definition, Evidence, MetricEvidence};
use crate::stats::{Arms, Moments};

/// Keys are hashes, so that groups are of about one size.
const GROUPS: u64 = 1_024;

/// A running experiment at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub look: u64,
    pub at_ms: i64,
    pub srm_p_before: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Control,
    Treatment,
}

/// A person since they were first shown one of the variants.
#[derive(Debug, Clone, PartialEq)]
struct Followed {
    since_ms: i64,
    side: Side,
    /// Shown the other one too.
    is_both: bool,
    /// What they did, for each metric; nothing until it is read.
    values: Option<Box<[f64]>>,
}

/// The persons of a group, added up.
#[derive(Debug, Clone, Default)]
struct Group {
    shown: Arms<u64>,
    shown_both: u64,
    metrics: Vec<Arms<Moments>>,
    /// Somebody of it is another than when it was added up.
    is_outdated: bool,
}

/// All persons of a run, as far as they are known.
#[derive(Debug, Clone)]
pub struct Counted {
    definition: Definition,
    started_ms: i64,
    persons: BTreeMap<u64, Followed>,
    /// Whose time may not be over, by its beginning.
    waiting: BTreeSet<(i64, u64)>,
    unwitnessed: BTreeSet<u64>,
    groups: Vec<Group>,
}

impl Counted {
    /// Nobody yet.
    pub fn new(definition: Definition, started_ms: i64) -> Self {
        let groups = (0..GROUPS).map(|_| Group::default()).collect();
        let (persons, waiting, unwitnessed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { definition, started_ms, persons, waiting, unwitnessed, groups }
    }

    /// How many persons are kept.
    pub fn len(&self) -> usize {
        self.persons.len()
    }

    /// Nobody is.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    /// What they were shown, in the place of what was known of them; of everybody, unless it is of some.
    pub fn take_shown(&mut self, of: Option<&Persons>, shown: &WitnessedExposures) {
        match of {
            None => *self = Self::new(self.definition.clone(), self.started_ms),
            Some(persons) => persons.keys().iter().for_each(|person| self.forget(*person)),
        }
        self.unwitnessed.extend(shown.unwitnessed.keys());
        for (person, followed) in followed(&self.definition, self.started_ms, &shown.exposures) {
            if !followed.is_both {
                self.waiting.insert((followed.since_ms, person));
            }
            self.group_of(person).is_outdated = true;
            self.persons.insert(person, followed);
        }
    }

    fn forget(&mut self, person: u64) {
        self.unwitnessed.remove(&person);
        if let Some(gone) = self.persons.remove(&person) {
            self.waiting.remove(&(gone.since_ms, person));
            self.group_of(person).is_outdated = true;
        }
    }

    fn group_of(&mut self, person: u64) -> &mut Group {
        let group = person / keys_of_group(0).end().saturating_add(1);
        &mut self.groups[usize::try_from(group).expect("there are few groups")]
    }

    /// Whose time is over by now, and of whom it is not known what they did.
    pub fn over(&self, at_ms: i64) -> Persons {
        let over_ms = at_ms - self.definition.within_ms() - SETTLED_MS;
        Persons::of(self.waiting.iter().take_while(|(since_ms, _)| *since_ms <= over_ms).map(|(_, person)| *person))
    }

    /// What these persons did, whose time is over: `did` is of each metric, in the definition's order; what others did is not
    /// looked at.
    pub fn take_did(&mut self, over: &Persons, did: &[Vec<Did>]) {
        let within_ms = self.definition.within_ms();
        let since = |person: &u64| Some((*person, self.persons.get(person)?.since_ms));
        let persons: Vec<(u64, i64)> = over.keys().iter().filter_map(since).collect();
        let metrics = self.definition.metrics.iter().zip(did);
        let values: Vec<Vec<f64>> =
            metrics.map(|(metric, did)| values(&persons, did, within_ms, metric.sum.is_none())).collect();
        for (at, (person, since_ms)) in persons.into_iter().enumerate() {
            self.waiting.remove(&(since_ms, person));
            self.group_of(person).is_outdated = true;
            if let Some(followed) = self.persons.get_mut(&person) {
                followed.values = Some(values.iter().map(|values| values[at]).collect());
            }
        }
    }

    /// What is known by now.
    pub fn evidence(&mut self, moment: Moment) -> Evidence {
        for (number, group) in (0..).zip(&mut self.groups).filter(|(_, group)| group.is_outdated) {
            *group = Group::of(self.persons.range(keys_of_group(number)).map(|(_, person)| person));
        }
        let sum = |side: fn(&Arms<u64>) -> u64| self.groups.iter().map(|group| side(&group.shown)).sum();
        let moments = |metric: usize| {
            let all = self.groups.iter().filter_map(|group| group.metrics.get(metric));
            all.fold(Arms::default(), |sum: Arms<Moments>, one| Arms { a: sum.a.merge(one.a), b: sum.b.merge(one.b) })
        };
        let metrics = self.definition.metrics.iter().enumerate();
        Evidence {
            look: moment.look,
            started_ms: self.started_ms,
            at_ms: moment.at_ms,
            shown: Arms { a: sum(|shown| shown.a), b: sum(|shown| shown.b) },
            shown_both: self.groups.iter().map(|group| group.shown_both).sum(),
            unwitnessed: self.unwitnessed.len() as u64,
            srm_p_before: moment.srm_p_before,
            metrics: metrics
                .map(|(at, metric)| MetricEvidence { name: metric.name.clone(), arms: moments(at) })
                .collect(),
        }
    }
}

fn keys_of_group(number: u64) -> RangeInclusive<u64> {
    let width = u64::MAX / GROUPS + 1;
    number * width..=number * width + (width - 1)
}

impl Group {
    fn of<'a>(persons: impl Iterator<Item = &'a Followed>) -> Self {
        let mut group = Self::default();
        for person in persons {
            if person.is_both {
                group.shown_both += 1;
                continue;
            }
            *person.side.of(&mut group.shown) += 1;
            let Some(values) = &person.values else { continue };
            group.metrics.resize_with(values.len(), Arms::default);
            for (metric, value) in group.metrics.iter_mut().zip(values) {
                person.side.of(metric).add(*value);
            }
        }
        group
    }
}

impl Side {
    fn of<T>(self, arms: &mut Arms<T>) -> &mut T {
        match self {
            Self::Control => &mut arms.a,
            Self::Treatment => &mut arms.b,
        }
    }
}

/// In the order of their keys.
fn followed(definition: &Definition, started_ms: i64, exposures: &ExposureIndex) -> Vec<(u64, Followed)> {
    let mut all: Vec<(u64, Followed)> = Vec::new();
    for (person, since_ms, variant) in exposures.each().filter(|(_, at_ms, _)| *at_ms >= started_ms) {
        let side = match variant {
            variant if variant == definition.control => Side::Control,
            variant if variant == definition.treatment => Side::Treatment,
            _ => continue,
        };
        match all.last_mut().filter(|(last, _)| *last == person) {
            Some((_, last)) => last.is_both |= last.side != side,
            None => all.push((person, Followed { since_ms, side, is_both: false, values: None })),
        }
    }
    all
}

/// What each did within their time, in the same order; persons are given with when it began.
fn values(settled: &[(u64, i64)], did: &[Did], within_ms: i64, is_share: bool) -> Vec<f64> {
    let mut values = vec![0.0; settled.len()];
    let mut at = 0;
    for one in did {
        // What is done comes by person too, but for a list after the other: then it is looked for from the start.
        if at > 0 && settled[at - 1].0 >= one.person {
            at = settled.partition_point(|(person, _)| *person < one.person);
        }
        at += settled[at..].iter().take_while(|(person, _)| *person < one.person).count();
        let Some((_, since_ms)) = settled.get(at).filter(|(person, _)| *person == one.person) else { continue };
        if one.at_ms < *since_ms || one.at_ms - since_ms > within_ms {
            continue;
        }
        values[at] = if is_share { 1.0 } else { values[at] + one.value };
    }
    values
}

#[cfg(test)]
mod tests;
