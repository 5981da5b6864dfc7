//! Events straight into the bytes of their records, without building them: the same bytes as [`Record::encode`]'s.

use serde::Serialize;
use uuid::Uuid;

use crate::record::{Aside, Source};

/// An event that borrows what was sent. Fields as in [`crate::record::Event`].
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) id: Uuid,
    pub(super) name: &'a str,
    pub(super) distinct_id: &'a str,
    pub(super) time_ms: i64,
    pub(super) received_ms: i64,
    pub(super) properties: &'a [u8],
    pub(super) about: About<'a>,
    pub(super) aside: Option<Aside>,
}

/// What all events of a request have in common.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct About<'a> {
    pub(super) source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<access::Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deployment: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) witness: Option<&'a str>,
}

impl Event<'_> {
    /// Appends the record.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"1{\"k\":\"event\",\"id\":\"");
        out.extend_from_slice(self.id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
        out.extend_from_slice(b"\",\"name\":");
        json(out, &self.name);
        out.extend_from_slice(b",\"distinct_id\":");
        json(out, &self.distinct_id);
        out.extend_from_slice(b",\"time_ms\":");
        json(out, &self.time_ms);
        out.extend_from_slice(b",\"received_ms\":");
        json(out, &self.received_ms);
        out.extend_from_slice(b",\"properties\":");
        out.extend_from_slice(self.properties);
        out.push(b',');
        let about = out.len();
        json(out, &self.about);
        // The members of `about` go on in the same object.
        out.remove(about);
        if let Some(aside) = self.aside {
            out.pop();
            out.extend_from_slice(b",\"aside\":");
            json(out, &aside);
            out.push(b'}');
        }
    }
}

fn json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("texts and numbers are written to memory");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{self, Record};

    #[test]
    fn the_bytes_are_those_of_the_record() {
        let full = About {
            source: Source::Segment,
            token: Some("t"),
            role: Some(access::Role::Client),
            deployment: Some(7),
            witness: Some("w\""),
        };
        let bare = About { source: Source::Otlp, token: None, role: None, deployment: None, witness: None };
        for (about, aside) in [(full, Some(Aside::Bot)), (full, None), (bare, None), (bare, Some(Aside::Synthetic))] {
            let event = Event {
                id: Uuid::from_u128(1),
                name: "näme \"x\"\n",
                distinct_id: "ann",
                time_ms: -1,
                received_ms: 2,
                properties: br#"{"a": [1]}"#,
                about,
                aside,
            };
            let mut written = Vec::new();
            event.write(&mut written);
            let record = Record::Event(record::Event {
                id: event.id,
                name: event.name.into(),
                distinct_id: event.distinct_id.into(),
                time_ms: event.time_ms,
                received_ms: event.received_ms,
                properties: serde_json::from_slice(event.properties).unwrap(),
                source: about.source,
                token: about.token.map(Into::into),
                role: about.role,
                deployment: about.deployment,
                witness: about.witness.map(Into::into),
                aside,
            });
            assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(record.encode().to_vec()).unwrap());
        }
    }
}
