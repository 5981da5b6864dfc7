//! From what was sent to records: judges each item by itself, and gathers what goes into the log as one unit.

use std::borrow::Cow;

use access::{Bearer, Role};
use bytes::Bytes;

use super::encode::{About, Event};
use super::{Arrival, Inner, VERIFIER, bots, exposure_key, hash};
use crate::record::{Aside, Exposure, Identity, Record, Rejected, Source};
use crate::wire::{Batch, Given, Item, Refusal, Sent, Sighting, id, rules};

const EXCERPT_CHARS_MAX: usize = 500;

/// Who sent it, and how it came.
#[derive(Debug)]
pub(super) struct Sender<'a> {
    pub(super) bearer: &'a Bearer,
    /// The token itself, so that no excerpt shows it.
    pub(super) token: &'a str,
    pub(super) arrival: &'a Arrival,
    pub(super) user_agent: Option<&'a str>,
    pub(super) source: Source,
}

/// What became of a request's items.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Events and exposures that are taken.
    pub(super) taken: usize,
    pub(super) refused: Vec<(usize, Refusal)>,
    /// The names that the answer has for the items, in their order.
    pub(super) keys: Vec<Option<String>>,
}

/// What goes into the log when the request is taken.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) outcome: Outcome,
    pub(super) records: Vec<Bytes>,
    pub(super) rejections: Vec<Bytes>,
    /// What is said for the first time today, if it comes into the log.
    pub(super) claimed: Vec<u64>,
}

/// Judges a batch.
pub(super) fn gather(inner: &Inner, batch: &Batch<'_>, sender: &Sender<'_>, received_ms: i64) -> Gathered {
    let mut intake = Intake::new(inner, sender, received_ms);
    let mut outcome = Outcome::default();
    let mut rejections = Vec::new();
    for (n, item) in batch.items.iter().enumerate() {
        match intake.take(item) {
            Ok(()) => outcome.taken += 1,
            Err(refusal) => {
                if inner.may_tell_rejection(&sender.bearer.id, received_ms) {
                    rejections.push(rejected(sender, item.raw, &refusal, received_ms));
                }
                outcome.refused.push((n, refusal));
            }
        }
        outcome.keys.push(item.key.as_ref().map(|key| key.as_ref().to_owned()));
    }
    Gathered { outcome, records: intake.records(), rejections, claimed: intake.claimed }
}

/// The record of something that was not taken.
pub(super) fn rejected(sender: &Sender<'_>, raw: &[u8], refusal: &Refusal, at_ms: i64) -> Bytes {
    let begin = &raw[..raw.len().min(EXCERPT_CHARS_MAX * 4)];
    let text = String::from_utf8_lossy(begin).replace(sender.token, "…");
    let rejected = Rejected {
        at_ms,
        source: sender.source,
        code: refusal.code.into(),
        reason: refusal.reason.clone(),
        excerpt: text.chars().take(EXCERPT_CHARS_MAX).collect(),
        token: Some(sender.bearer.id.clone()),
    };
    Record::Rejected(rejected).encode()
}

struct Intake<'a> {
    inner: &'a Inner,
    sender: &'a Sender<'a>,
    about: About<'a>,
    received_ms: i64,
    /// All records one after the other, and where each ends: one allocation for a request.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    properties: Vec<u8>,
    claimed: Vec<u64>,
}

impl<'a> Intake<'a> {
    fn new(inner: &'a Inner, sender: &'a Sender<'a>, received_ms: i64) -> Self {
        let about = About {
            source: sender.source,
            token: Some(&sender.bearer.id),
            role: Some(sender.bearer.role),
            deployment: sender.bearer.deployment,
            witness: sender.arrival.witness.as_deref(),
        };
        Self {
            inner,
            sender,
            about,
            received_ms,
            bytes: Vec::new(),
            ends: Vec::new(),
            properties: Vec::new(),
            claimed: Vec::new(),
        }
    }

    fn take(&mut self, item: &Item<'_>) -> Result<(), Refusal> {
        let most = self.inner.limits.event_bytes;
        if item.raw.len() > most {
            let reason =
                format!("the event has {} bytes, more than {most}; leave large properties out", item.raw.len());
            return Err(Refusal::new("event_too_large", reason));
        }
        match item.what.as_ref().map_err(Clone::clone)? {
            Sighting::Event(sent) => self.event(sent),
            Sighting::Exposure(given) => {
                let unit = rules::distinct_id(given.unit.as_ref())?;
                self.exposure(given, unit, given.time.by_our_clock(self.received_ms)?);
                Ok(())
            }
        }
    }

