//! The values in a definition, checked where they stand. What follows ` | ` in a message is its hint.

use std::collections::HashSet;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Metric, Role};

const LINE_MAX: usize = 300;
const METRICS_MAX: usize = 20;
/// Nobody plans for more; and both are exact as floats.
const PLANNED_MAX: u64 = 1_000_000_000_000;
const PLANNED_MIN: u64 = 20;

pub(super) const fn week() -> Duration {
    Duration::from_hours(7 * 24)
}

pub(super) const fn persons() -> u64 {
    200
}

pub(super) const fn half() -> f64 {
    0.5
}

pub(super) const fn tenth() -> f64 {
    0.1
}

pub(super) const fn alpha() -> f64 {
    0.05
}

/// `0.1` or `10%`; between 0 and 1, and neither.
pub(super) fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Share {
        Number(f64),
        Text(String),
    }
    let (share, text) = match Share::deserialize(from)? {
        Share::Number(number) => (Some(number), number.to_string()),
        Share::Text(text) => {
            let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            (percent.map(|percent| percent / 100.0), text)
        }
    };
    let share = share.filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| D::Error::custom(format!("{text:?} is not a share | write 10% or 0.1, above 0 and below 100%")))
}

/// One line of text.
pub(super) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = !text.trim().is_empty() && text.chars().count() <= LINE_MAX && !text.contains(char::is_control);
    let hint = format!("write one line of at most {LINE_MAX} characters");
    if fits { Ok(text) } else { Err(D::Error::custom(format!("{text:?} says nothing | {hint}"))) }
}

pub(super) fn planned<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let persons = u64::deserialize(from)?;
    let fits = (PLANNED_MIN..=PLANNED_MAX).contains(&persons);
    let hint = "`trunkline stats power_two_proportions_n` says how many it takes";
    if fits { Ok(persons) } else { Err(D::Error::custom(format!("{persons} persons cannot be planned | {hint}"))) }
}

pub(super) fn metrics<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Metric>, D::Error> {
    let metrics = Vec::<Metric>::deserialize(from)?;
    let mut names = HashSet::new();
    for metric in &metrics {
        if let Some(wrong) = wrong(metric) {
            return Err(D::Error::custom(format!("the metric {:?} {wrong}", metric.name)));
        }
        if !names.insert(metric.name.as_str()) {
            return Err(D::Error::custom(format!(
                "the metric {:?} is there twice | give each its own name",
                metric.name
            )));
        }
    }
    if metrics.len() > METRICS_MAX {
        return Err(D::Error::custom(format!(
            "there are {} metrics | at most {METRICS_MAX} are measured",
            metrics.len()
        )));
    }
    if !metrics.iter().any(|metric| metric.role == Role::Success) {
        return Err(D::Error::custom("no metric is a success | say what is to become better: role: success"));
    }
    Ok(metrics)
}

fn wrong(metric: &Metric) -> Option<&'static str> {
    let Metric { journey, step, event, conditions, sum, .. } = metric;
    match (journey, event) {
        (Some(_), Some(_)) => Some("has a journey and an event | it is about one of them"),
        (None, None) => Some("is about nothing | name a journey or an event"),
        (Some(_), None) if sum.is_some() || !conditions.is_empty() => {
            Some("has a journey with sum or where | those are for events")
        }
        (None, Some(_)) if step.is_some() => Some("has an event with a step | steps are of journeys"),
        _ => None,
    }
}
