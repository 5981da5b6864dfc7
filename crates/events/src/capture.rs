//! The face at the edge: takes events and exposures, and acknowledges what is durable.

use std::sync::Arc;

use axum::Router;

use crate::record::{Exposure, Record};

/// What capture needs.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    pub log: columnar::wal::Writer,
    pub clock: Arc<dyn kernel::Clock>,
    /// Which tokens are in force; the edge keeps it current.
    pub tokens: access::Tokens,
}

/// How a request came in; the edge puts it into the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// Through the product's own address, below `/_trunkline`.
    pub first_party: bool,
    /// The person of the signed cookie that came with it.
    pub witness: Option<String>,
    /// For quotas.
    pub address: Option<std::net::IpAddr>,
}

/// A response of the product that the edge served.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub service: &'a str,
    pub deployment: u64,
    /// The visitor's id; `verifier:RUN` when a probe asked.
    pub person: &'a str,
    /// Their signed cookie had come with the request.
    pub witnessed: bool,
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub status: u16,
    /// The response is an HTML page.
    pub html: bool,
    pub user_agent: Option<&'a str>,
}

/// Takes what is sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Capture {}

impl Capture {
    pub fn new(_options: CaptureOptions) -> Self {
        Self {}
    }

    /// `/batch/ /capture/ /e/ /i/v0/e/ /i/v1/analytics/events /v1/batch /v1/track … /v1/logs`
    pub fn router(&self) -> Router {
        Router::new()
    }

    /// Whether [`Capture::router`] answers this path.
    pub fn serves(_path: &str) -> bool {
        false
    }

    /// Somebody was given a variant; at most once per key and day it goes into the log. Never waits. The key is
    /// [`exposure_key`]'s.
    pub fn expose(&self, _key: u64, _exposure: impl FnOnce() -> Exposure) {}

    /// Something else that was seen. Never waits.
    pub fn note(&self, _record: &Record) {}

    /// The edge served a response of the product: which deployment a person is given, and page views. Never waits.
    pub fn seen(&self, _seen: Seen<'_>) {}

    /// What was counted, and the bounds, in the Prometheus text format.
    pub fn metrics(&self) -> String {
        String::new()
    }
}

/// What [`Capture::expose`] counts once a day. The same in every process and release.
pub fn exposure_key(flag: &str, variant: &str, unit: &str) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = siphasher::sip::SipHasher13::new();
    for part in [flag, variant, unit] {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}
