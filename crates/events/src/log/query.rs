//! Rows of log and segments at once: lists per event, of resolved persons, each with its release.
//!
//! An answer takes the rows of segments ([`Base`]) in their order, puts aside those whose id is subsumed by another, and merges
//! these and the tail in.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use columnar::segment::Text;
use serde_json::value::RawValue;

use super::Error;
use super::answers::{EventRows, Ids, Persons, Properties, Releases, Rows, Select, Who};
use super::base::{Base, Item, Stock, base};
use super::facts::Served;
use super::identity::{Resolution, Trust};
use super::key::PersonSet;
use super::part::{Row, UNVOUCHED, VOUCHED};
use super::release::{History, pick};
use super::state::{Shared, State};

/// To search for a person's rows takes as long as to look at so many.
const SEARCHED_ROWS_MIN: usize = 32;

/// What answers of one moment share.
pub(super) struct View {
    stock: Stock,
    resolution: Arc<Resolution>,
    releases: Arc<History>,
    served: Arc<Served>,
    /// Only these count, by any of their ids.
    ids: Option<Arc<PersonSet>>,
    trust: Trust,
    select: Select,
}

/// The rows of the tail that may be in an answer, by name.
type Tail = HashMap<String, Vec<Fresh>>;

/// What an answer needs of a row of the tail. Taken out under the lock, so it takes no more than that.
struct Fresh {
    person: u64,
    time_ms: i64,
    sequence: u64,
    vouch: u64,
    release: String,
    /// If they are wanted.
    properties: Option<Box<RawValue>>,
}

impl Fresh {
    fn of(row: &Row, wants_properties: bool) -> Self {
        Self {
            person: row.person,
            time_ms: row.event.time_ms,
            sequence: row.sequence,
            vouch: row.vouch,
            release: row.release.clone(),
            properties: wants_properties.then(|| row.event.properties.clone()),
        }
    }
}

/// Blocks while it reads.
pub(super) fn rows(shared: &Shared, select: Select) -> Result<Rows, Error> {
    let mut lists = Vec::new();
    let ids = each(shared, select, |list| lists.push(list))?;
    Ok(Rows { lists, ids })
}

/// One list after the other, so that not all need be there at once. Gives the ids of persons. Blocks while it reads.
pub(super) fn each(shared: &Shared, select: Select, mut take: impl FnMut(EventRows)) -> Result<Ids, Error> {
    let (view, tail, names, ids) = {
        let state = shared.read();
        let view = View::new(&state, select);
        let names = view.names(&state);
        let tail = view.tail(&state, &names);
        (view, tail, names, state.names.clone())
    };
    let none = Vec::new();
    for name in names {
        let base = base(shared, &view.stock, &view.select, &name)?;
        take(view.list(&base, tail.get(&name).unwrap_or(&none), name)?);
    }
    Ok(ids)
}

impl View {
    pub(super) fn new(state: &State, select: Select) -> Self {
        let trust = match select.who {
            Who::Witnessed | Who::WitnessedOf(_) => Trust::Witnessed,
            Who::Everyone | Who::Only(_) => Trust::Everything,
        };
        let resolution = state.facts.identities.resolved(trust);
        let ids = match &select.who {
            Who::Everyone => None,
            Who::Witnessed | Who::WitnessedOf(_) => Some(state.facts.witnessed()),
            Who::Only(ids) => {
                let key = state.key();
                Some(Arc::new(ids.iter().flat_map(|id| resolution.all(key.of(id))).collect()))
            }
        };
        Self {
            stock: Stock::of(state),
            resolution,
            releases: Arc::clone(&state.releases),
            served: state.facts.served(),
            ids,
            trust,
            select,
        }
    }

    /// Of those who count only these.
    fn only(&self) -> Option<&Persons> {
        if let Who::WitnessedOf(persons) = &self.select.who { Some(persons) } else { None }
    }

    fn wants_properties(&self) -> bool {
        self.select.properties == Properties::Wanted
    }

