//! What is known besides events: identities, exposures, who was served what, who was witnessed, what was rejected.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::iter::successors;
use std::sync::Arc;

use super::answers::{Exposed, ExposureIndex, Persons, WitnessedExposures};
use super::identity::{Fact, Identities, Trust};
use super::key::{ByPerson, PersonKey, PersonSet};
use crate::record::{Aside, Exposure, Identity, Record, Rejected, is_vouched_for};

/// So many rejections are kept with their words; all are counted.
const REJECTED_KEPT: usize = 1_000;
/// Persons whose ids begin with it are probes.
const PROBE: &str = "verifier:";

/// Whether an id is a probe's.
pub(super) fn is_probe(id: &str) -> bool {
    id.starts_with(PROBE)
}

/// Ids of persons by their keys.
pub(super) type Names = HashMap<u64, Arc<str>>;

/// Deployments that persons were given, in order of time.
pub(super) type Served = ByPerson<Vec<(i64, u64)>>;

/// All facts of log and segments.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) identities: Identities,
    flags: BTreeMap<String, FlagLog>,
    served: Arc<Served>,
    witnessed: Arc<PersonSet>,
    pub(super) rejected: VecDeque<Rejected>,
    pub(super) rejected_counts: BTreeMap<String, u64>,
    pub(super) unreadable: u64,
}

#[derive(Debug, Default)]
struct FlagLog {
    variants: Vec<String>,
    rows: Vec<Seen>,
    /// The place of each id's last row.
    last: ByPerson<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    exposed: Exposed,
    is_vouched_for: bool,
    /// The place of the id's row before; [`NOWHERE`] if it is the first.
    before: u32,
}

const NOWHERE: u32 = u32::MAX;

impl FlagLog {
    fn push(&mut self, exposed: Exposed, is_vouched_for: bool) {
        let place = u32::try_from(self.rows.len()).expect("a flag has fewer than 2^32 exposures");
        let before = self.last.insert(exposed.person, place).unwrap_or(NOWHERE);
        self.rows.push(Seen { exposed, is_vouched_for, before });
    }

    /// Rows of an id, the last one first.
    fn of(&self, id: u64) -> impl Iterator<Item = &Seen> {
        let at = |place: u32| self.rows.get(place as usize);
        let last = self.last.get(&id).and_then(|place| at(*place));
        successors(last, move |row| at(row.before))
    }

    fn forget(&mut self, keys: &PersonSet) {
        if !keys.iter().any(|key| self.last.contains_key(key)) {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        self.last.clear();
        for row in rows.into_iter().filter(|row| !keys.contains(&row.exposed.person)) {
            self.push(row.exposed, row.is_vouched_for);
        }
    }
}

impl Facts {
    /// Takes a record that is no event; ids that it names go into `names`.
    pub(super) fn add(&mut self, key: &PersonKey, record: &Record, names: &mut Names) {
        let mut keyed = |id: &str| {
            let key = key.of(id);
            names.entry(key).or_insert_with(|| id.into());
            key
        };
        match record {
            Record::Identity(identity) => self.add_identity(identity, keyed(&identity.from), keyed(&identity.into)),
            Record::Exposure(exposure) => self.add_exposure(exposure, keyed(&exposure.unit)),
            Record::Served(served) if !is_probe(&served.person) => {
                let person = keyed(&served.person);
                let rows = Arc::make_mut(&mut self.served).entry(person).or_default();
                let at = rows.partition_point(|(at_ms, _)| *at_ms <= served.at_ms);
                rows.insert(at, (served.at_ms, served.deployment));
                if served.witnessed {
                    self.witness(person);
                }
            }
            Record::Rejected(rejected) => {
                *self.rejected_counts.entry(rejected.code.clone()).or_default() += 1;
                self.rejected.push_back(rejected.clone());
                if self.rejected.len() > REJECTED_KEPT {
                    self.rejected.pop_front();
                }
            }
            Record::Unlink(unlink) => self.identities.undo(keyed(&unlink.from), keyed(&unlink.into), unlink.at_ms),
            Record::Event(_) | Record::Forget(_) | Record::Served(_) => {}
        }
    }

    fn add_identity(&mut self, identity: &Identity, from: u64, into: u64) {
        // A probe is nobody's other name.
        if is_probe(&identity.from) || is_probe(&identity.into) || from == into {
            return;
        }
        let vouched = |id: &str| is_vouched_for(identity.role, identity.witness.as_deref(), id);
        let is_witnessed = vouched(&identity.from) || vouched(&identity.into);
        self.identities.add(identity.at_ms, identity.id, Fact { from, into, is_witnessed });
    }

