//! Events from files: one JSON document a line, in PostHog's shape.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use columnar::ids::Id;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Error;
use super::answers::{ImportReport, RejectedLine};
use super::state::{Shared, blocking};
use crate::record::{Event, Identity, Record, Source};

const LINE_BYTES_MAX: usize = 1 << 20;
const CHARS_MAX: usize = 200;
const DEPTH_MAX: usize = 64;
const REJECTED_LISTED: usize = 1_000;
/// Records of one append.
const APPENDED_AT_ONCE: usize = 2_000;
const FUTURE_MS_MAX: i64 = 24 * 60 * 60 * 1_000;

/// A line. What else stands in it is not looked at.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(default)]
    uuid: Option<String>,
    event: String,
    distinct_id: String,
    timestamp: String,
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
}

/// Takes all lines; those that cannot be are listed. What is in the log already, or twice in the file, is taken once.
pub(super) async fn import(shared: &Arc<Shared>, lines: &[u8]) -> Result<ImportReport, Error> {
    let now_ms = shared.now_ms();
    let writer = shared.imports().await?;
    let mut report = ImportReport::default();
    let (mut own, mut waiting) = (HashSet::new(), Vec::new());
    for (number, line) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        report.read += 1;
        match records(line, now_ms) {
            Ok((id, records)) if own.insert(id) => waiting.push((id, records)),
            Ok(_) => report.duplicate += 1,
            Err(reason) => {
                report.rejected_count += 1;
                if report.rejected.len() < REJECTED_LISTED {
                    report.rejected.push(RejectedLine { line: number, reason });
                }
            }
        }
        if waiting.len() == APPENDED_AT_ONCE {
            append(shared, &writer, std::mem::take(&mut waiting), &mut report).await?;
        }
    }
    append(shared, &writer, waiting, &mut report).await?;
    shared.caught_up().await?;
    Ok(report)
}

type Waiting = Vec<(Id, Vec<Bytes>)>;

async fn append(
    shared: &Arc<Shared>,
    writer: &columnar::wal::Writer,
    waiting: Waiting,
    report: &mut ImportReport,
) -> Result<(), Error> {
    let ours = Arc::clone(shared);
    let read = waiting.len();
    let new = blocking(move || new_ones(&ours, waiting)).await?;
    report.duplicate += (read - new.len()) as u64;
    report.accepted += new.len() as u64;
    let records: Vec<Bytes> = new.into_iter().flat_map(|(_, records)| records).collect();
    if records.is_empty() { Ok(()) } else { Ok(writer.append(records).await?) }
}

/// Without those that are in the log or in segments.
fn new_ones(shared: &Shared, waiting: Waiting) -> Result<Waiting, Error> {
    // First the tail, then the segments: what moves does so in this direction.
    let in_tail: Vec<bool> = {
        let state = shared.read();
        waiting.iter().map(|(id, _)| state.tail_ids.contains(id)).collect()
    };
    let segments = shared.read().segments.clone();
    let mut new = Vec::with_capacity(waiting.len());
    for ((id, records), mut is_known) in waiting.into_iter().zip(in_tail) {
        for segment in &segments {
            is_known = is_known || segment.ids.contains(&id)?;
        }
        if !is_known {
            new.push((id, records));
        }
    }
    Ok(new)
}

/// The records of a line, with the event's id; or what is wrong with it.
fn records(line: &[u8], now_ms: i64) -> Result<(Id, Vec<Bytes>), String> {
    if line.len() > LINE_BYTES_MAX {
        return Err(format!("the line has {} bytes, at most {LINE_BYTES_MAX} are taken", line.len()));
    }
    let text =
        std::str::from_utf8(line).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to() + 1))?;
    if depth(text) > DEPTH_MAX {
        return Err(format!("it is nested deeper than {DEPTH_MAX}"));
    }
    let parsed: Line<'_> = serde_json::from_str(text).map_err(|error| mistake(&error))?;
    named("event", &parsed.event)?;
    named("distinct_id", &parsed.distinct_id)?;
    let time_ms = time(&parsed.timestamp, now_ms)?;
    let properties = parsed.properties.map_or("{}", RawValue::get);
    if !properties.starts_with('{') {
        return Err("properties is no object".into());
    }
    let id = match &parsed.uuid {
        Some(uuid) => uuid.parse::<Uuid>().map_err(|error| format!("uuid cannot be read: {error}"))?,
        None => content_id(&parsed, time_ms, properties),
    };
    let event = Event {
        id,
        name: parsed.event.clone(),
        distinct_id: parsed.distinct_id.clone(),
        time_ms,
        received_ms: now_ms,
        properties: RawValue::from_string(properties.to_owned()).map_err(|error| mistake(&error))?,
        source: Source::Import,
        token: None,
        role: None,
        deployment: None,
        witness: None,
        aside: None,
    };
    let mut records = vec![Record::Event(event).encode()];
    records.extend(identity(&parsed, id, time_ms, properties).map(|identity| Record::Identity(identity).encode()));
    Ok((id.into_bytes(), records))
}

