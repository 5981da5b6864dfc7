//! What is asked of the event log, and the shapes of its answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::record::{Aside, Source};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// `2026-11-24` of days since 1970-01-01.
fn day_text(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS)).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// Which rows.
#[derive(Debug, Clone)]
pub struct Select {
    /// Names of events; empty for all.
    pub names: Vec<String>,
    pub from_ms: i64,
    /// Excluded.
    pub to_ms: i64,
    /// Whether the rows carry their properties.
    pub properties: Properties,
    /// Whether the rows carry their release.
    pub releases: Releases,
    pub who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Properties {
    Left,
    Wanted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releases {
    Left,
    Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Every person; synthetic and bot traffic is left out.
    Everyone,
    /// Only persons whose signed cookie came back.
    Witnessed,
    /// Only these (resolved) persons, by any of their ids.
    Only(Vec<String>),
    /// Of those whose signed cookie came back, only these.
    WitnessedOf(Persons),
}

/// Keys of resolved persons. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons(Arc<[u64]>);

impl Persons {
    /// In any order; each counts once.
    pub fn of(keys: impl IntoIterator<Item = u64>) -> Self {
        let mut keys: Vec<u64> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        Self(keys.into())
    }

    /// In order.
    pub fn keys(&self) -> &[u64] {
        &self.0
    }

    /// Nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this person is among them.
    pub fn contains(&self, key: u64) -> bool {
        self.0.binary_search(&key).is_ok()
    }
}

/// The rows of one event name, sorted by (person, time, sequence). Columns have equal lengths.
#[derive(Debug, Default, Clone)]
pub struct EventRows {
    pub name: String,
    /// The key of the resolved person; [`Rows::person`] gives its id.
    pub persons: Vec<u64>,
    pub times_ms: Vec<i64>,
    /// Grows in the order of arrival; breaks ties of time.
    pub sequences: Vec<u64>,
    /// Empty unless wanted.
    pub properties: Vec<Box<RawValue>>,
    /// The deployment that each row belongs to, if it is known. Empty unless wanted.
    pub releases: Vec<Option<u64>>,
}

/// Rows of several events, one list a name, in the order in which they were asked for (by name, if all were).
#[derive(Debug, Default, Clone)]
pub struct Rows {
    pub lists: Vec<EventRows>,
    pub(crate) ids: Ids,
}

/// The ids of persons by their keys. One is large and old, the other small and new.
pub(crate) type Ids = [Arc<HashMap<u64, Arc<str>>>; 2];

impl Rows {
    /// Rows of which a test or a file is the source: `ids` are the persons' ids by their keys.
    pub fn of(lists: Vec<EventRows>, ids: HashMap<u64, Arc<str>>) -> Self {
        Self { lists, ids: [Arc::new(ids), Arc::default()] }
    }

    /// The id of a resolved person.
    pub fn person(&self, key: u64) -> Option<&str> {
        self.ids.iter().find_map(|ids| ids.get(&key)).map(AsRef::as_ref)
    }
}

/// Who was given which variant of one flag, and when.
#[derive(Debug, Default, Clone)]
pub struct ExposureIndex {
    /// Sorted by (person, time).
    pub(crate) rows: Vec<Exposed>,
    pub(crate) variants: Vec<String>,
}

/// Who of the persons whose signed cookie came back was given which variant of one flag.
#[derive(Debug, Default, Clone)]
pub struct WitnessedExposures {
    pub exposures: ExposureIndex,
    /// Other persons who were given one.
    pub unwitnessed: Persons,
}

/// A variant was given to a person at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exposed {
    pub(crate) person: u64,
    pub(crate) at_ms: i64,
    pub(crate) variant: u32,
}

impl ExposureIndex {
    /// Exposures of which a test or a file is the source, as (person, time, variant), in any order.
    pub fn of(exposures: impl IntoIterator<Item = (u64, i64, String)>) -> Self {
        let mut index = Self::default();
        for (person, at_ms, variant) in exposures {
            let known = index.variants.iter().position(|other| *other == variant);
            let at = known.unwrap_or(index.variants.len());
            if known.is_none() {
                index.variants.push(variant);
            }
            let variant = u32::try_from(at).expect("a flag has few variants");
            index.rows.push(Exposed { person, at_ms, variant });
        }
        index.rows.sort_unstable();
        index
    }

    /// The variant in force for a person at an instant; `None` if they had not been exposed yet.
    pub fn at(&self, person: u64, time_ms: i64) -> Option<&str> {
        let after = self.rows.partition_point(|row| (row.person, row.at_ms) <= (person, time_ms));
        let row = self.rows[..after].last().filter(|row| row.person == person)?;
        self.variants.get(row.variant as usize).map(String::as_str)
    }

    /// When a person was given any variant for the first time.
    pub fn first_ms(&self, person: u64) -> Option<i64> {
        let at = self.rows.partition_point(|row| row.person < person);
        self.rows.get(at).filter(|row| row.person == person).map(|row| row.at_ms)
    }

    /// All of them as (person, time, variant), by person and time.
    pub fn each(&self) -> impl Iterator<Item = (u64, i64, &str)> {
        self.rows.iter().map(|row| (row.person, row.at_ms, self.variants[row.variant as usize].as_str()))
    }

