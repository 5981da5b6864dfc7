//! The formats of others: from bytes to what was sent, without a clock, a log or a decision about the whole.
//!
//! Invariants: nothing here recurses into what was sent or builds a tree of it; one bad event never spoils its neighbours;
//! what cannot be taken comes out as a [`Refusal`] that says what is wrong and what to do.

use std::borrow::Cow;

pub(crate) mod form;
pub(crate) mod id;
pub(crate) mod inflate;
pub(crate) mod json;
pub(crate) mod otlp;
pub(crate) mod posthog;
mod properties;
pub(crate) mod rules;
pub(crate) mod segment;
pub(crate) mod time;

pub(crate) use properties::Properties;

/// Why something was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// A word for counting.
    pub(crate) code: &'static str,
    /// What is wrong, and a hint.
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// What a request holds.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// The token, where the format puts it into the body.
    pub(crate) token: Option<Cow<'a, str>>,
}

/// One thing that was sent.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    /// As it was sent, for whoever looks for what is wrong with it.
    pub(crate) raw: &'a [u8],
    /// The name under which the answer speaks of it, where a format's answer does.
    pub(crate) key: Option<Cow<'a, str>>,
    pub(crate) what: Result<Sighting<'a>, Refusal>,
}

#[derive(Debug)]
pub(crate) enum Sighting<'a> {
    Event(Box<Sent<'a>>),
    Exposure(Box<Given<'a>>),
}

/// An event before it is judged.
#[derive(Debug, Default)]
pub(crate) struct Sent<'a> {
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) distinct_id: Option<Cow<'a, str>>,
    pub(crate) time: time::Told,
    pub(crate) properties: Properties<'a>,
    /// Another id of the same person, which is subsumed.
    pub(crate) alias: Option<Cow<'a, str>>,
    /// It tells of a flag's variant too.
    pub(crate) exposure: Option<Given<'a>>,
}

/// A flag's variant that somebody was given.
#[derive(Debug, Default)]
pub(crate) struct Given<'a> {
    pub(crate) flag: Cow<'a, str>,
    pub(crate) variant: Cow<'a, str>,
    /// Whom; that of the event if it is missing.
    pub(crate) unit: Option<Cow<'a, str>>,
    /// OpenFeature's word.
    pub(crate) reason: String,
    pub(crate) revision: u64,
    pub(crate) time: time::Told,
}

/// The deepest nesting of properties; their own object is 1.
const DEPTH_MAX: usize = 64;
/// The most properties of one event.
const PROPERTIES_MAX: usize = 1_000;

/// Whether properties that were gone through can be stored and read again.
fn rules_of_properties(count: usize, parts: &json::Parts<'_>) -> Result<(), Refusal> {
    if count > PROPERTIES_MAX {
        let reason =
            format!("the event has {count} properties, more than {PROPERTIES_MAX}; put what belongs together into one");
        return Err(Refusal::new("too_many_properties", reason));
    }
    if parts.deepest > DEPTH_MAX {
        let reason = format!("properties are nested {} deep, more than {DEPTH_MAX}; send them flatter", parts.deepest);
        return Err(Refusal::new("too_deep", reason));
    }
    if parts.unreadable_number {
        return Err(Refusal::new(
            "number_out_of_range",
            "a property is a number beyond what 64 bits hold; send it as a text",
        ));
    }
    Ok(())
}

fn too_many(most: usize) -> Refusal {
    Refusal::new("too_many_events", format!("the request holds more than {most} events; send them in several requests"))
}

/// An event that was cut out, read strictly. Serde would take an array for a struct too; nobody means that.
fn object<'a, T: serde::Deserialize<'a>>(raw: &'a [u8]) -> Result<T, Refusal> {
    if raw.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refusal::new("no_event", "it is no event; send an object with `event` and `distinct_id`"));
    }
    serde_json::from_slice(raw).map_err(|error| unreadable(raw, &error))
}

/// Why serde cannot read an event that could be cut out.
fn unreadable(raw: &[u8], error: &serde_json::Error) -> Refusal {
    if let Err(error) = std::str::from_utf8(raw) {
        let reason = format!("byte {} of the event is no UTF-8; encode texts as UTF-8", error.valid_up_to());
        return Refusal::new("invalid_utf8", reason);
    }
    if error.is_data() {
        return Refusal::new(
            "no_event",
            format!("it is no event: {error}; send an object with `event` and `distinct_id`"),
        );
    }
    let hint = if raw.windows(3).any(|window| window == b"NaN") { "; JSON has no NaN, send null" } else { "" };
    Refusal::new("invalid_json", format!("the event is no JSON: {error}{hint}"))
}
