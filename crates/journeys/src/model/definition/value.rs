//! The values in a definition, checked where they stand; definitions of other contexts use them too. What follows ` | ` in a
//! message is its hint.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{STEPS_MAX, Scalar, Step};

const NAME_MAX: usize = 60;
/// The page of suggestions has this name among those of journeys.
const TAKEN: &str = "suggestions";
const LABEL_MAX: usize = 100;
/// As capture's bound on event names.
const EVENT_MAX: usize = 200;
const CONDITIONS_MAX: usize = 20;
const YEAR_SECONDS: f64 = 366.0 * 86_400.0;

pub(super) const fn guard_persons() -> u64 {
    200
}

pub(super) const fn guard_seconds() -> u64 {
    300
}

/// A number and `s`, `m`, `h` or `d`; to the millisecond.
pub mod within {
    use super::{Deserialize, Deserializer, Duration, duration_of};

    pub fn serialize<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&super::text(*duration), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        duration_of(&String::deserialize(from)?)
    }
}

/// As [`within`], where it may be left out.
pub mod maybe_within {
    use super::{Deserialize, Deserializer, Duration, duration_of};

    pub fn serialize<S: serde::Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&duration.map(super::text), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(from)?.map(|text| duration_of(&text)).transpose()
    }
}

/// `90s`, `24h`: the largest unit that is whole.
fn text(duration: Duration) -> String {
    let ms = duration.as_millis();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms.is_multiple_of(length) {
            return format!("{}{unit}", ms / length);
        }
    }
    format!("{}s", duration.as_secs_f64())
}

fn duration_of<E: serde::de::Error>(text: &str) -> Result<Duration, E> {
    let seconds = seconds_of(text.trim()).ok_or_else(|| {
        E::custom(format!(
            "{text:?} is not a duration | a duration is a number and s, m, h or d, for example 30m or 24h"
        ))
    })?;
    if (0.001..=YEAR_SECONDS).contains(&seconds) {
        return Ok(Duration::from_millis(Duration::from_secs_f64(seconds).as_millis().try_into().unwrap_or(u64::MAX)));
    }
    Err(E::custom(format!("{text:?} is out of bounds | from a millisecond to 366d")))
}

fn seconds_of(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let scale = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Some(scale * number.trim().parse::<f64>().ok().filter(|number| number.is_finite())?)
}

/// A name as addresses and files have it.
pub fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = text.len() <= NAME_MAX && text.chars().all(is_inner) && text.starts_with(|c: char| c != '-');
    if fits && !text.is_empty() {
        return Ok(text);
    }
    Err(D::Error::custom(format!(
        "{text:?} cannot be a name | a name has lower-case letters, digits and -, begins with a letter or digit and is at most {NAME_MAX} long"
    )))
}

/// A name that is free among the addresses below `/journeys`.
pub(super) fn journey<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = name(from)?;
    if text != TAKEN {
        return Ok(text);
    }
    Err(D::Error::custom(format!("a journey cannot be named {TAKEN:?} | that page shows ways without a journey")))
}

pub(super) fn maybe_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    name(from).map(Some)
}

/// What people read.
pub(super) fn label<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = !text.trim().is_empty() && text.chars().count() <= LABEL_MAX && !text.contains(char::is_control);
    let hint = format!("a step's name is one line of at most {LABEL_MAX} characters");
    if fits { Ok(text) } else { Err(D::Error::custom(format!("{text:?} cannot name a step | {hint}"))) }
}

/// The name of an event, as it is sent.
pub fn event<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = !text.is_empty() && text.chars().count() <= EVENT_MAX;
    let hint = format!("write the event's name as it is sent, at most {EVENT_MAX} characters");
    if fits { Ok(text) } else { Err(D::Error::custom(format!("{text:?} cannot be an event | {hint}"))) }
}

pub(super) fn maybe_line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let empty = || D::Error::custom("the command is empty | write the line that the shell is to run");
    if text.trim().is_empty() { Err(empty()) } else { Ok(Some(text)) }
}

pub(super) fn steps<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Step>, D::Error> {
    let steps = Vec::<Step>::deserialize(from)?;
    match steps.len() {
        0 => Err(D::Error::custom(
            "there are no steps | a journey has at least one: { name: paid, event: order placed }",
        )),
        1..=STEPS_MAX => Ok(steps),
        many => Err(D::Error::custom(format!("there are {many} steps | a journey has at most {STEPS_MAX}"))),
    }
}

/// Properties that an event must have.
pub fn conditions<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Scalar>, D::Error> {
    let conditions = BTreeMap::<String, Scalar>::deserialize(from)?;
    if conditions.len() <= CONDITIONS_MAX {
        return Ok(conditions);
    }
    Err(D::Error::custom(format!("there are {} conditions | a step has at most {CONDITIONS_MAX}", conditions.len())))
}