    /// Every exposed person with the variant in force now, in order of their keys.
    pub fn persons(&self) -> impl Iterator<Item = (u64, &str)> {
        let last = |(i, row): &(usize, &Exposed)| self.rows.get(i + 1).is_none_or(|next| next.person != row.person);
        self.rows
            .iter()
            .enumerate()
            .filter(last)
            .map(|(_, row)| (row.person, self.variants[row.variant as usize].as_str()))
    }

    /// Persons by variant in force, and by the day on which they were given it.
    pub(crate) fn counts(&self) -> FlagCounts {
        let mut counts = FlagCounts::default();
        for (_, variant) in self.persons() {
            *counts.variants.entry(variant.to_owned()).or_default() += 1;
        }
        let mut seen: Vec<(i64, u32, u64)> =
            self.rows.iter().map(|row| (row.at_ms.div_euclid(DAY_MS), row.variant, row.person)).collect();
        seen.sort_unstable();
        seen.dedup();
        for (day, variant, _) in seen {
            let day = day_text(day);
            if counts.days.last().is_none_or(|last| last.day != day) {
                counts.days.push(FlagDay { day, variants: BTreeMap::new() });
            }
            if let Some(last) = counts.days.last_mut() {
                *last.variants.entry(self.variants[variant as usize].clone()).or_default() += 1;
            }
        }
        counts
    }

    /// The variants that were given.
    pub fn variants(&self) -> &[String] {
        &self.variants
    }
}

/// How many persons were given which variant of a flag.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlagCounts {
    /// By the variant that is in force for them now.
    pub variants: BTreeMap<String, u64>,
    pub days: Vec<FlagDay>,
}

/// Persons who were given each variant on one day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlagDay {
    /// `2026-11-24`
    pub day: String,
    pub variants: BTreeMap<String, u64>,
}

/// How often an event happened, and to how many persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameCount {
    pub name: String,
    pub events: u64,
    /// Exact; ids of one person count once.
    pub persons: u64,
    pub first_ms: i64,
    pub last_ms: i64,
    /// Days with events, in order.
    pub days: Vec<DayCount>,
}

/// One event on one day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCount {
    /// Days since 1970-01-01.
    pub day: i64,
    pub events: u64,
    /// Exact.
    pub persons: u64,
}

/// Counts of events within a time.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Names {
    /// In order of names.
    pub items: Vec<NameCount>,
    /// Persons with any event on each day (days since 1970-01-01).
    pub active: BTreeMap<i64, u64>,
    /// Persons with any event.
    pub persons: u64,
}

/// An event as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecentEvent {
    pub id: String,
    pub event: String,
    pub distinct_id: String,
    /// The id of the person after identity resolution.
    pub person: String,
    pub at: String,
    pub received_at: String,
    #[schema(value_type = String)]
    pub source: Source,
    /// The deployment that it belongs to, if it is known.
    pub release: Option<u64>,
    /// The variant in force of each flag that the person was exposed to.
    pub flags: BTreeMap<String, String>,
    #[schema(value_type = Option<String>)]
    pub aside: Option<Aside>,
    #[schema(value_type = Object)]
    pub properties: Box<RawValue>,
}

/// Something that was sent and not taken, as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Rejection {
    pub at: String,
    #[schema(value_type = String)]
    pub source: Source,
    pub code: String,
    pub reason: String,
    pub excerpt: String,
}

/// How many were not taken, by their code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectionCount {
    pub code: String,
    pub count: u64,
}

/// What was not taken.
#[derive(Debug, Default, Clone, Serialize, Deserialize, ToSchema)]
pub struct Rejections {
    /// Newest first.
    pub items: Vec<Rejection>,
    pub counts: Vec<RejectionCount>,
    /// Records that this release cannot read; they are kept.
    pub unreadable: u64,
}

/// A person: all their ids are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// The id that stays.
    pub id: String,
    /// All their ids, in order.
    pub ids: Vec<String>,
    pub events: u64,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    /// Their signed cookie came back.
    pub witnessed: bool,
    /// The variant in force of each flag.
    pub flags: BTreeMap<String, String>,
}

/// What became of a wish to forget a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deletion {
    /// They are in no answer any more. `true` from the first call on.
    pub hidden: bool,
    /// No file holds their bytes any more. Until then, ask again: the call is safe to repeat.
    pub done: bool,
    /// Files that still have to be written anew.
    pub files_left: u64,
}

/// What became of an import.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Lines that were not empty.
    pub read: u64,
    pub accepted: u64,
    pub duplicate: u64,
    /// At most the first thousand.
    pub rejected: Vec<RejectedLine>,
    /// All of them.
    #[serde(default)]
    pub rejected_count: u64,
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedLine {
    /// From 1.
    pub line: u64,
    pub reason: String,
}

/// A deployment, as far as events need to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub deployment: u64,
    pub service: String,
    pub commit: String,
    /// `sha256:…`
    pub digest: Option<String>,
    /// When it began to take customers.
    pub from_ms: i64,
    /// When it took no more; `None` while it does.
    pub to_ms: Option<i64>,
}
