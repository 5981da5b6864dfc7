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

/// Takes what is sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Capture {}

impl Capture {
    pub fn new(_options: CaptureOptions) -> Self {
        unimplemented!("capture is on its way")
    }

    /// `/batch/ /capture/ /e/ /i/v0/e/ /i/v1/analytics/events /v1/batch /v1/track … /v1/logs`
    pub fn router(&self) -> Router {
        unimplemented!("capture is on its way")
    }

    /// Somebody was given a variant; at most once per unit, flag, variant and day it goes into the log. Never waits.
    pub fn expose(&self, _exposure: impl FnOnce() -> Exposure, _key: u64) {
        unimplemented!("capture is on its way")
    }

    /// Something else that was seen. Never waits.
    pub fn note(&self, _record: &Record) {
        unimplemented!("capture is on its way")
    }
}
