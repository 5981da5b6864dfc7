//! OpenTelemetry logs over HTTP (`/v1/logs`), in JSON and protobuf: log records that are events.
//!
//! `feature_flag.evaluation` (OpenTelemetry's semantic conventions for feature flags) tells who was given which variant. Any other
//! record with an event name is an event; a record without one is a log line, which is not ours to keep.

use std::borrow::Cow;

use super::json::{Broken, Parts};
use super::time::Told;
use super::{Batch, DEPTH_MAX, Given, Item, PROPERTIES_MAX, Properties, Refusal, Sent, Sighting};

mod message;
mod text;

use message::{AnyValue, KeyValue, LogRecord, Request, Value};
pub(crate) use message::{PartialSuccess, Response, Status};

const EVALUATION: &str = "feature_flag.evaluation";
/// Attributes that say whose event it is, the most explicit first.
const IDS: [&str; 5] = ["distinct_id", "user.id", "enduser.id", "enduser.pseudo.id", "session.id"];
const NAME: &str = "event.name";
/// OpenTelemetry's attribute for the id of a record.
const ID: &str = "log.record.uid";

/// Cuts a protobuf body.
pub(crate) fn protobuf(body: &[u8], most: usize) -> Result<Batch<'static>, Refusal> {
    let request = <Request as prost::Message>::decode(body).map_err(|error| {
        Refusal::new("invalid_protobuf", format!("the body is no ExportLogsServiceRequest: {error}"))
    })?;
    let mut batch = Batch::default();
    for resource_logs in request.resource_logs {
        let shared = shared(resource_logs.resource.map(|resource| resource.attributes).unwrap_or_default());
        for record in resource_logs.scope_logs.into_iter().flat_map(|scope_logs| scope_logs.log_records) {
            push(&mut batch, b"", Ok(record), &shared, most)?;
        }
    }
    Ok(batch)
}

/// Cuts a JSON body.
pub(crate) fn json(body: &[u8], most: usize) -> Result<Batch<'_>, Refusal> {
    let broken = |broken: Broken| {
        Refusal::new("invalid_json", format!("the body is no ExportLogsServiceRequest in JSON: {broken}"))
    };
    let mut batch = Batch::default();
    each(body, b"resourceLogs", |resource_logs| {
        let mut attributes = Vec::new();
        let mut parts = Parts::object(resource_logs)?;
        while let Some(member) = parts.member()? {
            if member.key == b"resource" {
                attributes =
                    serde_json::from_slice::<message::Resource>(member.value).map(|r| r.attributes).unwrap_or_default();
            }
        }
        let shared = shared(attributes);
        each(resource_logs, b"scopeLogs", |scope_logs| {
            each(scope_logs, b"logRecords", |raw| {
                let record = super::object(raw);
                Ok(push(&mut batch, raw, record, &shared, most))
            })
        })
    })
    .map_err(broken)??;
    Ok(batch)
}

/// Does something with each element of the array under `key`, until it refuses.
fn each<'a>(
    object: &'a [u8],
    key: &[u8],
    mut act: impl FnMut(&'a [u8]) -> Result<Result<(), Refusal>, Broken>,
) -> Result<Result<(), Refusal>, Broken> {
    let mut members = Parts::object(object)?;
    while let Some(member) = members.member()? {
        if member.key != key || member.value == b"null" {
            continue;
        }
        let mut elements = Parts::array(member.value)?;
        while let Some(element) = elements.element()? {
            if let Err(refusal) = act(element)? {
                return Ok(Err(refusal));
            }
        }
    }
    Ok(Ok(()))
}

/// Of the resource's attributes, those that tell of the service and its release.
fn shared(attributes: Vec<KeyValue>) -> Vec<KeyValue> {
    attributes.into_iter().filter(|attribute| attribute.key.starts_with("service.")).collect()
}

fn push<'a>(
    batch: &mut Batch<'a>,
    raw: &'a [u8],
    record: Result<LogRecord, Refusal>,
    shared: &[KeyValue],
    most: usize,
) -> Result<(), Refusal> {
    if batch.items.len() == most {
        return Err(super::too_many(most));
    }
    let what = record.and_then(|record| sighting(&record, shared));
    batch.items.push(Item { raw, key: None, what });
    Ok(())
}

