//! `journeys/*.yaml`: what a journey is (contracts.md, "Events and journeys").
//!
//! Parsed once, at the boundary. Definitions are also stored as JSON in this shape, so fields are only added, with a default
//! that means "as before".

pub mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scalar;

/// Most steps of a journey; matching keeps a bit for each.
pub const STEPS_MAX: usize = 20;

/// A way that customers are meant to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name: lower-case letters, digits and `-`, and not `suggestions`.
    #[serde(deserialize_with = "value::journey")]
    pub journey: String,
    /// The domain that owns it.
    #[serde(default, deserialize_with = "value::maybe_name", skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Time from the first step, inclusive.
    #[serde(with = "value::within")]
    #[schemars(with = "String")]
    pub within: Duration,
    #[serde(default)]
    pub order: Order,
    /// From first to last, at most 20.
    #[serde(deserialize_with = "value::steps")]
    #[schemars(length(min = 1, max = 20))]
    pub steps: Vec<Step>,
    /// A command that walks the journey as a verifier.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// How it guards deployments and ramps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,
}

impl Definition {
    /// The window in milliseconds.
    pub fn within_ms(&self) -> i64 {
        i64::try_from(self.within.as_millis()).expect("parsing bounds it by a year")
    }
}

/// How steps must follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after the other; other events may lie between.
    #[default]
    Ordered,
    /// One after the other, and no other event of the person between.
    Strict,
    /// In any order: step k means that at least k of them were done.
    Any,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What people call it.
    #[serde(deserialize_with = "value::label")]
    pub name: String,
    /// The name of the event that fills it.
    #[serde(deserialize_with = "value::event")]
    pub event: String,
    /// Properties that the event must have, by equality; numbers compare by value.
    #[serde(
        rename = "where",
        default,
        deserialize_with = "value::conditions",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub conditions: BTreeMap<String, Scalar>,
}

/// How a journey guards deployments and ramps (semantics.md, "Time in guards").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Its own horizon, the same for both arms. Default: the journey's.
    #[serde(default, with = "value::maybe_within", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    #[schema(value_type = Option<String>)]
    pub within: Option<Duration>,
    /// Persons that each arm must have before anything is said.
    #[serde(default = "value::guard_persons")]
    pub min_persons: u64,
    /// Time that must have passed before anything is said.
    #[serde(default = "value::guard_seconds")]
    pub min_seconds: u64,
}
