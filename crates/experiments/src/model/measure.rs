//! From what customers saw and did to the evidence of a look.
//!
//! A person belongs to the variant that they were shown first since the experiment began, and is followed from then on for the
//! experiment's time, in both arms alike; who is still being followed is in no figure yet. So the figures of a look are those of
//! persons of whom everything is known by then.
//!
//! What is counted is carried on from look to look. Late events and the joining of two persons do change what somebody did, and
//! then only they are counted anew: whoever is told of is taken out, and read again. Persons are added up in groups of their keys,
//! in order within the group, and groups in order: the same persons give the same figures, bit for bit, whether they were counted
//! at once or one after the other.

use std::collections::{BTreeMap, BTreeSet};

use events::{ExposureIndex, Persons, WitnessedExposures};
use journeys::model::Since;
use journeys::{Did, SETTLED_MS};

use super::{Definition, Evidence, MetricEvidence};
use crate::stats::{Arms, Moments};

/// As a power of two. Keys are hashes, so that groups are of about one size.
const GROUPS_LOG: u32 = 10;
/// Who is being followed is found by when it began, in steps of so many milliseconds, as a power of two.
const WAITING_LOG: u32 = 14;

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
#[derive(Debug, Clone, Copy)]
struct Followed {
    person: u64,
    since_ms: i64,
    side: Side,
    /// Shown the other one too.
    is_both: bool,
    /// Their time is over, and what they did is known.
    is_settled: bool,
}

/// Persons of neighbouring keys, and what they add up to.
#[derive(Debug, Clone, Default)]
struct Group {
    /// In order of their keys.
    persons: Vec<Followed>,
    /// What each did: as many numbers for each person as there are metrics.
    values: Vec<f64>,
    shown: Arms<u64>,
    shown_both: u64,
    metrics: Vec<Arms<Moments>>,
    /// Somebody is another than when it was added up.
    is_outdated: bool,
}

/// All persons of a run, as far as they are known.
#[derive(Debug, Clone)]
pub struct Counted {
    definition: Definition,
    started_ms: i64,
    groups: Vec<Group>,
    /// Whose time may not be over, by when it began. Who was taken out or read again since may still be in it.
    waiting: BTreeMap<i64, Vec<Since>>,
    unwitnessed: BTreeSet<u64>,
}

impl Counted {
    /// Nobody yet.
    pub fn new(definition: Definition, started_ms: i64) -> Self {
        let groups = vec![Group::default(); 1 << GROUPS_LOG];
        Self { definition, started_ms, groups, waiting: BTreeMap::new(), unwitnessed: BTreeSet::new() }
    }

    /// What is compared.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// When it began.
    pub fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// How many persons are kept.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.persons.len()).sum()
    }

    /// Nobody is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they were shown, in the place of what was known of them; of everybody, unless it is of some.
    pub fn take_shown(&mut self, of: Option<&Persons>, shown: &WitnessedExposures) {
        let gone = match of {
            None => {
                *self = Self::new(self.definition.clone(), self.started_ms);
                &[]
            }
            Some(persons) => persons.keys(),
        };
        for person in gone {
            self.unwitnessed.remove(person);
        }
        self.unwitnessed.extend(shown.unwitnessed.keys());
        let new = followed(&self.definition, self.started_ms, &shown.exposures);
        for followed in new.iter().filter(|followed| !followed.is_both) {
            let waiting = self.waiting.entry(followed.since_ms >> WAITING_LOG).or_default();
            waiting.push(Since { person: followed.person, at_ms: followed.since_ms });
        }
        let metrics = self.definition.metrics.len();
        let (mut gone, mut new) = (gone, &new[..]);
        for (number, group) in self.groups.iter_mut().enumerate() {
            let ours = cut(&mut gone, |person| group_of(*person) == number);
            let theirs = cut(&mut new, |followed| group_of(followed.person) == number);
            if !ours.is_empty() || !theirs.is_empty() {
                group.replace(ours, theirs, metrics);
            }
        }
    }

    /// Whose time is over by now, and of whom it is not known what they did. What they did is to be told next: they are not asked
    /// for again.
    pub fn over(&mut self, at_ms: i64) -> Vec<Since> {
        let over_ms = at_ms - self.definition.within_ms() - SETTLED_MS;
        let mut later = self.waiting.split_off(&((over_ms >> WAITING_LOG) + 1));
        let mut over = Vec::new();
        for (step, waiting) in std::mem::take(&mut self.waiting) {
            let (now, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|since| since.at_ms <= over_ms);
            over.extend(now);
            if !rest.is_empty() {
                later.insert(step, rest);
            }
        }
        self.waiting = later;
        let is_asked = |since: &Since| {
            let followed = self.groups[group_of(since.person)].find(since.person);
            followed.is_some_and(|one| one.since_ms == since.at_ms && one.counts() && !one.is_settled)
        };
        over.retain(is_asked);
        over.sort_unstable();
        over.dedup();
        over
    }

    /// What these persons did, whose time is over: `did` is of each metric, in the definition's order; what others did is not
    /// looked at.
    pub fn take_did(&mut self, over: &[Since], did: &[Vec<Did>]) {
        let metrics = self.definition.metrics.iter().zip(did);
        let (within_ms, width) = (self.definition.within_ms(), self.definition.metrics.len());
        let values: Vec<Vec<f64>> =
            metrics.map(|(metric, did)| values(over, did, within_ms, metric.sum.is_none())).collect();
        for (at, Since { person, .. }) in over.iter().enumerate() {
            let group = &mut self.groups[group_of(*person)];
            if let Ok(place) = group.place(*person) {
                group.persons[place].is_settled = true;
                group.is_outdated = true;
                let own = &mut group.values[place * width..][..width];
                own.iter_mut().zip(&values).for_each(|(own, values)| *own = values[at]);
            }
        }
    }

    /// What is known by now.
    pub fn evidence(&mut self, moment: Moment) -> Evidence {
        let width = self.definition.metrics.len();
        for group in self.groups.iter_mut().filter(|group| group.is_outdated) {
            group.add_up(width);
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

fn group_of(person: u64) -> usize {
    usize::try_from(person >> (u64::BITS - GROUPS_LOG)).expect("there are few groups")
}

/// Takes the beginning off that `fits`.
fn cut<'a, T>(rest: &mut &'a [T], fits: impl Fn(&T) -> bool) -> &'a [T] {
    let (first, others) = rest.split_at(rest.partition_point(fits));
    *rest = others;
    first
}

