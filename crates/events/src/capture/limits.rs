//! Bounds of capture. Each is in `/metrics` too.

/// How much is taken.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Of a body, as it is sent and decompressed. The log's queue must hold twice as much.
    pub body_bytes: usize,
    /// How many times a body may grow when it is decompressed, beyond 1 MiB.
    pub ratio: usize,
    pub events_per_request: usize,
    pub event_bytes: usize,
    /// Of all requests that are being taken, together.
    pub in_hand_bytes: usize,
    /// Events of one client token; browsers share it.
    pub client_token: Option<Rate>,
    /// Events of one server or admin token.
    pub server_token: Option<Rate>,
    /// Events, and failed requests, of client tokens from one address (of IPv6: one /64).
    pub address: Option<Rate>,
}

/// So many in a second, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 20 << 20,
            ratio: 200,
            events_per_request: 20_000,
            event_bytes: 1 << 20,
            in_hand_bytes: 256 << 20,
            client_token: Some(Rate { per_second: 10_000.0, burst: 100_000.0 }),
            server_token: None,
            address: Some(Rate { per_second: 1_000.0, burst: 30_000.0 }),
        }
    }
}
