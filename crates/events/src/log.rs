//! The face in the control plane: from the log to segments, without doubles; and answers.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::value::RawValue;
use storage::{Db, Migrations};

/// The tables of events.
pub const MIGRATIONS: Migrations = Migrations { context: "events", scripts: &[] };

/// What events need.
#[derive(Debug, Clone)]
pub struct EventsOptions {
    pub db: Db,
    pub clock: Arc<dyn kernel::Clock>,
    /// The installation's data folder; the log is in `events/log`, segments are in `events/segments`.
    pub data: PathBuf,
}

/// The event log of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Events {}

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
    pub who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Properties {
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
}

/// The rows of one event name, sorted by (person, time, sequence). Columns have equal lengths.
#[derive(Debug, Default)]
pub struct EventRows {
    pub name: String,
    /// The key of the resolved person; [`Rows::person`] gives its id.
    pub persons: Vec<u64>,
    pub times_ms: Vec<i64>,
    /// Grows in the order of arrival; breaks ties of time.
    pub sequences: Vec<u64>,
    /// Empty unless wanted.
    pub properties: Vec<Box<RawValue>>,
    /// The deployment that each row belongs to, if it is known.
    pub releases: Vec<Option<u64>>,
}

impl Events {
    pub fn open(_options: EventsOptions) -> Self {
        unimplemented!("events are on their way")
    }
}
