//! One person: what is known of them, shown and given out.

use serde_json::json;

use super::Error;
use super::answers::PersonView;
use super::identity::Trust;
use super::key::PersonSet;
use super::part::Row;
use super::recent::{instant, shown};
use super::state::{Shared, State};
use super::{forget, stored::Stored};
use crate::record::Record;

/// Their rows of log and segments, in order of time.
fn rows(shared: &Shared, keys: &PersonSet) -> Result<Vec<Row>, Error> {
    let (mut rows, segments, forgotten) = {
        let state = shared.read();
        let tail = state.parts.iter().flat_map(|part| &part.rows).filter(|row| keys.contains(&row.person));
        let rows: Vec<Row> = tail.cloned().collect();
        (rows, state.segments.clone(), state.forgotten.clone())
    };
    for segment in &segments {
        rows.extend(segment.of_persons(keys)?);
    }
    rows.retain(|row| !forgotten.cover(row.person, row.event.received_ms));
    rows.sort_by_key(|row| (row.event.time_ms, row.sequence));
    Ok(rows)
}

fn keys(state: &State, id: &str) -> Vec<u64> {
    state.facts.identities.resolved(Trust::Everything).all(state.key().of(id))
}

/// `None` if nothing is known of them. Blocks while it reads.
pub(super) fn view(shared: &Shared, id: &str) -> Result<Option<PersonView>, Error> {
    let keys = keys(&shared.read(), id);
    let rows = rows(shared, &keys.iter().copied().collect())?;
    let state = shared.read();
    let mut ids: Vec<String> = keys.iter().filter_map(|key| state.name_of(*key)).map(ToString::to_string).collect();
    if ids.is_empty() && rows.is_empty() {
        return Ok(None);
    }
    let person = ids.first().cloned().unwrap_or_else(|| id.to_owned());
    ids.sort_unstable();
    Ok(Some(PersonView {
        id: person,
        ids,
        events: rows.len() as u64,
        first_at: rows.first().map(|row| instant(row.event.time_ms)),
        last_at: rows.last().map(|row| instant(row.event.time_ms)),
        witnessed: state.facts.is_witnessed(&keys),
        flags: state.facts.variants_of(&keys, i64::MAX),
    }))
}

/// Everything, one JSON document a line: events first, then the other records. Blocks while it reads.
pub(super) fn export(shared: &Shared, id: &str) -> Result<String, Error> {
    let keys: PersonSet = keys(&shared.read(), id).into_iter().collect();
    let rows = rows(shared, &keys)?;
    let mut lines = String::new();
    let mut line = |value: &serde_json::Value| {
        lines.push_str(&value.to_string());
        lines.push('\n');
    };
    let segments = {
        let state = shared.read();
        for row in rows {
            line(&json!({ "kind": "event", "event": shown(&state, row) }));
        }
        state.segments.clone()
    };
    let mut others = Vec::new();
    for segment in &segments {
        others.extend(Stored::others(segment)?);
    }
    let state = shared.read();
    others.extend(state.parts.iter().flat_map(|part| part.others.iter().cloned()));
    let key = state.key();
    for record in others.iter().filter_map(|bytes| Record::decode(bytes).ok()) {
        if forget::mentioned(&record).any(|id| keys.contains(&key.of(id))) {
            line(&json!({ "kind": "record", "record": record }));
        }
    }
    Ok(lines)
}
