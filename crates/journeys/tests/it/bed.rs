//! What every test stands on: an event log in memory, a clock that stands, a store.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use events::{DayCount, EventRows, ExposureIndex, NameCount, Names, Properties, Rows, Select, Who};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use journeys::{Answer, Journeys, JourneysOptions, Log, MIGRATIONS};
use kernel::ManualClock;
use serde_json::value::RawValue;
use storage::testing::{TestDb, databases};

/// 2026-11-24T12:00:00Z
pub(crate) const NOON: &str = "2026-11-24T12:00:00Z";
pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const MINUTE_MS: i64 = 60_000;

pub(crate) fn noon_ms() -> i64 {
    NOON.parse::<Timestamp>().unwrap().as_millisecond()
}

/// Something that a person did.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) name: String,
    pub(crate) person: u64,
    pub(crate) time_ms: i64,
    pub(crate) properties: String,
    pub(crate) release: Option<u64>,
}

/// `minute` is counted from noon.
pub(crate) fn deed(name: &str, person: u64, minute: i64) -> Deed {
    let time_ms = noon_ms() + minute * MINUTE_MS;
    Deed { name: name.into(), person, time_ms, properties: "{}".into(), release: None }
}

impl Deed {
    pub(crate) fn with(mut self, properties: &str) -> Self {
        self.properties = properties.into();
        self
    }

    pub(crate) fn on(mut self, release: u64) -> Self {
        self.release = Some(release);
        self
    }
}

fn by_day<'a>(deeds: &[&'a Deed]) -> BTreeMap<i64, Vec<&'a Deed>> {
    let mut days: BTreeMap<i64, Vec<&Deed>> = BTreeMap::new();
    for deed in deeds {
        days.entry(deed.time_ms.div_euclid(DAY_MS)).or_default().push(deed);
    }
    days
}

/// An event log that knows only what it was given.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) exposures: Vec<(u64, i64, String)>,
    pub(crate) witnessed: HashSet<u64>,
    pub(crate) synthetic: u64,
}

impl Memory {
    fn chosen(&self, select: &Select) -> Rows {
        let mut lists: BTreeMap<&str, Vec<(usize, &Deed)>> = BTreeMap::new();
        for (sequence, deed) in self.deeds.iter().enumerate() {
            let is_who = match &select.who {
                Who::Everyone => true,
                Who::Witnessed => self.witnessed.contains(&deed.person),
                Who::WitnessedOf(persons) => self.witnessed.contains(&deed.person) && persons.contains(deed.person),
                Who::Only(ids) => ids.contains(&format!("person-{}", deed.person)),
            };
            let is_named = select.names.is_empty() || select.names.contains(&deed.name);
            if is_who && is_named && (select.from_ms..select.to_ms).contains(&deed.time_ms) {
                lists.entry(&deed.name).or_default().push((sequence, deed));
            }
        }
        let ids = self.deeds.iter().map(|d| (d.person, Arc::from(format!("person-{}", d.person)))).collect();
        Rows::of(lists.into_values().map(|deeds| list(deeds, select.properties)).collect(), ids)
    }
}

fn list(mut deeds: Vec<(usize, &Deed)>, properties: Properties) -> EventRows {
    deeds.sort_by_key(|(sequence, deed)| (deed.person, deed.time_ms, *sequence));
    let raw = |(_, deed): &(usize, &Deed)| RawValue::from_string(deed.properties.clone()).unwrap();
    EventRows {
        name: deeds[0].1.name.clone(),
        persons: deeds.iter().map(|(_, deed)| deed.person).collect(),
        times_ms: deeds.iter().map(|(_, deed)| deed.time_ms).collect(),
        sequences: deeds.iter().map(|(sequence, _)| *sequence as u64).collect(),
        properties: if properties == Properties::Wanted { deeds.iter().map(raw).collect() } else { Vec::new() },
        releases: deeds.iter().map(|(_, deed)| deed.release).collect(),
    }
}

impl Log for Memory {
    fn rows(&self, select: Select) -> Answer<'_, Rows> {
        async move { Ok(self.chosen(&select)) }.boxed()
    }

    fn exposures<'a>(&'a self, _flag: &'a str) -> Answer<'a, ExposureIndex> {
        async { Ok(ExposureIndex::of(self.exposures.iter().cloned())) }.boxed()
    }

    fn names(&self, from_ms: i64, to_ms: i64) -> Answer<'_, Names> {
        async move {
            let within: Vec<&Deed> =
                self.deeds.iter().filter(|deed| (from_ms..to_ms).contains(&deed.time_ms)).collect();
            let persons = |deeds: &[&Deed]| deeds.iter().map(|d| d.person).collect::<HashSet<_>>().len() as u64;
            let mut names: HashMap<&str, Vec<&Deed>> = HashMap::new();
            for deed in &within {
                names.entry(&deed.name).or_default().push(*deed);
            }
            let mut items: Vec<NameCount> = Vec::new();
            for (name, deeds) in names {
                let day = |(day, deeds): (i64, Vec<&Deed>)| DayCount {
                    day,
                    events: deeds.len() as u64,
                    persons: persons(&deeds),
                };
                items.push(NameCount {
                    name: name.to_owned(),
                    events: deeds.len() as u64,
                    persons: persons(&deeds),
                    first_ms: deeds.iter().map(|d| d.time_ms).min().unwrap(),
                    last_ms: deeds.iter().map(|d| d.time_ms).max().unwrap(),
                    days: by_day(&deeds).into_iter().map(day).collect(),
                });
            }
            items.sort_by(|a, b| a.name.cmp(&b.name));
            let active = by_day(&within).into_iter().map(|(day, deeds)| (day, persons(&deeds))).collect();
            Ok(Names { items, active, persons: persons(&within) })
        }
        .boxed()
    }

    fn synthetic_persons(&self, _from_ms: i64, _to_ms: i64) -> Answer<'_, Option<u64>> {
        async { Ok(Some(self.synthetic)) }.boxed()
    }
}

pub(crate) const CHECKOUT: &str = "
journey: checkout
domain: sales
within: 1h
steps:
  - { name: seen, event: viewed }
  - { name: basket, event: added }
  - { name: paid, event: paid }
";

/// A file of a commit.
pub(crate) fn file(path: &str, text: &str) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

/// The same journeys on every engine that is there; it is noon.
pub(crate) async fn beds(memory: fn() -> Memory) -> Vec<(TestDb, Journeys)> {
    let mut beds = Vec::new();
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let clock = Arc::new(ManualClock::at(NOON.parse().unwrap()));
        let journeys = Journeys::open(JourneysOptions { db: store.db.clone(), clock, events: Arc::new(memory()) });
        beds.push((store, journeys));
    }
    beds
}
