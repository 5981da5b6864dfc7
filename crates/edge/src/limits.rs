//! Every bound of the edge in one place. All of them stand in the admin socket's `/metrics`.

use std::time::Duration;

/// Bounds that a deployment of Trunkline may want otherwise; [`Limits::default`] is what production uses.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections per address (product, system, admin each have as many). Beyond, the one idle longest is closed;
    /// if all are busy, new ones wait in the kernel's backlog. Lowered at start to what the descriptor limit allows.
    pub connections: usize,
    /// A request's head may take so long from its first byte.
    pub head: Duration,
    /// A connection without a request is closed after this.
    pub idle: Duration,
    /// A client that sends a body must send something this often; so must one that receives take something.
    pub stall: Duration,
    /// A response's head must come this long after the request's last byte.
    pub response_head: Duration,
    /// A response's body must go on this often. Not for `text/event-stream` and upgraded connections.
    pub response_stall: Duration,
    /// How long a request waits for an instance that refuses connections, before 502 or 503.
    pub connect_patience: Duration,
    /// Requests, streams and upgraded connections in one instance at once; beyond, 503.
    pub in_flight: u64,
    /// At its own end the edge lets requests finish for so long.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stall: Duration::from_mins(1),
            response_head: Duration::from_mins(1),
            response_stall: Duration::from_mins(5),
            connect_patience: Duration::from_secs(3),
            in_flight: 4_096,
            farewell: Duration::from_secs(10),
        }
    }
}

/// A request's head in bytes: all lines together.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Header lines of one request.
pub(crate) const HEADERS: usize = 100;
/// Header lines of an instance's response: cookies may be many.
pub(crate) const RESPONSE_HEADERS: usize = 512;
/// Requests at once on one HTTP/2 connection.
pub(crate) const STREAMS: u32 = 100;
/// Idle connections kept per instance.
pub(crate) const POOLED: usize = 128;
/// Idle connections are not reused after this: Node.js closes them after five seconds, and a request that crosses with
/// that closing is lost.
pub(crate) const POOLED_FOR: Duration = Duration::from_secs(4);
/// A request that must not be sent twice only goes on a connection that was in use a moment ago, or on a new one.
pub(crate) const POOLED_FOR_UNREPEATABLE: Duration = Duration::from_millis(500);
/// Loopback connects in microseconds; a full backlog does not.
pub(crate) const CONNECT: Duration = Duration::from_secs(1);
/// Services in the routing table.
pub(crate) const SERVICES: usize = 256;
/// Arms of one service, and instances of one arm.
pub(crate) const ARMS: usize = 16;
/// Instances that are not stopped.
pub(crate) const INSTANCES: usize = 256;
/// A body on the admin socket.
pub(crate) const ADMIN_BODY_BYTES: usize = 8 << 20;
/// One snapshot.
pub(crate) const SNAPSHOT_BYTES: usize = 256 << 20;
/// Names of snapshots.
pub(crate) const SNAPSHOTS: usize = 16;

/// Descriptors kept for files, sockets of our own and instances being started.
const RESERVED_DESCRIPTORS: u64 = 256;
/// A proxied connection takes one descriptor on each side, and there are two public addresses.
const DESCRIPTORS_PER_CONNECTION: u64 = 4;

impl Limits {
    /// Raises the soft descriptor limit as far as we may, and lowers `connections` to what it then allows.
    pub(crate) fn fit_to_machine(mut self) -> Self {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // Failing to raise it only means fewer connections.
        let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_ok();
        let descriptors = if raised { limit.maximum } else { limit.current };
        if let Some(descriptors) = descriptors {
            let allowed = descriptors.saturating_sub(RESERVED_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION;
            self.connections = self.connections.min(usize::try_from(allowed).unwrap_or(usize::MAX)).max(16);
        }
        self
    }

    /// Connections of one peer address that is not a trusted proxy.
    pub(crate) fn connections_per_peer(&self) -> usize {
        (self.connections / 2).max(1)
    }
}