    fn add_exposure(&mut self, exposure: &Exposure, unit: u64) {
        if exposure.aside == Some(Aside::Synthetic) || is_probe(&exposure.unit) {
            return;
        }
        let log = self.flags.entry(exposure.flag.clone()).or_default();
        let variant = log.variants.iter().position(|variant| *variant == exposure.variant).unwrap_or_else(|| {
            log.variants.push(exposure.variant.clone());
            log.variants.len() - 1
        });
        let variant = u32::try_from(variant).expect("a flag has few variants");
        let is_vouched_for = is_vouched_for(exposure.role, exposure.witness.as_deref(), &exposure.unit);
        log.push(Exposed { person: unit, at_ms: exposure.at_ms, variant }, is_vouched_for);
    }

    /// The event's own person was there with their cookie.
    pub(super) fn witness(&mut self, person: u64) {
        if !self.witnessed.contains(&person) {
            Arc::make_mut(&mut self.witnessed).insert(person);
        }
    }

    /// Nothing of these ids is known any more.
    pub(super) fn forget(&mut self, keys: &PersonSet) {
        self.identities.forget(keys);
        for log in self.flags.values_mut() {
            log.forget(keys);
        }
        Arc::make_mut(&mut self.served).retain(|person, _| !keys.contains(person));
        Arc::make_mut(&mut self.witnessed).retain(|person| !keys.contains(person));
    }

    /// What the product's browser says of a person whose cookie we know, without that cookie, is not believed.
    pub(super) fn exposures(&self, flag: &str) -> ExposureIndex {
        let Some(log) = self.flags.get(flag) else { return ExposureIndex::default() };
        let resolution = self.identities.resolved(Trust::Everything);
        let believed =
            log.rows.iter().filter(|row| row.is_vouched_for || !self.witnessed.contains(&row.exposed.person));
        let mut rows: Vec<Exposed> =
            believed.map(|row| Exposed { person: resolution.of(row.exposed.person), ..row.exposed }).collect();
        rows.sort_unstable();
        ExposureIndex { rows, variants: log.variants.clone() }
    }

    /// Only of persons whose cookie came back, and what was not merely said by somebody's browser; of all, or of some.
    pub(super) fn witnessed_exposures(&self, flag: &str, of: Option<&Persons>) -> WitnessedExposures {
        let Some(log) = self.flags.get(flag) else { return WitnessedExposures::default() };
        let resolution = self.identities.resolved(Trust::Witnessed);
        let is_witnessed = |person: u64| resolution.ids(person).any(|id| self.witnessed.contains(&id));
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        let mut take = |row: &Seen| {
            let person = resolution.of(row.exposed.person);
            if !row.is_vouched_for {
                return;
            }
            if is_witnessed(person) {
                rows.push(Exposed { person, ..row.exposed });
            } else {
                others.push(person);
            }
        };
        match of {
            None => log.rows.iter().for_each(&mut take),
            Some(persons) => {
                let persons = persons.keys().iter().filter(|person| resolution.of(**person) == **person);
                persons.flat_map(|person| resolution.ids(*person)).flat_map(|id| log.of(id)).for_each(&mut take);
            }
        }
        rows.sort_unstable();
        let exposures = ExposureIndex { rows, variants: log.variants.clone() };
        WitnessedExposures { exposures, unwitnessed: Persons::of(others) }
    }

    pub(super) fn flags(&self) -> impl Iterator<Item = &str> {
        self.flags.keys().map(String::as_str)
    }

    /// Flags and variants in force for these ids at an instant.
    pub(super) fn variants_of(&self, ids: &[u64], time_ms: i64) -> BTreeMap<String, String> {
        let in_force = |log: &FlagLog| {
            let rows = log.rows.iter().filter(|row| ids.contains(&row.exposed.person) && row.exposed.at_ms <= time_ms);
            let last = rows.max_by_key(|row| row.exposed.at_ms)?;
            Some(log.variants[last.exposed.variant as usize].clone())
        };
        self.flags.iter().filter_map(|(flag, log)| Some((flag.clone(), in_force(log)?))).collect()
    }

    pub(super) fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served)
    }

    /// Ids whose cookie came back.
    pub(super) fn witnessed(&self) -> Arc<PersonSet> {
        Arc::clone(&self.witnessed)
    }

    /// The deployment that one of these ids was given last.
    pub(super) fn served_at(&self, ids: &[u64], time_ms: i64) -> Option<u64> {
        let rows = ids.iter().filter_map(|id| self.served.get(id)).flatten();
        rows.filter(|(at_ms, _)| *at_ms <= time_ms).max().map(|(_, deployment)| *deployment)
    }

    pub(super) fn is_witnessed(&self, ids: &[u64]) -> bool {
        ids.iter().any(|id| self.witnessed.contains(id))
    }
}
