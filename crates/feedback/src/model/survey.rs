//! `surveys/*.yaml`: who is asked what, where, and until when.
//!
//! Parsed once, at the boundary. Definitions are also stored as JSON in this shape, so fields are only added, with a default that
//! means "as before".

mod value;

use jiff::civil::Date;
use journeys::model::definition::value as journey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A few questions to customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// Its name: lower-case letters, digits and `-`.
    #[serde(deserialize_with = "journey::name")]
    pub survey: String,
    /// The domain or team that owns it, and reads the answers.
    #[serde(deserialize_with = "value::line")]
    pub owner: String,
    /// One after the other, at most 10.
    #[serde(deserialize_with = "value::questions")]
    #[schemars(length(min = 1, max = 10))]
    pub questions: Vec<Question>,
    /// Where and to whom; everywhere and to everybody unless given.
    #[serde(default)]
    pub shown: Shown,
    /// The share of visitors who are asked, by the pinned split: whoever is asked at 10% is asked at 20% too.
    #[serde(default = "value::all", deserialize_with = "value::share")]
    #[schemars(with = "String")]
    pub share: f64,
    /// The last day (UTC) on which anybody is asked.
    #[schemars(with = "String")]
    #[serde(deserialize_with = "value::day")]
    pub ends: Date,
    /// Nobody is asked who saw any survey within so many days; 0 asks all the same.
    #[serde(default = "value::fortnight", deserialize_with = "value::days")]
    pub wait_days: u16,
    /// What is said to whoever answered.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub thanks: Option<String>,
}

/// Where and to whom a survey is shown; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// A part of the page's address, for example `/thanks`.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// To visitors who are given a variant of this flag. Asking is no exposure.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// Which variant.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// After a step of this journey was done in the page: its answers belong to the journey.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    /// Which step; the last unless given.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name among the questions: lower-case letters, digits and `-`. Answers are kept under it, whatever is asked.
    #[serde(deserialize_with = "journey::name")]
    pub id: String,
    /// What is asked.
    #[serde(deserialize_with = "value::line")]
    pub ask: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    /// It may be left out.
    #[serde(default)]
    pub optional: bool,
    /// Of a rating: 2, 3, 5, 7 or 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// Of a rating: what its lowest value means.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// Of a rating: what its highest value means.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// Of a choice: 2 to 20.
    #[serde(default, deserialize_with = "value::lines", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SurveyQuestionKind)]
pub enum Kind {
    /// In words.
    Open,
    /// By a number.
    Rating,
    SingleChoice,
    MultipleChoice,
}

/// The scale of a rating that names none.
pub const SCALE: u8 = 5;

impl Question {
    /// The highest value of a rating.
    pub fn scale(&self) -> u8 {
        self.scale.unwrap_or(SCALE)
    }
}

impl Survey {
    /// The first instant at which nobody is asked any more.
    pub fn over_ms(&self) -> i64 {
        let next = self.ends.tomorrow().unwrap_or(self.ends);
        next.to_zoned(jiff::tz::TimeZone::UTC).map_or(i64::MAX, |zoned| zoned.timestamp().as_millisecond())
    }

    /// The share in parts of [`kernel::split::WHOLE`].
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parsing bounds it by 0 and 1")]
    pub fn points(&self) -> u32 {
        (self.share * f64::from(kernel::split::WHOLE)).round() as u32
    }

    /// Not for everybody.
    pub fn is_targeted(&self) -> bool {
        self.shown.flag.is_some() || self.points() < kernel::split::WHOLE
    }
}
