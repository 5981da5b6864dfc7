//! The values in a survey, checked where they stand. What follows ` | ` in a message is its hint.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{Kind, Question};

const LINE_MAX: usize = 300;
const QUESTIONS_MAX: usize = 10;
const CHOICES: std::ops::RangeInclusive<usize> = 2..=20;
const DAYS_MAX: u16 = 366;
/// Those that posthog-js can show.
const SCALES: [u8; 5] = [2, 3, 5, 7, 10];

pub(super) const fn all() -> f64 {
    1.0
}

pub(super) const fn fortnight() -> u16 {
    14
}

/// `0.1` or `10%`; above 0, up to all.
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
    let share = share.filter(|share| *share >= 0.0001 && *share <= 1.0);
    share.ok_or_else(|| D::Error::custom(format!("{text:?} is not a share | write 10% or 0.1, from 0.01% to 100%")))
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LINE_MAX && !text.contains(char::is_control)
}

fn no_line<E: serde::de::Error>(text: &str) -> E {
    E::custom(format!("{text:?} says nothing | write one line of at most {LINE_MAX} characters"))
}

/// One line of text.
pub(super) fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_line(&text) { Ok(text) } else { Err(no_line(&text)) }
}

pub(super) fn maybe_line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<String>::deserialize(from)? {
        Some(text) if !is_line(&text) => Err(no_line(&text)),
        text => Ok(text),
    }
}

pub(super) fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let lines = Vec::<String>::deserialize(from)?;
    match lines.iter().find(|text| !is_line(text)) {
        Some(text) => Err(no_line(text)),
        None => Ok(lines),
    }
}

pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let text = String::deserialize(from)?;
    let hint = "the last day of asking, for example 2027-03-31";
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no day | {hint}")))
}

pub(super) fn days<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let days = u16::deserialize(from)?;
    if days <= DAYS_MAX {
        Ok(days)
    } else {
        Err(D::Error::custom(format!("{days} days are too long | 0 to {DAYS_MAX}")))
    }
}

pub(super) fn questions<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Question>, D::Error> {
    let questions = Vec::<Question>::deserialize(from)?;
    if !(1..=QUESTIONS_MAX).contains(&questions.len()) {
        let many = questions.len();
        return Err(D::Error::custom(format!(
            "there are {many} questions | ask 1 to {QUESTIONS_MAX}; few are answered"
        )));
    }
    let mut ids = HashSet::new();
    for question in &questions {
        if let Some(wrong) = wrong(question) {
            return Err(D::Error::custom(format!("the question {:?} {wrong}", question.id)));
        }
        if !ids.insert(question.id.as_str()) {
            let id = &question.id;
            return Err(D::Error::custom(format!("the question {id:?} is there twice | give each its own id")));
        }
    }
    Ok(questions)
}

fn wrong(question: &Question) -> Option<&'static str> {
    let Question { kind, scale, low, high, choices, .. } = question;
    let is_rated = scale.is_some() || low.is_some() || high.is_some();
    match kind {
        Kind::Rating if scale.is_some_and(|scale| !SCALES.contains(&scale)) => {
            Some("has a scale that cannot be shown | 2, 3, 5, 7 or 10")
        }
        Kind::Rating if !choices.is_empty() => {
            Some("is a rating with choices | choices are for single_choice, multiple_choice")
        }
        Kind::SingleChoice | Kind::MultipleChoice if !CHOICES.contains(&choices.len()) => {
            Some("needs 2 to 20 choices | for example choices: [price, delivery]")
        }
        Kind::Open if !choices.is_empty() => {
            Some("is open with choices | choices are for single_choice, multiple_choice")
        }
        Kind::Open | Kind::SingleChoice | Kind::MultipleChoice if is_rated => {
            Some("has a scale | scale, low and high are for type: rating")
        }
        _ => None,
    }
}