impl Group {
    fn place(&self, person: u64) -> Result<usize, usize> {
        self.persons.binary_search_by_key(&person, |followed| followed.person)
    }

    fn find(&self, person: u64) -> Option<&Followed> {
        self.place(person).ok().map(|place| &self.persons[place])
    }

    /// Takes `gone` out and `new` in; both are in order.
    fn replace(&mut self, mut gone: &[u64], mut new: &[Followed], width: usize) {
        let most = self.persons.len() + new.len();
        let persons = std::mem::replace(&mut self.persons, Vec::with_capacity(most));
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(most * width));
        let mut take = |followed: Followed, values: &[f64]| {
            self.persons.push(followed);
            self.values.extend_from_slice(values);
        };
        let nothing = vec![0.0; width];
        for (place, followed) in persons.iter().enumerate() {
            for before in cut(&mut new, |new| new.person < followed.person) {
                take(*before, &nothing);
            }
            cut(&mut gone, |gone| *gone < followed.person);
            if gone.first() != Some(&followed.person) {
                take(*followed, &values[place * width..][..width]);
            }
        }
        for new in new {
            take(*new, &nothing);
        }
        self.is_outdated = true;
    }

    fn add_up(&mut self, width: usize) {
        (self.shown, self.shown_both, self.is_outdated) = (Arms::default(), 0, false);
        self.metrics.clear();
        self.metrics.resize(width, Arms::default());
        for (place, followed) in self.persons.iter().enumerate() {
            if !followed.counts() {
                self.shown_both += 1;
                continue;
            }
            *followed.side.of(&mut self.shown) += 1;
            if followed.is_settled {
                let values = &self.values[place * width..][..width];
                for (metric, value) in self.metrics.iter_mut().zip(values) {
                    followed.side.of(metric).add(*value);
                }
            }
        }
    }
}

impl Followed {
    /// Whoever was shown both is left out.
    const fn counts(&self) -> bool {
        !self.is_both
    }
}

impl Side {
    const fn of<T>(self, arms: &mut Arms<T>) -> &mut T {
        match self {
            Self::Control => &mut arms.a,
            Self::Treatment => &mut arms.b,
        }
    }
}

/// In the order of their keys.
fn followed(definition: &Definition, started_ms: i64, exposures: &ExposureIndex) -> Vec<Followed> {
    let mut all: Vec<Followed> = Vec::new();
    for (person, since_ms, variant) in exposures.each().filter(|(_, at_ms, _)| *at_ms >= started_ms) {
        let side = match variant {
            variant if variant == definition.control => Side::Control,
            variant if variant == definition.treatment => Side::Treatment,
            _ => continue,
        };
        match all.last_mut().filter(|last| last.person == person) {
            Some(last) => last.is_both |= last.side != side,
            None => all.push(Followed { person, since_ms, side, is_both: false, is_settled: false }),
        }
    }
    all
}

/// What each did within their time, in the same order.
fn values(settled: &[Since], did: &[Did], within_ms: i64, is_share: bool) -> Vec<f64> {
    let mut values = vec![0.0; settled.len()];
    let mut at = 0;
    for one in did {
        // What is done comes by person too, but for a list after the other: then it is looked for from the start.
        if at > 0 && settled[at - 1].person >= one.person {
            at = settled.partition_point(|since| since.person < one.person);
        }
        at += settled[at..].iter().take_while(|since| since.person < one.person).count();
        let Some(since) = settled.get(at).filter(|since| since.person == one.person) else { continue };
        if one.at_ms < since.at_ms || one.at_ms - since.at_ms > within_ms {
            continue;
        }
        values[at] = if is_share { 1.0 } else { values[at] + one.value };
    }
    values
}

#[cfg(test)]
mod tests;
