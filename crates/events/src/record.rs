//! What is in the log: one record is one thing that was seen, in JSON after a version byte.
//!
//! Wire rule: written by the edge, read by the control plane, perhaps of another release. Fields are only added, with a
//! default that means "as before"; a kind or version that a reader does not know is kept aside and counted, never dropped.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The first byte of every record.
const VERSION: u8 = b'1';

/// One thing that was seen.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub enum Record {
    Event(Event),
    Identity(Identity),
    Exposure(Exposure),
    Served(Served),
    Rejected(Rejected),
    /// The person's events, ids and exposures up to `at_ms` are to vanish.
    Forget(Forget),
    Unlink(Unlink),
}

/// Two ids are two persons, whatever was said before `at_ms`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unlink {
    pub from: String,
    pub into: String,
    pub at_ms: i64,
}

/// A person who is to be forgotten.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forget {
    pub person: String,
    pub at_ms: i64,
}

/// Only the kind of a record. (Serde cannot read an enum by its tag when raw JSON is in it, so kind and content are read
/// one after the other.)
#[derive(Deserialize)]
struct Kind<'a> {
    k: &'a str,
}

/// Something a customer did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// From the sender, else made from the content, so that what is sent twice is one event.
    pub id: Uuid,
    pub name: String,
    pub distinct_id: String,
    /// When it happened, corrected for a clock that is wrong (milliseconds since 1970).
    pub time_ms: i64,
    /// When we took it.
    pub received_ms: i64,
    /// An object, as it was sent.
    pub properties: Box<RawValue>,
    pub source: Source,
    /// The id of the token that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What that token may do: a client's word about others is not believed, see [`is_vouched_for`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<access::Role>,
    /// The deployment whose own token it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<u64>,
    /// The person of the signed cookie that came with it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// Why it is left out of every metric, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
}

/// Why an event is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// A probe did it.
    Synthetic,
    /// A program that says so of itself did it.
    Bot,
}

/// The format in which something came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    PosthogV0,
    PosthogV1,
    Segment,
    Otlp,
    Import,
    /// The edge itself saw it.
    Edge,
    /// Flag evaluation saw it.
    Ofrep,
}

/// Two ids are one person from now on. Kept as a fact, so that it can be undone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Identity {
    pub id: Uuid,
    /// The id that is subsumed, usually anonymous.
    pub from: String,
    /// The id that stays.
    pub into: String,
    pub at_ms: i64,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// What the token may do that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<access::Role>,
}

/// A flag's variant was given to somebody. Once per unit, flag, variant and day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exposure {
    pub flag: String,
    pub variant: String,
    /// `visitor` or `user`
    pub unit_kind: String,
    /// The targeting key.
    pub unit: String,
    pub at_ms: i64,
    /// OpenFeature's word, for example `SPLIT`.
    pub reason: String,
    /// The flag's revision.
    pub revision: u64,
    /// Algorithm, seed and cut points of the split that decided, if one did: enough to do it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    pub source: Source,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
    /// The person of the signed cookie that came with it, if it was told by a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// What the token may do that it came with; none when we evaluated the flag ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<access::Role>,
}

/// Whether a claim about the person `id` may move what is told of witnessed persons: the edge saw it itself or the
/// product's own process says so, or it came with that person's signed cookie. A client token alone proves nothing.
/// The cookie's person may be another id of the same person: `id` and `witness` are compared after they are resolved.
pub fn is_vouched_for(role: Option<access::Role>, witness: Option<&str>, id: &str) -> bool {
    role != Some(access::Role::Client) || witness == Some(id)
}

/// The edge gave a person a deployment of a service for the first time, or another than the last time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Served {
    pub person: String,
    pub service: String,
    pub deployment: u64,
    pub at_ms: i64,
    /// Their signed cookie had come back.
    pub witnessed: bool,
}

/// Something that was sent and not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rejected {
    pub at_ms: i64,
    pub source: Source,
    /// A word for counting, for example `invalid_timestamp`.
    pub code: String,
    /// What is wrong, where, and a hint.
    pub reason: String,
    /// The beginning of what was sent, at most 500 characters.
    pub excerpt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A record that this release cannot read.
#[derive(Debug, thiserror::Error)]
#[error("a record of the event log cannot be read: {why}")]
pub struct Unreadable {
    pub why: String,
}

impl Record {
    /// As it goes into the log.
    pub fn encode(&self) -> Bytes {
        let mut bytes = vec![VERSION];
        serde_json::to_writer(&mut bytes, self).expect("our own types have string keys and memory does not fail");
        bytes.into()
    }

    /// As it came out of the log.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        match bytes.split_first() {
            Some((&VERSION, json)) => read(json),
            Some((version, _)) => Err(Unreadable { why: format!("version {version} is newer than this release") }),
            None => Err(Unreadable { why: "it is empty".into() }),
        }
    }
}

fn read(json: &[u8]) -> Result<Record, Unreadable> {
    let unreadable = |e: serde_json::Error| Unreadable { why: e.to_string() };
    let Kind { k } = serde_json::from_slice(json).map_err(unreadable)?;
    let record = match k {
        "event" => serde_json::from_slice(json).map(Record::Event),
        "identity" => serde_json::from_slice(json).map(Record::Identity),
        "exposure" => serde_json::from_slice(json).map(Record::Exposure),
        "served" => serde_json::from_slice(json).map(Record::Served),
        "rejected" => serde_json::from_slice(json).map(Record::Rejected),
        "forget" => serde_json::from_slice(json).map(Record::Forget),
        "unlink" => serde_json::from_slice(json).map(Record::Unlink),
        _ => return Err(Unreadable { why: format!("kind {k} is newer than this release") }),
    };
    record.map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_out_of_the_log_as_it_went_in() {
        let json = r#"1{"k":"event","id":"00000000-0000-0000-0000-000000000001","name":"n","distinct_id":"d","time_ms":1,"received_ms":2,"properties":{"a": [1]},"source":"segment"}"#;
        let record = Record::decode(json.as_bytes()).unwrap();
        assert_eq!(record.encode(), json.as_bytes());
    }
}