fn mistake(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("column {}: {what}", error.column())
}

fn named(field: &str, value: &str) -> Result<(), String> {
    match value.chars().count() {
        0 => Err(format!("{field} is empty")),
        chars if chars > CHARS_MAX => Err(format!("{field} has {chars} characters, at most {CHARS_MAX} are taken")),
        _ => Ok(()),
    }
}

fn time(text: &str, now_ms: i64) -> Result<i64, String> {
    let civil = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let parsed = text.parse::<Timestamp>().ok().or_else(|| civil().map(|zoned| zoned.timestamp()));
    let time = parsed
        .ok_or_else(|| format!("timestamp {text:?} is no instant in RFC 3339, for example 2026-11-24T17:00:00Z"))?;
    let time_ms = time.as_millisecond();
    if time_ms > now_ms + FUTURE_MS_MAX {
        return Err(format!("timestamp {text} is more than a day in the future"));
    }
    if time_ms < 0 { Err(format!("timestamp {text} is before 1970")) } else { Ok(time_ms) }
}

/// How deep brackets are nested, outside of texts.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The same line has the same id, whenever it is imported.
fn content_id(line: &Line<'_>, time_ms: i64, properties: &str) -> Uuid {
    let mut hash = Sha256::new();
    for part in [line.event.as_bytes(), line.distinct_id.as_bytes(), &time_ms.to_le_bytes(), properties.as_bytes()] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&bytes[..16]);
    uuid::Builder::from_random_bytes(id).into_uuid()
}

/// What PostHog's own events say of who is who.
fn identity(line: &Line<'_>, event: Uuid, at_ms: i64, properties: &str) -> Option<Identity> {
    let field = match line.event.as_str() {
        "$identify" => "$anon_distinct_id",
        "$create_alias" => "alias",
        _ => return None,
    };
    let properties: serde_json::Value = serde_json::from_str(properties).ok()?;
    let from = properties.get(field)?.as_str().filter(|from| !from.is_empty())?.to_owned();
    let into = line.distinct_id.clone();
    Some(Identity { id: event, from, into, at_ms, source: Source::Import, witness: None, role: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn wrong(line: &str) -> String {
        records(line.as_bytes(), NOW_MS).unwrap_err()
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let with = |time: &str, properties: &str| {
            format!(r#"{{"event":"e","distinct_id":"d","timestamp":"{time}","properties":{properties}}}"#)
        };
        let good = "2026-11-24T17:00:00Z";
        assert!(wrong(&with("9999-01-01T00:00:00Z", "{}")).contains("future"));
        assert!(wrong(&with("yesterday", "{}")).contains("RFC 3339"));
        assert!(wrong(&with(good, r#"{"a":NaN}"#)).contains("column"));
        assert!(wrong(&with(good, "[]")).contains("no object"));
        assert!(wrong(&with(good, &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)))).contains("nested"));
        assert!(wrong("{}").contains("event"));
        assert!(wrong(r#"{"event":"","distinct_id":"d","timestamp":"2026-11-24T17:00:00Z"}"#).contains("empty"));
        assert!(records(b"{\"event\":\"\xff\"}", NOW_MS).unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn the_same_content_has_the_same_id() {
        let line = r#"{"event":"e","distinct_id":"d","timestamp":"2026-11-24T17:00:00Z"}"#;
        let id = |line: &str| records(line.as_bytes(), NOW_MS).unwrap().0;
        assert_eq!(id(line), id(line));
        assert_ne!(id(line), id(&line.replace("17:00", "17:01")));
    }
}
