//! Words that somebody else wrote down: from a request or a line to an event.

use events::{ImportReport, RejectedLine};
use jiff::Timestamp;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::{self, FEEDBACK};

const LINE_CHARS_MAX: usize = 300;
const URL_CHARS_MAX: usize = 2_000;
/// As capture's bound on ids of persons.
const PERSON_CHARS_MAX: usize = 200;
const REJECTED_LISTED: usize = 1_000;
const LINE_BYTES_MAX: usize = 64 << 10;
/// How ids begin of those of whom nothing is known but their words.
pub(crate) const NOBODY: &str = "feedback:";

/// What a customer said elsewhere.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeedbackGiven)]
pub struct Given {
    /// Of a line of a file: what is there under it stays. Made from the line unless given.
    #[serde(default)]
    pub id: Option<String>,
    /// Their words, at most 5000 characters.
    pub text: String,
    /// Any id of the person, if it is known.
    #[serde(default)]
    pub person: Option<String>,
    /// When they said it (RFC 3339).
    #[serde(default)]
    pub at: Option<String>,
    /// The page that they speak of.
    #[serde(default)]
    pub url: Option<String>,
    /// The journey that they speak of.
    #[serde(default)]
    pub journey: Option<String>,
    /// Where they said it, for example `mail`.
    #[serde(default)]
    pub channel: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedbackWritten)]
pub struct Written {
    pub id: String,
    /// `false`: there were words under this id already, and they stay.
    pub is_new: bool,
}

/// The same, whichever way it came.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) person: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) journey: Option<String>,
    pub(crate) channel: Option<String>,
    pub(crate) tags: Vec<String>,
}

impl Given {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        model::tags(&self.tags).map(drop)
    }

    pub(crate) fn told(&self) -> Told {
        let Self { text, person, url, journey, channel, tags, .. } = self.clone();
        Told { text, person, url, journey, channel, tags }
    }
}

/// A UUID, as it is written everywhere.
pub(crate) fn id(text: &str) -> Result<String, Problem> {
    let uuid = Uuid::parse_str(text).map_err(|_| Problem::invalid(format!("id {text:?} is no UUID")))?;
    Ok(uuid.to_string())
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, Problem> {
    text.parse().map_err(|_| {
        Problem::invalid(format!("at {text:?} is no instant")).hint("RFC 3339, for example 2026-11-24T09:00:00Z")
    })
}

/// The event in PostHog's shape. Without an instant it is that of its arrival.
pub(crate) fn event(id: &str, told: &Told, at: Option<Timestamp>) -> Result<Value, Problem> {
    model::text(&told.text)?;
    let lines = [
        ("url", &told.url, URL_CHARS_MAX),
        ("journey", &told.journey, LINE_CHARS_MAX),
        ("channel", &told.channel, LINE_CHARS_MAX),
        ("person", &told.person, PERSON_CHARS_MAX),
    ];
    for (name, line, most) in lines {
        let Some(line) = line else { continue };
        if line.trim().is_empty() || line.chars().count() > most || line.contains(char::is_control) {
            let problem = Problem::invalid(format!("{name} is no line of text"));
            return Err(problem.hint(format!("leave it out, or give 1 to {most} characters")));
        }
    }
    let person = told.person.clone().unwrap_or_else(|| format!("{NOBODY}{id}"));
    let properties = json!({
        "$feedback_id": id,
        "text": told.text,
        "$current_url": told.url,
        "journey": told.journey,
        "channel": told.channel,
        "tags": told.tags,
    });
    let mut event = json!({ "uuid": id, "event": FEEDBACK, "distinct_id": person, "properties": properties });
    if let Some(at) = at {
        event["timestamp"] = json!(at.to_string());
    }
    Ok(event)
}

/// A line of events for each line; empty where it is none or has a problem, so that places stay the same.
pub(crate) fn events(lines: &[u8]) -> (Vec<String>, Vec<RejectedLine>) {
    let (mut events, mut rejected) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
        let is_empty = line.iter().all(u8::is_ascii_whitespace);
        match if is_empty { Ok(String::new()) } else { of_line(line) } {
            Ok(event) => events.push(event),
            Err(reason) => {
                events.push(String::new());
                rejected.push(RejectedLine { line: number, reason });
            }
        }
    }
    (events, rejected)
}

fn of_line(line: &[u8]) -> Result<String, String> {
    if line.len() > LINE_BYTES_MAX {
        return Err(format!("the line has {} bytes, at most {LINE_BYTES_MAX} are taken", line.len()));
    }
    let given: Given = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        format!("column {}: {}", error.column(), text.split(" at line ").next().unwrap_or(&text))
    })?;
    let told =
        |problem: Problem| problem.hint.map_or(problem.message.clone(), |hint| format!("{}; {hint}", problem.message));
    let Some(at) = &given.at else { return Err("at is missing: when did they say it?".into()) };
    let at = instant(at).map_err(told)?;
    let id = match &given.id {
        Some(id) => self::id(id).map_err(told)?,
        None => model::content_id(FEEDBACK, at.as_millisecond(), &String::from_utf8_lossy(line)),
    };
    given.check().map_err(told)?;
    event(&id, &given.told(), Some(at)).map(|event| event.to_string()).map_err(told)
}

/// What was refused before, and what the log says of the rest.
pub(crate) fn together(taken: ImportReport, refused: Vec<RejectedLine>) -> ImportReport {
    let rejected_count = taken.rejected_count + refused.len() as u64;
    let read = taken.read + refused.len() as u64;
    let mut rejected: Vec<RejectedLine> = refused.into_iter().chain(taken.rejected).collect();
    rejected.sort_by_key(|rejected| rejected.line);
    rejected.truncate(REJECTED_LISTED);
    ImportReport { read, rejected, rejected_count, ..taken }
}
