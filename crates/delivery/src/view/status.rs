//! Whether trunk and production agree, service by service, and what needs somebody.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;

/// `deploy status`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Status {
    pub services: Vec<ServiceStatus>,
}

/// One service: what is live, what is on its way, what waits and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ServiceStatus {
    pub service: String,
    pub state: State,
    pub live: Option<LiveVersion>,
    pub candidate: Option<Candidate>,
    /// The head of trunk.
    pub trunk: Option<String>,
    /// Whether the newest change that concerns this service is what is live.
    pub in_sync: bool,
    /// The reason, if deployments are frozen.
    pub frozen: Option<String>,
    /// Changes on trunk that customers do not have, oldest first.
    pub waiting: Vec<Waiting>,
    /// Where the edge sends new visitors now; `null` while it cannot be asked.
    pub routed: Option<Vec<Routed>>,
    pub traffic: Option<Traffic>,
}

/// A deployment's share of new visitors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Routed {
    pub number: u64,
    /// 0 to 1
    pub weight: f64,
}

/// What customers have.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LiveVersion {
    pub number: u64,
    pub commit: String,
    pub digest: String,
    pub since: String,
}

/// What some customers have, or will.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    pub number: u64,
    pub commit: String,
    pub phase: String,
    /// Share of visitors, 0 to 1.
    pub weight: f64,
}

/// A change that is not in production.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    pub commit: String,
    pub subject: String,
    /// `checks failed`, `held behind <sha>`, `frozen: …`, …
    pub why: String,
}

/// What the edge counts for the live version.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Traffic {
    pub requests: u64,
    pub requests_per_second: f64,
    /// 0 to 1
    pub failing_share: f64,
    pub p99_ms: f64,
}

/// Something that a person must look at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    /// `failed_checks rolled_back failed_deployment held frozen holding trunk`
    pub kind: String,
    /// `bad` or `warn`
    pub severity: String,
    pub text: String,
    pub change: Option<String>,
    pub deployment: Option<u64>,
    pub service: Option<String>,
    pub at: String,
    /// The command that helps.
    pub hint: String,
}
