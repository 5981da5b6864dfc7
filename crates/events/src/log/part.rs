//! The part of the log that is not in segments yet: one file of it, in memory.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::facts::is_probe;
use super::forget::Wishes;
use super::key::{PersonKey, PersonSet};
use crate::record::{Aside, Event, is_vouched_for};

/// The row is believed of whoever it names.
pub(super) const VOUCHED: u64 = 0;
/// Nobody vouches for it.
pub(super) const UNVOUCHED: u64 = 1;

/// An event with what is derived from it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) person: u64,
    pub(super) sequence: u64,
    /// The release that its properties name, or nothing.
    pub(super) release: String,
    /// [`VOUCHED`], [`UNVOUCHED`], or the key of the person whose cookie came with it.
    pub(super) vouch: u64,
    pub(super) event: Event,
}

impl Row {
    /// Whose cookie came with it is forgotten with that person; gives the person's key then.
    fn forget_witness(&mut self, wishes: &Wishes, key: &PersonKey) -> Option<u64> {
        let witness = key.of(self.event.witness.as_deref()?);
        if !wishes.cover(witness, self.event.received_ms) {
            return None;
        }
        self.event.witness = None;
        if self.vouch == witness {
            self.vouch = UNVOUCHED;
        }
        Some(witness)
    }
}

/// One log file's records.
#[derive(Debug)]
pub(super) struct Part {
    /// Which log, and which file of it.
    pub(super) log: usize,
    pub(super) file: u64,
    pub(super) rows: Vec<Row>,
    /// Persons and places of the rows of each event: looked through without the rows themselves, which are large.
    pub(super) by_name: HashMap<String, Vec<(u64, usize)>>,
    /// Records that are no events, as they came.
    pub(super) others: Vec<Bytes>,
    /// Persons to be forgotten of whom the file has something.
    pub(super) forgotten: PersonSet,
    records: u64,
}

impl Part {
    pub(super) fn new(log: usize, file: u64) -> Self {
        let (rows, by_name, others) = (Vec::new(), HashMap::new(), Vec::new());
        Self { log, file, rows, by_name, others, forgotten: PersonSet::default(), records: 0 }
    }

    /// Takes an event that nobody has seen before.
    pub(super) fn add(&mut self, key: &PersonKey, event: Event, wishes: &Wishes) {
        let mut row = row(key, event, self.records);
        self.forgotten.extend(row.forget_witness(wishes, key));
        self.records += 1;
        let place = (row.person, self.rows.len());
        match self.by_name.get_mut(&row.event.name) {
            Some(places) => places.push(place),
            None => drop(self.by_name.insert(row.event.name.clone(), vec![place])),
        }
        self.rows.push(row);
    }

    /// Takes rows out, and what their cookies said of others' rows.
    pub(super) fn forget(&mut self, wishes: &Wishes, key: &PersonKey) {
        let rows = std::mem::take(&mut self.rows);
        self.by_name.clear();
        for mut row in rows {
            if wishes.cover(row.person, row.event.received_ms) {
                self.forgotten.insert(row.person);
                continue;
            }
            self.forgotten.extend(row.forget_witness(wishes, key));
            self.by_name.entry(row.event.name.clone()).or_default().push((row.person, self.rows.len()));
            self.rows.push(row);
        }
    }
}

/// Arrival is the order of sequences: the instant, and within it the place in the file. The same after every restart.
fn row(key: &PersonKey, mut event: Event, place: u64) -> Row {
    const PLACES: u64 = 1 << 20;
    if is_probe(&event.distinct_id) {
        event.aside = Some(Aside::Synthetic);
    }
    let person = key.of(&event.distinct_id);
    let vouch = match &event.witness {
        _ if is_vouched_for(event.role, event.witness.as_deref(), &event.distinct_id) => VOUCHED,
        Some(witness) => key.of(witness).max(UNVOUCHED + 1),
        None => UNVOUCHED,
    };
    let sequence = event.received_ms.max(0).cast_unsigned() * PLACES + place % PLACES;
    Row { person, sequence, release: release(event.properties.get()), vouch, event }
}

/// Properties that name the release, the stronger ones first.
#[derive(Debug, Default, Deserialize)]
struct Named {
    #[serde(rename = "$release")]
    release: Option<Value>,
    #[serde(rename = "service.version")]
    service_version: Option<Value>,
    #[serde(rename = "$app_version")]
    app_version: Option<Value>,
}

fn release(properties: &str) -> String {
    let is_named =
        ["\"$release\"", "\"service.version\"", "\"$app_version\""].iter().any(|name| properties.contains(name));
    if !is_named {
        return String::new();
    }
    let named: Named = serde_json::from_str(properties).unwrap_or_default();
    let mut words = [named.release, named.service_version, named.app_version].into_iter().flatten();
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    words.find_map(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_named_by_the_strongest_property() {
        assert_eq!(release(r#"{"$app_version": "1.2", "$release": 47}"#), "47");
        assert_eq!(release(r#"{"service.version": "abcdef1"}"#), "abcdef1");
        assert_eq!(release(r#"{"a": {"$release": 1}}"#), "");
        assert_eq!(release("{}"), "");
    }
}