fn sighting(record: &LogRecord, shared: &[KeyValue]) -> Result<Sighting<'static>, Refusal> {
    let name = if record.event_name.is_empty() {
        record.text(NAME).unwrap_or_default()
    } else {
        record.event_name.clone().into()
    };
    if name.is_empty() {
        let reason = "the log record has no event name, so it is a log line and no event; send `eventName`, or keep log lines elsewhere";
        return Err(Refusal::new("no_event", reason));
    }
    let nanos = if record.time_unix_nano == 0 { record.observed_time_unix_nano } else { record.time_unix_nano };
    let ms = i64::try_from(nanos / 1_000_000).ok().filter(|ms| *ms > 0);
    let time = Told { at_ms: ms, ..Told::default() };
    if name == EVALUATION {
        return given(record, time).map(|given| Sighting::Exposure(Box::new(given)));
    }
    Ok(Sighting::Event(Box::new(Sent {
        id: record.text(ID),
        name,
        distinct_id: record.first(&IDS),
        time,
        properties: properties(record, shared)?,
        alias: None,
        exposure: None,
    })))
}

fn given(record: &LogRecord, time: Told) -> Result<Given<'static>, Refusal> {
    let missing = |name: &str| {
        Refusal::new(
            "incomplete_evaluation",
            format!("the evaluation has no {name}; let OpenFeature's OpenTelemetry hook send it"),
        )
    };
    if let Some(error) = record.text("error.type") {
        return Err(Refusal::new(
            "failed_evaluation",
            format!("the evaluation failed with `{error}`, so that nobody was given a variant"),
        ));
    }
    let mut of_unit = vec!["feature_flag.context.id"];
    of_unit.extend(IDS);
    let reason = record.first(&["feature_flag.result.reason", "feature_flag.evaluation.reason"]);
    Ok(Given {
        flag: record.text("feature_flag.key").ok_or_else(|| missing("feature_flag.key"))?,
        variant: record
            .first(&["feature_flag.result.variant", "feature_flag.variant"])
            .ok_or_else(|| missing("feature_flag.result.variant"))?,
        unit: Some(record.first(&of_unit).ok_or_else(|| missing("feature_flag.context.id"))?),
        reason: reason.map_or_else(|| "UNKNOWN".to_owned(), |reason| reason.to_ascii_uppercase()),
        revision: record.text("feature_flag.version").and_then(|version| version.parse().ok()).unwrap_or_default(),
        time,
    })
}

fn properties(record: &LogRecord, shared: &[KeyValue]) -> Result<Properties<'static>, Refusal> {
    let count = record.attributes.len();
    if count > PROPERTIES_MAX {
        let reason = format!(
            "the record has {count} attributes, more than {PROPERTIES_MAX}; put what belongs together into one"
        );
        return Err(Refusal::new("too_many_properties", reason));
    }
    let mut properties = Properties::default();
    for attribute in record.attributes.iter().filter(|attribute| attribute.key != NAME) {
        push_value(&mut properties, &attribute.key, attribute.value.as_ref())?;
    }
    for attribute in shared.iter().filter(|shared| record.attributes.iter().all(|own| own.key != shared.key)) {
        push_value(&mut properties, &attribute.key, attribute.value.as_ref())?;
    }
    if record.body.as_ref().is_some_and(|body| body.value.is_some()) {
        push_value(&mut properties, "body", record.body.as_ref())?;
    }
    for (key, id) in [("trace_id", &record.trace_id), ("span_id", &record.span_id)] {
        if !id.is_empty() {
            properties.push(key, &hex::encode(id));
        }
    }
    Ok(properties)
}

fn push_value(properties: &mut Properties<'_>, key: &str, value: Option<&AnyValue>) -> Result<(), Refusal> {
    let mut json = String::new();
    text::write(value.and_then(|value| value.value.as_ref()), &mut json, DEPTH_MAX - 1)?;
    properties.push_raw(key, &json);
    Ok(())
}

impl LogRecord {
    /// An attribute that is a text or a number, as text.
    fn text(&self, key: &str) -> Option<Cow<'static, str>> {
        let value = self.attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text.into())
    }

    fn first(&self, keys: &[&str]) -> Option<Cow<'static, str>> {
        keys.iter().find_map(|key| self.text(key))
    }
}

#[cfg(test)]
mod tests;
