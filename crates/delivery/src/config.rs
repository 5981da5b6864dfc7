//! `trunkline.yaml`: what a product declares about itself (semantics.md).
//!
//! Parsed once, at the boundary: inside, names are names, durations are durations and paths stay in the repository. The
//! same shapes are stored with changes and deployments as JSON, so fields are only added, with a default that means "as before".

mod parse;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use parse::{parse, schema};
pub use value::Weight;

/// The file's name in the repository.
pub const FILE: &str = "trunkline.yaml";

/// All of `trunkline.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Lower-case letters, digits and `-`.
    #[serde(deserialize_with = "value::name")]
    pub product: String,
    /// The branch that is trunk. Default: origin's default branch, else `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<String>,
    #[serde(default)]
    pub checks: Vec<Check>,
    #[serde(default, deserialize_with = "value::services")]
    pub services: BTreeMap<String, Service>,
    #[serde(default)]
    pub rollout: Rollout,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infrastructure: Option<Infrastructure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Level>,
}

/// A command that must succeed before a change ships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Unique among the checks.
    #[serde(deserialize_with = "value::label")]
    pub name: String,
    /// A line for `sh`, run in the root of a clean worktree.
    #[serde(deserialize_with = "value::line")]
    pub run: String,
    /// Globs of the files that are tests: changed ones are also run against the parent commit.
    #[serde(default, deserialize_with = "value::globs")]
    pub tests: Vec<String>,
    /// A glob of the JUnit reports that it writes.
    #[serde(default, deserialize_with = "value::glob", skip_serializing_if = "Option::is_none")]
    pub junit: Option<String>,
    #[serde(default = "value::check_timeout", with = "value::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
}

/// A process of the product that answers requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its folder in the repository, in which its commands run.
    #[serde(default = "value::here", deserialize_with = "value::path")]
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// Run once, before a new version takes visitors.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub migrate: Option<String>,
    /// A line for `sh`; it must listen on `127.0.0.1:$PORT`.
    #[serde(deserialize_with = "value::line")]
    pub start: String,
    #[serde(default)]
    pub health: Health,
    #[serde(default, deserialize_with = "value::env")]
    pub env: BTreeMap<String, String>,
    /// Names of secrets that it gets as variables (`trunkline secret set`).
    #[serde(default, deserialize_with = "value::variables")]
    pub secrets: Vec<String>,
    #[serde(default)]
    pub route: Route,
    /// For clients that keep no cookies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
    /// Where the product keeps its own id of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Whether the edge counts the pages that it serves, where the product does not say itself what is looked at.
    #[serde(default = "value::yes")]
    pub pageviews: bool,
    /// Time between SIGTERM and SIGKILL.
    #[serde(default = "value::drain", with = "value::duration")]
    #[schemars(with = "String")]
    pub drain: Duration,
    /// How long requests, streams and WebSockets that began before a switch may go on.
    #[serde(default = "value::stream_drain", with = "value::duration")]
    #[schemars(with = "String")]
    pub stream_drain: Duration,
}

/// How a service becomes an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// A line for `sh`, run in the service's folder.
    #[serde(default, deserialize_with = "value::maybe_line", skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Globs of the files that the artifact keeps; none means all.
    #[serde(default, deserialize_with = "value::globs")]
    pub keep: Vec<String>,
    #[serde(default = "value::build_timeout", with = "value::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
}

/// When a new instance is ready for visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Any status from 200 to 399 is healthy.
    #[serde(default = "value::root", deserialize_with = "value::url_path")]
    pub path: String,
    #[serde(default = "value::health_within", with = "value::duration")]
    #[schemars(with = "String")]
    pub within: Duration,
}

impl Default for Health {
    fn default() -> Self {
        Self { path: value::root(), within: value::health_within() }
    }
}

/// Which requests are the service's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// A prefix by whole segments; the longest wins.
    #[serde(default = "value::root", deserialize_with = "value::url_path")]
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

impl Default for Route {
    fn default() -> Self {
        Self { path: value::root(), host: None }
    }
}

/// What identifies clients without cookies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sticky {
    #[serde(deserialize_with = "value::header")]
    pub header: String,
}

/// Where the product puts its own id of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    Cookie(String),
    Header(String),
}

/// How a new version takes over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rollout {
    /// Shares of visitors in percent, growing.
    #[serde(deserialize_with = "value::canary")]
    pub canary: Vec<Weight>,
    /// Time each step takes at least.
    pub step_seconds: u64,
    /// Visitors that each step must have served.
    pub step_persons: u64,
    /// A step without a failure goes on after this time though it has not served that many.
    pub patience_seconds: u64,
    pub on_rollback: OnRollback,
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            canary: [500, 2_500, 10_000].map(Weight::of_basis_points).to_vec(),
            step_seconds: 10,
            step_persons: 200,
            patience_seconds: 30,
            on_rollback: OnRollback::Hold,
        }
    }
}

/// What follows a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRollback {
    /// The commit and what contains it wait for somebody.
    Hold,
    /// A commit that reverts it is pushed to trunk.
    Revert,
}

/// Terraform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Infrastructure {
    /// The folder of the configuration in the repository.
    #[serde(deserialize_with = "value::path")]
    pub dir: String,
}

/// How strictly foreign code is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Strict,
    Off,
}
