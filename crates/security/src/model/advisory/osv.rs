//! Documents of the [OSV schema](https://ossf.github.io/osv-schema/), as far as matching needs them.
//!
//! What is odd beside the matter (a vector that cannot be read, a hash of a commit) does not cost the advisory.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{Advisory, Affected, Event, Order, Range};
use crate::model::ecosystem::Ecosystem;
use crate::model::plain::is_plain;
use crate::model::severity::Severity;

/// Most events of one range: they are sorted for each version that is looked at.
const EVENTS_MAX: usize = 10_000;
/// Most aliases of one advisory.
const ALIASES_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(deserialize_with = "time")]
    modified: Option<Timestamp>,
    withdrawn: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "or_default")]
    aliases: Vec<Box<str>>,
    #[serde(default, deserialize_with = "or_default")]
    summary: Box<str>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    severity: Vec<Score<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    affected: Vec<Part<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    database_specific: Specific<'a>,
}

#[derive(Deserialize)]
struct Score<'a> {
    #[serde(borrow, default)]
    score: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    package: Option<Package<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    severity: Vec<Score<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    ranges: Vec<Span<'a>>,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<Box<str>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    database_specific: Specific<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Span<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    events: Vec<Step>,
}

#[derive(Deserialize, Default)]
struct Step {
    introduced: Option<Box<str>>,
    fixed: Option<Box<str>>,
    last_affected: Option<Box<str>>,
    limit: Option<Box<str>>,
}

/// What GitHub, Bitnami and RustSec add: a word for the severity, and whether it is a vulnerability at all.
#[derive(Deserialize, Default)]
struct Specific<'a> {
    #[serde(borrow, default, deserialize_with = "word")]
    severity: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "word")]
    informational: Option<Cow<'a, str>>,
}

/// `null` where the schema wants something is nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A time that cannot be read costs the feed's age, not the advisory.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Cow::<'de, str>::deserialize(from)?.parse().ok())
}

/// These keys are anybody's: what is not a word there is not for us.
fn word<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Anything<'a> {
        #[serde(borrow)]
        Word(Cow<'a, str>),
        Other(IgnoredAny),
    }
    Option::<Anything<'_>>::deserialize(from).map(|value| match value {
        Some(Anything::Word(word)) => Some(word),
        Some(Anything::Other(_)) | None => None,
    })
}

/// Reads a document, or says in a sentence why it is none.
pub fn parse(document: &[u8]) -> Result<Advisory, String> {
    let document: Document<'_> = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    if document.id.is_empty() {
        return Err("\"id\" is empty".to_owned());
    }
    let ids = std::iter::once(document.id.as_ref()).chain(document.aliases.iter().map(AsRef::as_ref));
    shows(ids)?;
    if document.aliases.len() > ALIASES_MAX {
        return Err(format!("it has more than {ALIASES_MAX} aliases"));
    }
    let said = said(&document.severity, &document.database_specific);
    let parts = document.affected.into_iter();
    let affected = parts.filter_map(|part| affected(part, said).transpose()).collect::<Result<_, _>>()?;
    Ok(Advisory {
        id: document.id.into(),
        modified: document.modified,
        withdrawn: document.withdrawn.is_some(),
        aliases: document.aliases,
        summary: document.summary,
        affected,
    })
}

/// Ids and versions are told as they are.
fn shows<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    match texts.find(|text| !is_plain(text)) {
        Some(text) => Err(format!("{text:?} has characters that do not show, or not as they are")),
        None => Ok(()),
    }
}

