//! `experiments/*.yaml`: what is compared, by what, and when it is over.
//!
//! Parsed once, at the boundary. Definitions are also stored as JSON in this shape, so fields are only added, with a default that
//! means "as before".

mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use journeys::model::Scalar;
use journeys::model::definition::value as journey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Two variants of a flag, shown to customers by chance at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name: lower-case letters, digits and `-`.
    #[serde(deserialize_with = "journey::name")]
    pub experiment: String,
    /// The domain or team that owns it.
    #[serde(deserialize_with = "value::line")]
    pub owner: String,
    /// What is believed, in one sentence.
    #[serde(deserialize_with = "value::line")]
    pub hypothesis: String,
    /// The flag whose variants are compared. It splits customers by chance.
    #[serde(deserialize_with = "value::line")]
    pub flag: String,
    /// The variant that customers had before.
    #[serde(deserialize_with = "value::line")]
    pub control: String,
    /// The variant that is tried.
    #[serde(deserialize_with = "value::line")]
    pub treatment: String,
    /// The treatment's share of the persons in both, as the flag's split has it.
    #[serde(default = "value::half", deserialize_with = "value::share")]
    pub share: f64,
    /// What is measured; at least one of them is a success.
    #[serde(deserialize_with = "value::metrics")]
    #[schemars(length(min = 1, max = 20))]
    pub metrics: Vec<Metric>,
    /// How long a person is followed from the moment in which they first see a variant; the same for both.
    #[serde(with = "journey::within")]
    #[schemars(with = "String")]
    pub within: Duration,
    /// Nothing is shipped before this time is over: whole weeks, so that each day of the week is in it.
    #[serde(default = "value::week", with = "journey::within")]
    #[schemars(with = "String")]
    pub min_duration: Duration,
    /// Followed to their end, in each arm, before anything is decided.
    #[serde(default = "value::persons")]
    pub min_persons: u64,
    /// Followed to their end, in both arms together: the size for which intervals are narrowest, and at which it ends.
    #[serde(deserialize_with = "value::planned")]
    pub planned_persons: u64,
    /// The change, as a share of the control, that one wants to see; for the power that is shown.
    #[serde(default = "value::tenth", deserialize_with = "value::share")]
    pub smallest_effect: f64,
    /// The probability of a false decision, over all looks and metrics.
    #[serde(default = "value::alpha", deserialize_with = "value::share")]
    pub alpha: f64,
}

/// A number for each person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name: lower-case letters, digits and `-`.
    #[serde(deserialize_with = "journey::name")]
    pub name: String,
    pub role: Role,
    /// Whether a person did all steps of this journey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    /// Or only came to this step of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Whether a person had this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Properties that the event must have.
    #[serde(
        rename = "where",
        default,
        deserialize_with = "journey::conditions",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub conditions: BTreeMap<String, Scalar>,
    /// Or the sum of this property over their events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Which way is good.
    #[serde(default)]
    pub better: Better,
    /// Of a guardrail: how much worse than the control, as a share of it, is still no loss.
    #[serde(default = "value::tenth", deserialize_with = "value::share")]
    pub margin: f64,
}

/// What a metric is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetricRole)]
pub enum Role {
    /// It is to become better.
    Success,
    /// It must not become worse by more than its margin.
    Guardrail,
}

/// Which way is good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    #[default]
    Up,
    Down,
}

impl Better {
    /// 1 if more is better, else -1.
    pub const fn sign(self) -> f64 {
        match self {
            Self::Up => 1.0,
            Self::Down => -1.0,
        }
    }
}

impl Definition {
    /// How long a person is followed, in milliseconds.
    pub fn within_ms(&self) -> i64 {
        i64::try_from(self.within.as_millis()).expect("parsing bounds it by a year")
    }

    pub(crate) fn min_duration_ms(&self) -> i64 {
        i64::try_from(self.min_duration.as_millis()).expect("parsing bounds it by a year")
    }

    pub(crate) fn of_role(&self, role: Role) -> usize {
        self.metrics.iter().filter(|metric| metric.role == role).count()
    }
}
