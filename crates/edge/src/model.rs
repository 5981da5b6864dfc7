//! What goes over the admin socket: instances, routes, what the edge knows. Plain values, shared by both sides.
//!
//! Wire rule: readers ignore fields they don't know and new fields have defaults, so that a control plane may be one
//! release older or newer than the edge it finds running.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One process of one deployment that the edge is asked to keep running.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstanceSpec {
    /// For example `shop-47-1`: letters, digits, `.`, `_` and `-`, at most 128, not starting with `.`.
    pub id: String,
    /// The service it belongs to.
    pub service: String,
    /// The deployment it belongs to.
    pub deployment: u64,
    /// How to start it. The edge adds `PORT` to the environment and sets `life` and `log` to its own files.
    pub spec: exec::Spec,
    /// When it counts as healthy.
    pub health: Health,
}

/// A health check: `GET path` on the instance's port; any status from 200 to 399 is healthy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Health {
    /// For example `/up`.
    pub path: String,
    /// How long a new instance may take until its first healthy answer.
    pub within_seconds: f64,
}

/// What the edge knows of one instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Instance {
    pub id: String,
    pub service: String,
    pub deployment: u64,
    /// Flattened on the wire: `"state": "unhealthy", "why": "…"`.
    #[serde(flatten)]
    pub state: InstanceState,
    /// The loopback port it was told in `PORT`; 0 before its first start.
    pub port: u16,
    /// Its process, while it runs.
    pub pid: Option<u32>,
    /// How often it was started again after it ended by itself.
    pub restarts: u32,
    /// Requests, streams and upgraded connections that it is serving now.
    pub in_flight: u64,
    /// When its present (or last) process was started.
    pub started: Option<Timestamp>,
    /// When it was healthy for the first time; never unset.
    pub healthy_at: Option<Timestamp>,
    /// The last lines of its log, oldest first, at most 20; filled only while it is not healthy.
    #[serde(default)]
    pub last_lines: Vec<String>,
}

/// Where an instance is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InstanceState {
    /// Started, not healthy yet. Gets no requests.
    Starting,
    /// Gets requests.
    Healthy,
    /// Runs, or is about to be started again, but is not well. Gets requests only when nothing healthy is left.
    Unhealthy { why: String },
    /// It ended by itself before it was ever healthy. It is not started again.
    Exited { status: String },
    /// Gets no new requests; ends when those it has are done, or at the limit.
    Draining,
    /// Ended because it was asked to.
    Stopped,
}

impl InstanceState {
    /// The word on the wire.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy { .. } => "unhealthy",
            Self::Exited { .. } => "exited",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        }
    }
}

/// The whole routing table. A newer one has a higher generation; the edge refuses to go back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routes {
    pub generation: u64,
    pub services: Vec<ServiceRoute>,
}

/// Which requests belong to a service and how they are split among its deployments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRoute {
    pub service: String,
    /// A path prefix by whole segments: `/shop` takes `/shop` and `/shop/cart`, not `/shopping`. The longest wins.
    pub path: String,
    /// Without its port. A route with a host wins over one without.
    #[serde(default)]
    pub host: Option<String>,
    /// The split's seed ([`kernel::split::bucket`]).
    pub seed: String,
    /// When this changes, the tallies in the window start at zero for all arms.
    pub window: String,
    /// Weights sum to 10,000. The last arm is the candidate: it has the visitors whose bucket is below its weight.
    pub arms: Vec<Arm>,
    /// Identifies clients that keep no cookies.
    #[serde(default)]
    pub sticky_header: Option<String>,
    /// Where the product puts its own id of a person.
    #[serde(default)]
    pub person: Option<PersonSource>,
    /// Whether the edge itself counts the pages that it serves.
    #[serde(default = "counted")]
    pub pageviews: bool,
}

const fn counted() -> bool {
    true
}

/// One deployment's share of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    pub deployment: u64,
    /// Ids of instances; requests go round among the healthy ones.
    pub instances: Vec<String>,
    /// In basis points.
    pub weight: u32,
}

/// Where a product that has ids of its own keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonSource {
    /// The value of the cookie of this name.
    Cookie(String),
    /// The value of the request header of this name.
    Header(String),
}

/// All the edge knows, at one instant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EdgeState {
    /// New at every start of the edge: tallies begin at zero with it.
    pub boot: String,
    pub pid: u32,
    pub version: String,
    pub system_address: SocketAddr,
    pub product_address: SocketAddr,
    pub generation: u64,
    pub routes: Vec<ServiceRoute>,
    pub instances: Vec<Instance>,
    pub counts: Vec<Counts>,
    /// The generation of each snapshot in force.
    #[serde(default)]
    pub snapshots: BTreeMap<String, u64>,
}

/// Which generation of a snapshot is in force.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SnapshotAnswer {
    pub(crate) generation: Option<u64>,
}

/// What one deployment of one service has answered since the edge started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    pub service: String,
    pub deployment: u64,
    pub total: Tally,
    /// The window of the route that this deployment was last routed with.
    pub window: String,
    /// Requests that began in that window.
    pub in_window: Tally,
}

/// Counted requests. A request is counted when its response head is there or when it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub requests: u64,
    /// Answers with a status of 500 or more, connections refused, responses broken or late. Clients that leave are none.
    pub failures: u64,
    /// Distinct clients: witnessed visitor, else sticky header, else peer address and port.
    pub clients: u64,
    /// Distinct clients that met a failure.
    pub failed_clients: u64,
    /// Distinct witnessed visitors (their signed cookie came back).
    pub persons: u64,
    pub latency: Latency,
    pub in_flight: u64,
    /// One of the distinct counts has reached its bound of 200,000 and stands still.
    #[serde(default)]
    pub saturated: bool,
}

/// Time from a request's head to its response's head. Quantiles are the middles of logarithmic buckets: at most 3.2 %
/// off above 16 µs. The maximum is exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}
