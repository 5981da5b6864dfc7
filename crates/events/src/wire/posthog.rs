//! PostHog's capture: v0 (`/batch/`, `/capture/`, `/e/`, `/i/v0/e/`) and v1 (`/i/v1/analytics/events`).
//!
//! v0 is one event, an array of them, or `{api_key, batch, sent_at}`; the token may stand in each of several places. v1 is a batch
//! whose token and clock are in headers. The events themselves differ little.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{self, Broken, Parts};
use super::time::{self, Told};
use super::{Batch, Given, Item, Refusal, Sent, Sighting};

mod known;

use known::Known;

/// How posthog-js knows the flags that say whom a survey is for; it tells of no others that it asked for them.
const SURVEY_TARGETING: &str = "survey-targeting-";

/// An event as it is sent, in v0 or v1.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Event<'a> {
    #[serde(rename = "event")]
    name: Option<&'a RawValue>,
    uuid: Option<&'a RawValue>,
    #[serde(alias = "$distinct_id")]
    distinct_id: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    offset: Option<&'a RawValue>,
    sent_at: Option<&'a RawValue>,
    properties: Option<&'a RawValue>,
    #[serde(rename = "$set")]
    set: Option<&'a RawValue>,
    #[serde(rename = "$set_once")]
    set_once: Option<&'a RawValue>,
    session_id: Option<&'a RawValue>,
    window_id: Option<&'a RawValue>,
}

/// Cuts a body of v0. `sent_ms` is the sender's clock if the query told it; `most` bounds the events.
pub(crate) fn v0(body: &[u8], sent_ms: Option<i64>, most: usize) -> Result<Batch<'_>, Refusal> {
    let mut batch = Batch::default();
    if body.trim_ascii_start().first() == Some(&b'[') {
        push_all(&mut batch, body, sent_ms, most)?;
        return Ok(batch);
    }
    let envelope = Envelope::read(body).map_err(broken)?;
    batch.token = envelope.token;
    let sent_ms = envelope.sent_ms.or(sent_ms);
    match envelope.batch {
        Some(events) => push_all(&mut batch, events, sent_ms, most)?,
        None => push(&mut batch, body, sent_ms),
    }
    Ok(batch)
}

/// Cuts a body of v1. `sent_ms` is the sender's clock, from its header.
pub(crate) fn v1(body: &[u8], sent_ms: Option<i64>, most: usize) -> Result<Batch<'_>, Refusal> {
    let mut batch = Batch::default();
    let envelope = Envelope::read(body).map_err(broken)?;
    let events = envelope
        .batch
        .ok_or_else(|| Refusal::new("missing_batch", "the body has no `batch`; send an array of events"))?;
    push_all(&mut batch, events, sent_ms, most)?;
    Ok(batch)
}

/// What stands around the events.
#[derive(Debug, Default)]
struct Envelope<'a> {
    token: Option<Cow<'a, str>>,
    batch: Option<&'a [u8]>,
    sent_ms: Option<i64>,
}

impl<'a> Envelope<'a> {
    fn read(body: &'a [u8]) -> Result<Self, Broken> {
        let mut envelope = Self::default();
        let mut parts = Parts::object(body)?;
        while let Some(member) = parts.member()? {
            let text = || std::str::from_utf8(member.value).ok().and_then(|value| json::text(value).ok().flatten());
            match member.key {
                b"api_key" | b"token" => envelope.token = text().or(envelope.token),
                b"batch" if member.value != b"null" => envelope.batch = Some(member.value),
                b"sent_at" | b"sentAt" => envelope.sent_ms = text().and_then(|text| time::parse(&text)),
                _ => {}
            }
        }
        Ok(envelope)
    }
}

fn push_all<'a>(batch: &mut Batch<'a>, events: &'a [u8], sent_ms: Option<i64>, most: usize) -> Result<(), Refusal> {
    let mut parts = Parts::array(events).map_err(broken)?;
    while let Some(event) = parts.element().map_err(broken)? {
        if batch.items.len() == most {
            return Err(super::too_many(most));
        }
        push(batch, event, sent_ms);
    }
    Ok(())
}

fn push<'a>(batch: &mut Batch<'a>, raw: &'a [u8], sent_ms: Option<i64>) {
    let event: Event<'a> = match super::object(raw) {
        Ok(event) => event,
        Err(refusal) => {
            batch.items.push(Item { raw, key: None, what: Err(refusal) });
            return;
        }
    };
    let key = event.uuid.and_then(|uuid| json::text(uuid.get()).ok().flatten());
    let what = Known::of(event.properties).and_then(|known| {
        batch.token = batch.token.take().or_else(|| known.token.clone());
        sent(&event, known, sent_ms)
    });
    batch.items.push(Item { raw, key, what: what.map(|sent| Sighting::Event(Box::new(sent))) });
}

fn sent<'a>(event: &Event<'a>, known: Known<'a>, sent_ms: Option<i64>) -> Result<Sent<'a>, Refusal> {
    let raw = |value: Option<&'a RawValue>| value.map(RawValue::get);
    let name = json::field("event", raw(event.name))?.unwrap_or_default();
    let id = json::field("uuid", raw(event.uuid))?.filter(|id| !id.is_empty());
    let distinct_id = json::field("distinct_id", raw(event.distinct_id))?.or(known.distinct_id);
    let ago_ms = json::field("offset", raw(event.offset))?.and_then(|text| text.parse::<f64>().ok());
    let sent_ms = time::field("sent_at", raw(event.sent_at))?.or(sent_ms);
    #[expect(clippy::cast_possible_truncation, reason = "a number of milliseconds; `as` saturates")]
    let time = Told {
        at_ms: time::field("timestamp", raw(event.timestamp))?,
        sent_ms: if known.ignores_sent_at { None } else { sent_ms },
        ago_ms: ago_ms.map(|ms| ms as i64),
    };
    let mut properties = known.properties;
    let extras = [
        ("$set", event.set),
        ("$set_once", event.set_once),
        ("$session_id", event.session_id),
        ("$window_id", event.window_id),
    ];
    for (key, value) in extras {
        if let Some(value) = value {
            properties.push_raw(key, value.get());
        }
    }
    let (alias, exposure) = match name.as_ref() {
        "$identify" => (known.anonymous, None),
        "$create_alias" | "$merge_dangerously" => (known.alias, None),
        "$feature_flag_called" => (None, known.exposure),
        _ => (None, None),
    };
    // Whom a survey is for is asked like a flag; nobody is exposed to anything by that.
    let is_flag = |given: &Given<'_>| !given.flag.is_empty() && !given.flag.starts_with(SURVEY_TARGETING);
    let exposure = exposure.filter(|given| is_flag(given) && !given.variant.is_empty());
    Ok(Sent { id, name, distinct_id, time, properties, alias, exposure: exposure.map(|given| Given { time, ..given }) })
}

fn broken(broken: Broken) -> Refusal {
    Refusal::new("invalid_json", format!("the body is no JSON that holds events: {broken}"))
}

#[cfg(test)]
mod tests;