    fn event(&mut self, sent: &Sent<'_>) -> Result<(), Refusal> {
        let name = rules::name(&sent.name)?;
        let distinct_id = rules::distinct_id(sent.distinct_id.as_ref())?;
        let time_ms = sent.time.by_our_clock(self.received_ms)?;
        self.properties.clear();
        sent.properties.write(&mut self.properties);
        if self.properties.len() > self.inner.limits.event_bytes {
            return Err(Refusal::new("event_too_large", "the event's properties are too large; leave large ones out"));
        }
        let given = sent.id.as_deref().map(id::given);
        let content = || {
            // Without a time of its own, an event that is sent twice cannot be told from one that happened twice.
            let at_ms = sent.time.at_ms.unwrap_or(time_ms);
            id::content(&self.sender.bearer.id, name, distinct_id, at_ms, &self.properties)
        };
        let event = Event {
            id: given.unwrap_or_else(content),
            name,
            distinct_id,
            time_ms,
            received_ms: self.received_ms,
            properties: &self.properties,
            about: self.about,
            aside: self.aside(distinct_id),
        };
        event.write(&mut self.bytes);
        self.ends.push(self.bytes.len());
        if let Some(alias) = &sent.alias {
            self.link(alias.trim(), distinct_id, time_ms);
        }
        if let Some(given) = &sent.exposure {
            let unit = given.unit.as_ref().map_or(distinct_id, |unit| unit.trim());
            self.exposure(given, unit, time_ms);
        }
        Ok(())
    }

    fn aside(&self, distinct_id: &str) -> Option<Aside> {
        let is_synthetic = |id: &str| id.starts_with(VERIFIER);
        if is_synthetic(distinct_id) || self.about.witness.is_some_and(is_synthetic) {
            return Some(Aside::Synthetic);
        }
        // A server sends for its customers: what its library is called says nothing of them.
        let is_browser = self.sender.bearer.role == Role::Client;
        (is_browser && self.sender.user_agent.is_some_and(bots::is_bot)).then_some(Aside::Bot)
    }

    /// The fact that two ids are one person, once a day.
    fn link(&mut self, from: &str, into: &str, at_ms: i64) {
        let key = hash(&["link", from, into]);
        if from == into || !rules::is_id(from) || !self.claim(key) {
            return;
        }
        let identity = Identity {
            id: id::link(from, into),
            from: from.to_owned(),
            into: into.to_owned(),
            at_ms,
            source: self.sender.source,
            witness: self.about.witness.map(ToOwned::to_owned),
            role: self.about.role,
        };
        self.push(&Record::Identity(identity));
    }

    fn exposure(&mut self, given: &Given<'_>, unit: &str, at_ms: i64) {
        let variant = self.variant(given);
        if !self.claim(exposure_key(&given.flag, &variant, unit)) {
            return;
        }
        let unit_kind = self.inner.variants.get().and_then(|variants| variants.unit(&given.flag));
        let reason = if given.reason.is_empty() { "UNKNOWN".to_owned() } else { given.reason.clone() };
        self.push(&Record::Exposure(Exposure {
            flag: given.flag.clone().into_owned(),
            variant: variant.into_owned(),
            unit_kind: unit_kind.unwrap_or_else(|| "visitor".into()),
            unit: unit.to_owned(),
            at_ms,
            reason,
            revision: given.revision,
            split: None,
            source: self.sender.source,
            aside: self.aside(unit),
            witness: self.about.witness.map(ToOwned::to_owned),
            role: self.about.role,
        }));
    }

    /// The variant's name, where only its boolean value was told.
    fn variant<'g>(&self, given: &'g Given<'_>) -> Cow<'g, str> {
        let value = match given.variant.as_ref() {
            "true" => true,
            "false" => false,
            name => return Cow::Borrowed(name),
        };
        let named = self.inner.variants.get().and_then(|variants| variants.with_value(&given.flag, value));
        named.map_or(Cow::Borrowed(&given.variant), Cow::Owned)
    }

    fn claim(&mut self, key: u64) -> bool {
        let is_first = self.inner.once.is_first(key, self.received_ms);
        if is_first {
            self.claimed.push(key);
        }
        is_first
    }

    fn push(&mut self, record: &Record) {
        self.bytes.extend_from_slice(&record.encode());
        self.ends.push(self.bytes.len());
    }

    fn records(&mut self) -> Vec<Bytes> {
        let all = Bytes::from(std::mem::take(&mut self.bytes));
        let mut from = 0;
        self.ends.drain(..).map(|end| all.slice(std::mem::replace(&mut from, end)..end)).collect()
    }
}