    /// The names that were asked for, or all.
    fn names(&self, state: &State) -> Vec<String> {
        if !self.select.names.is_empty() {
            return self.select.names.clone();
        }
        let stored = self.stock.segments.iter().flat_map(|segment| segment.events.index()).map(|range| &range.key);
        let mut names: Vec<String> =
            stored.chain(state.parts.iter().flat_map(|part| part.by_name.keys())).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn tail(&self, state: &State, names: &[String]) -> Tail {
        let mut tail = Tail::new();
        for name in names {
            for part in &state.parts {
                let places = part.by_name.get(name).into_iter().flatten();
                let places =
                    places.filter(|(person, _)| self.only().is_none() || self.is_among(self.resolution.of(*person)));
                let rows = places.map(|(_, at)| &part.rows[*at]);
                let rows = rows.filter(|row| row.event.aside.is_none() && self.is_in_time(row.event.time_ms));
                let fresh = rows.map(|row| Fresh::of(row, self.wants_properties()));
                tail.entry(name.clone()).or_default().extend(fresh);
            }
        }
        tail
    }

    fn is_in_time(&self, time_ms: i64) -> bool {
        self.select.from_ms <= time_ms && time_ms < self.select.to_ms
    }

    fn list(&self, base: &Base, tail: &[Fresh], name: String) -> Result<EventRows, Error> {
        let items = self.items(base, tail);
        let wants_releases = self.select.releases == Releases::Wanted;
        let releases = if wants_releases { self.releases_of(&items, base, tail) } else { Vec::new() };
        let mut properties = Vec::new();
        if self.wants_properties() {
            properties.reserve(items.len());
            for item in &items {
                match base.properties.get(item.at) {
                    Some(text) => properties.push(raw(text)?),
                    None => properties.extend(tail[item.at - base.items.len()].properties.clone()),
                }
            }
        }
        Ok(EventRows {
            name,
            persons: items.iter().map(|item| item.person).collect(),
            times_ms: items.iter().map(|item| item.time_ms).collect(),
            sequences: items.iter().map(|item| item.sequence).collect(),
            properties,
            releases,
        })
    }

    /// The rows that count, under their persons, in order.
    fn items(&self, base: &Base, tail: &[Fresh]) -> Vec<Item> {
        let ranges = self.ranges(base);
        let mut items = Vec::with_capacity(ranges.iter().map(Range::len).sum::<usize>() + tail.len());
        let mut moved = Vec::new();
        let mut run = (None, 0, false);
        for range in ranges {
            for item in base.items[range].iter().filter(|item| self.is_in_time(item.time_ms)) {
                if run.0 != Some(item.person) {
                    let person = self.resolution.of(item.person);
                    run = (Some(item.person), person, self.counts(person));
                }
                let (_, person, counts) = run;
                if counts && self.is_believed(base.vouches[item.at], person) {
                    let list = if person == item.person { &mut items } else { &mut moved };
                    list.push(Item { person, ..*item });
                }
            }
        }
        for (i, row) in tail.iter().enumerate() {
            let person = self.resolution.of(row.person);
            if self.counts(person) && self.is_believed(row.vouch, person) {
                let at = base.items.len() + i;
                moved.push(Item { person, time_ms: row.time_ms, sequence: row.sequence, at });
            }
        }
        if !moved.is_empty() {
            moved.sort_unstable();
            items.append(&mut moved);
            // Two sorted runs: the stable sort merges them.
            items.sort();
        }
        items
    }

    /// Where rows of those who are asked for are, in order; more may be there.
    fn ranges(&self, base: &Base) -> Vec<Range<usize>> {
        let all = 0..base.items.len();
        let Some(only) = self.only().filter(|only| only.keys().len() < all.len() / SEARCHED_ROWS_MIN) else {
            return vec![all];
        };
        let mut ids: Vec<u64> = only.keys().iter().flat_map(|person| self.resolution.ids(*person)).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut from = 0;
        let range = |id: u64| {
            from += base.items[from..].partition_point(|item| item.person < id);
            let to = from + base.items[from..].iter().take_while(|item| item.person == id).count();
            from..to
        };
        ids.into_iter().map(range).filter(|range| !range.is_empty()).collect()
    }

    /// Whether rows of this person are asked for.
    fn counts(&self, person: u64) -> bool {
        self.is_among(person)
            && self.ids.as_ref().is_none_or(|ids| self.resolution.ids(person).any(|id| ids.contains(&id)))
    }

    fn is_among(&self, person: u64) -> bool {
        self.only().is_none_or(|only| only.contains(person))
    }

    /// Among witnessed persons, whoever holds only a client token speaks for nobody but the person of their cookie.
    fn is_believed(&self, vouch: u64, person: u64) -> bool {
        match (self.trust, vouch) {
            (Trust::Everything, _) | (Trust::Witnessed, VOUCHED) => true,
            (Trust::Witnessed, UNVOUCHED) => false,
            (Trust::Witnessed, witness) => self.resolution.of(witness) == person,
        }
    }

    fn releases_of(&self, items: &[Item], base: &Base, tail: &[Fresh]) -> Vec<Option<u64>> {
        let named = |word: &str| -> Vec<(i64, u64)> {
            self.releases.named(word).iter().map(|release| (release.from_ms, release.deployment)).collect()
        };
        let words: Vec<Vec<(i64, u64)>> = base.words.iter().map(|word| named(word)).collect();
        let (mut served, mut of) = (Vec::new(), None);
        let mut release = |item: &Item| {
            let own = match base.releases.get(item.at) {
                Some(word) => pick(&words[*word as usize], item.time_ms),
                None => pick(&named(&tail[item.at - base.items.len()].release), item.time_ms),
            };
            if own.is_some() {
                return own;
            }
            if of != Some(item.person) {
                of = Some(item.person);
                served = self.served_to(item.person);
            }
            let before = served.partition_point(|(at_ms, _)| *at_ms <= item.time_ms);
            let given = served[..before].last().map(|(_, deployment)| *deployment);
            given.or_else(|| self.releases.only_at(item.time_ms))
        };
        items.iter().map(&mut release).collect()
    }

    fn served_to(&self, person: u64) -> Vec<(i64, u64)> {
        if self.served.is_empty() {
            return Vec::new();
        }
        let ids = self.resolution.ids(person);
        let mut served: Vec<(i64, u64)> = ids.filter_map(|id| self.served.get(&id)).flatten().copied().collect();
        served.sort_unstable();
        served
    }
}

fn raw(text: &Text) -> Result<Box<RawValue>, Error> {
    let unreadable = |error: serde_json::Error| Error::Ended(format!("stored properties are not JSON: {error}"));
    serde_json::from_slice(text).map_err(unreadable)
}
