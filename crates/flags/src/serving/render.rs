//! Answers in OFREP's shapes, written into one buffer from parts that were made with the snapshot.

use serde_json::{Map, Value, json};

use super::rules::Answer;

/// The unchanging parts of a flag's answers.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// `{"key":"…"`
    head: String,
    /// `,"metadata":{…` without its end: what depends on the request follows.
    metadata: String,
    /// `,"variant":"…","value":…` by variant
    variants: Vec<(String, String)>,
}

impl Fragments {
    pub(super) fn new(key: &str, revision: u64, definition: &Value) -> Self {
        let mut metadata = definition.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        metadata.retain(|_, value| value.is_string() || value.is_number() || value.is_boolean());
        // What OpenTelemetry's hooks bring back with each evaluation; the context's id depends on the request.
        metadata.entry("flagSetId").or_insert_with(|| json!("trunkline"));
        metadata.insert("version".into(), json!(revision.to_string()));
        metadata.remove("contextId");
        let mut metadata = format!(",\"metadata\":{}", Value::Object(metadata));
        metadata.pop();
        let none = Map::new();
        let variants = definition.get("variants").and_then(Value::as_object).unwrap_or(&none);
        let variants = variants
            .iter()
            .map(|(name, value)| (name.clone(), format!(",\"variant\":{},\"value\":{value}", json!(name))));
        Self { head: format!("{{\"key\":{}", json!(key)), metadata, variants: variants.collect() }
    }

    fn variant(&self, name: &str) -> Option<&str> {
        self.variants.iter().find(|(known, _)| known == name).map(|(_, fragment)| fragment.as_str())
    }
}

/// A flag that was evaluated.
pub(super) fn success(out: &mut Vec<u8>, answer: &Answer<'_>, unit: &str) {
    let fragments = &answer.entry.fragments;
    let served = answer.evaluation.served.and_then(|served| fragments.variant(served.variant));
    out.extend_from_slice(fragments.head.as_bytes());
    out.extend_from_slice(b",\"reason\":\"");
    out.extend_from_slice(answer.reason.as_bytes());
    out.push(b'"');
    match served {
        Some(fragment) => out.extend_from_slice(fragment.as_bytes()),
        // Some providers read both fields without asking whether they are there.
        None => out.extend_from_slice(b",\"variant\":\"\",\"errorDetails\":\"the code's own default is to be used\""),
    }
    out.extend_from_slice(fragments.metadata.as_bytes());
    if !unit.is_empty() {
        out.extend_from_slice(b",\"contextId\":");
        text(out, unit);
    }
    out.extend_from_slice(b"}}");
}

/// A flag that was not.
pub(super) fn failure(out: &mut Vec<u8>, key: Option<&str>, code: &str, details: &str) {
    out.push(b'{');
    if let Some(key) = key {
        out.extend_from_slice(b"\"key\":");
        text(out, key);
        out.push(b',');
    }
    out.extend_from_slice(b"\"errorCode\":\"");
    out.extend_from_slice(code.as_bytes());
    out.extend_from_slice(b"\",\"errorDetails\":");
    text(out, details);
    out.push(b'}');
}

/// A JSON text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    let is_plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if is_plain {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, text).expect("a text can be written, and memory does not fail");
    }
}