/// What scores and words come to.
fn said(scores: &[Score<'_>], specific: &Specific<'_>) -> Severity {
    let scores = scores.iter().filter_map(|score| Severity::of_vector(&score.score));
    Severity::worst(scores.chain(specific.severity.as_deref().and_then(Severity::of_word)))
}

/// None for what speaks of commits only.
fn affected(part: Part<'_>, said_of_all: Severity) -> Result<Option<Affected>, String> {
    let Some(package) = part.package else { return Ok(None) };
    let ecosystem = Ecosystem::named(&package.ecosystem);
    let severity = match part.database_specific.informational {
        Some(_) => Severity::Informational,
        None => Severity::worst([said_of_all, said(&part.severity, &part.database_specific)]),
    };
    Ok(Some(Affected {
        name: ecosystem.normal(&package.name).into(),
        ecosystem,
        severity,
        ranges: part.ranges.into_iter().map(range).collect::<Result<_, _>>()?,
        versions: part.versions,
    }))
}

fn range(span: Span<'_>) -> Result<Range, String> {
    let order = match span.kind.as_ref() {
        "SEMVER" => Order::SemVer,
        "ECOSYSTEM" => Order::Native,
        "GIT" => Order::Git,
        other => return Err(format!("a range of type {other:?} is not known")),
    };
    if span.events.len() > EVENTS_MAX {
        return Err(format!("a range has more than {EVENTS_MAX} events"));
    }
    let events: Vec<Event> = span.events.into_iter().map(event).collect::<Result<_, _>>()?;
    shows(events.iter().map(Event::version))?;
    if !events.iter().any(|event| matches!(event, Event::Introduced(_))) {
        return Err("a range does not say where it begins (\"introduced\")".to_owned());
    }
    Ok(Range { order, events })
}

fn event(step: Step) -> Result<Event, String> {
    match step {
        Step { introduced: Some(version), fixed: None, last_affected: None, limit: None } => {
            Ok(Event::Introduced(version))
        }
        Step { introduced: None, fixed: Some(version), last_affected: None, limit: None } => Ok(Event::Fixed(version)),
        Step { introduced: None, fixed: None, last_affected: Some(version), limit: None } => {
            Ok(Event::LastAffected(version))
        }
        Step { introduced: None, fixed: None, last_affected: None, limit: Some(version) } => Ok(Event::Limit(version)),
        _ => Err("an event is not just one of introduced, fixed, last_affected and limit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(rest: &str) -> Vec<u8> {
        format!("{{\"id\": \"X-1\", \"modified\": \"2026-01-02T03:04:05Z\"{rest}}}").into_bytes()
    }

    fn affected_json(rest: &str) -> Vec<u8> {
        document(&format!(",\"affected\":[{{\"package\":{{\"ecosystem\":\"PyPI\",\"name\":\"A.B\"}}{rest}}}]"))
    }

    #[test]
    fn a_document_gives_what_matching_needs() {
        let advisory = parse(&affected_json(
            r#","ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2"}]}],"versions":null"#,
        ))
        .unwrap();
        let affected = &advisory.affected[0];
        assert_eq!((affected.name.as_ref(), affected.severity), ("a-b", Severity::Unknown));
        assert_eq!(affected.ranges[0].events, [Event::Introduced("0".into()), Event::Fixed("1.2".into())]);
        assert!(!advisory.withdrawn);
    }

    #[test]
    fn severity_comes_from_vectors_and_words_and_the_worst_counts() {
        let vector = "\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H\"}]";
        let severity = |json: &str| parse(&affected_json(json)).unwrap().affected[0].severity;
        assert_eq!(severity(&format!(",{vector}")), Severity::High);
        assert_eq!(severity(r#","database_specific":{"severity":"MODERATE"}"#), Severity::Medium);
        assert_eq!(severity(&format!(",{vector},\"database_specific\":{{\"severity\":\"low\"}}")), Severity::High);
        assert_eq!(severity(r#","database_specific":{"informational":"unmaintained"}"#), Severity::Informational);
        assert_eq!(severity(r#","severity":[{"type":"CVSS_V3","score":"odd"}]"#), Severity::Unknown);
        assert_eq!(severity(r#","database_specific":{"severity":["odd"]}"#), Severity::Unknown);
    }

    #[test]
    fn what_is_no_advisory_says_why() {
        for (json, wanted) in [
            (&b"{"[..], "EOF"),
            (br#"{"id":"X"}"#, "modified"),
            (br#"{"id":"X\u001b[2J","modified":""}"#, "do not show"),
            (&affected_json(r#","ranges":[{"type":"ODD","events":[]}]"#), "\"ODD\""),
            (&affected_json(r#","ranges":[{"type":"SEMVER","events":[{"fixed":"1"}]}]"#), "introduced"),
            (&affected_json(r#","ranges":[{"type":"SEMVER","events":[{"introduced":"0","fixed":"1"}]}]"#), "just one"),
        ] {
            let told = parse(json).unwrap_err();
            assert!(told.contains(wanted), "{told}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_read_does_not_cost_the_advisory() {
        assert_eq!(parse(br#"{"id": "X", "modified": "1-01-01T00:00:00Z"}"#).unwrap().modified, None);
    }

    #[test]
    fn a_part_that_speaks_of_commits_only_is_left_out() {
        let advisory = parse(&document(",\"affected\":[{\"ranges\":[]}]")).unwrap();
        assert!(advisory.affected.is_empty());
    }
}
