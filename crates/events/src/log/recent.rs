//! Events as they came, newest first; and what was not taken.

use std::sync::Arc;

use jiff::Timestamp;

use super::Error;
use super::answers::{RecentEvent, Rejection, RejectionCount, Rejections};
use super::identity::Trust;
use super::part::Row;
use super::release::pick;
use super::state::{Shared, State};
use super::stored::{ASIDE, DISTINCT_ID, EVENT, ID, RECEIVED, SOURCE, Stored, source_word};
use crate::record::Aside;

/// So many segments are looked through, the newest first.
const SEGMENTS_MAX: usize = 8;

/// What is asked for.
#[derive(Debug, Default)]
struct Filter {
    /// `key:value` pairs; the key is one that is known.
    pairs: Vec<(Key, String)>,
    words: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Event,
    Person,
    Source,
    Aside,
    Id,
}

const KEYS: [(&str, Key); 5] =
    [("event", Key::Event), ("person", Key::Person), ("source", Key::Source), ("aside", Key::Aside), ("id", Key::Id)];

/// The parts of an event that filters look at.
struct Looked<'a> {
    event: &'a str,
    person: &'a str,
    source: &'a str,
    aside: &'a str,
    id: String,
}

impl Filter {
    fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            let pair = word.split_once(':').and_then(|(key, value)| {
                let (_, key) = KEYS.iter().find(|(known, _)| *known == key)?;
                Some((*key, value.to_owned()))
            });
            match pair {
                Some(pair) => filter.pairs.push(pair),
                None => filter.words.push(word.to_lowercase()),
            }
        }
        filter
    }

    fn takes(&self, looked: &Looked<'_>) -> bool {
        let has = |key: Key| match key {
            Key::Event => looked.event,
            Key::Person => looked.person,
            Key::Source => looked.source,
            Key::Aside => looked.aside,
            Key::Id => &looked.id,
        };
        let is_part = |word: &String| {
            looked.event.to_lowercase().contains(word)
                || looked.person.to_lowercase().contains(word)
                || looked.id == *word
        };
        self.pairs.iter().all(|(key, value)| has(*key) == value) && self.words.iter().all(is_part)
    }
}

fn aside_word(aside: Option<Aside>) -> &'static str {
    match aside {
        None => "no",
        Some(Aside::Synthetic) => "synthetic",
        Some(Aside::Bot) => "bot",
    }
}

/// Blocks while it reads.
pub(super) fn recent(shared: &Shared, filter: &str, limit: usize) -> Result<Vec<RecentEvent>, Error> {
    let filter = Filter::parse(filter);
    let (mut rows, segments) = {
        let state = shared.read();
        let all = state.parts.iter().flat_map(|part| &part.rows);
        let mut rows: Vec<Row> = all.filter(|row| filter.takes(&looked(row))).cloned().collect();
        newest(&mut rows, limit);
        (rows, state.segments.clone())
    };
    let mut segments = segments;
    segments.sort_by_key(|segment| std::cmp::Reverse(segment.row.id));
    if rows.len() < limit {
        for segment in segments.iter().take(SEGMENTS_MAX) {
            rows.extend(of_segment(segment, &filter, limit)?);
        }
        newest(&mut rows, limit);
    }
    let state = shared.read();
    let is_forgotten = |row: &Row| state.forgotten.cover(row.person, row.event.received_ms);
    Ok(rows.into_iter().filter(|row| !is_forgotten(row)).map(|row| shown(&state, row)).collect())
}

fn newest(rows: &mut Vec<Row>, limit: usize) {
    rows.sort_by_key(|row| std::cmp::Reverse((row.event.received_ms, row.sequence)));
    rows.truncate(limit);
}

fn looked(row: &Row) -> Looked<'_> {
    Looked {
        event: &row.event.name,
        person: &row.event.distinct_id,
        source: source_word(row.event.source),
        aside: aside_word(row.event.aside),
        id: row.event.id.to_string(),
    }
}

fn of_segment(segment: &Arc<Stored>, filter: &Filter, limit: usize) -> Result<Vec<Row>, Error> {
    let all = 0..segment.events.rows();
    let received = segment.events.ints(RECEIVED, all.clone())?;
    let (events, persons) =
        (segment.events.texts(EVENT, all.clone())?, segment.events.texts(DISTINCT_ID, all.clone())?);
    let (sources, asides) = (segment.events.texts(SOURCE, all.clone())?, segment.events.ints(ASIDE, all.clone())?);
    let ids = segment.events.ids(ID, all.clone())?;
    let takes = |i: &usize| {
        filter.takes(&Looked {
            event: events[*i].as_str(),
            person: persons[*i].as_str(),
            source: sources[*i].as_str(),
            aside: ["no", "synthetic", "bot"].get(usize::try_from(asides[*i]).unwrap_or(1)).unwrap_or(&"synthetic"),
            id: uuid::Uuid::from_bytes(ids[*i]).to_string(),
        })
    };
    let mut found: Vec<usize> = all.filter(takes).collect();
    found.sort_by_key(|i| std::cmp::Reverse(received[*i]));
    found.truncate(limit);
    let rows = found.into_iter().map(|i| segment.rows(i..i + 1));
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// RFC 3339, or as near as it comes.
pub(super) fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

pub(super) fn shown(state: &State, row: Row) -> RecentEvent {
    let resolution = state.facts.identities.resolved(Trust::Everything);
    let ids = resolution.all(row.person);
    let named: Vec<(i64, u64)> =
        state.releases.named(&row.release).iter().map(|release| (release.from_ms, release.deployment)).collect();
    let time_ms = row.event.time_ms;
    let release = pick(&named, time_ms)
        .or_else(|| state.facts.served_at(&ids, time_ms))
        .or_else(|| state.releases.only_at(time_ms));
    RecentEvent {
        id: row.event.id.to_string(),
        event: row.event.name,
        person: state.name_of(ids[0]).map_or_else(|| row.event.distinct_id.clone(), ToString::to_string),
        distinct_id: row.event.distinct_id,
        at: instant(time_ms),
        received_at: instant(row.event.received_ms),
        source: row.event.source,
        release,
        flags: state.facts.variants_of(&ids, time_ms),
        aside: row.event.aside,
        properties: row.event.properties,
    }
}

pub(super) fn rejections(state: &State, limit: usize, oldest_ms: i64) -> Rejections {
    let young = state.facts.rejected.iter().rev().filter(|rejected| rejected.at_ms >= oldest_ms);
    let items = young.take(limit).map(|rejected| Rejection {
        at: instant(rejected.at_ms),
        source: rejected.source,
        code: rejected.code.clone(),
        reason: rejected.reason.clone(),
        excerpt: rejected.excerpt.clone(),
    });
    let counts = &state.facts.rejected_counts;
    Rejections {
        items: items.collect(),
        counts: counts.iter().map(|(code, count)| RejectionCount { code: code.clone(), count: *count }).collect(),
        unreadable: state.facts.unreadable,
    }
}
