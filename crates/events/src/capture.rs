//! The face at the edge: takes events and exposures, and acknowledges what is durable.
//!
//! Invariants: 2xx only after the log has it on disk; an event that cannot be taken never costs its neighbours; nothing here
//! needs the control plane; every table, body and rate has a bound.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use axum::Router;
use bytes::Bytes;

use crate::record::{Exposure, Record, Rejected, Source};
use crate::wire::Refusal;

mod answer;
mod assets;
mod body;
mod bots;
mod cors;
mod counts;
mod encode;
mod failure;
mod intake;
mod limits;
mod log;
mod once;
mod quota;
mod recent;
mod routes;
mod seen;
mod template;

use failure::Failure;

pub use assets::StaticFiles;
pub use limits::{Limits, Rate};
pub use seen::Seen;

/// How ids of verifiers begin.
const VERIFIER: &str = "verifier:";
/// Rejections of one token that come into the log; all are counted.
const REJECTIONS: Rate = Rate { per_second: 5.0, burst: 100.0 };
/// The same for requests of which nobody knows whose they are.
const STRANGERS: Rate = Rate { per_second: 0.2, burst: 50.0 };

/// What capture needs.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    pub log: columnar::wal::Writer,
    pub clock: Arc<dyn kernel::Clock>,
    /// Which tokens are in force; the edge keeps it current.
    pub tokens: access::Tokens,
    pub limits: Limits,
    /// What is served at `/static/`.
    pub static_files: Option<StaticFiles>,
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

/// Knows flags: what tells of an exposure may say less than is to be known of it. PostHog's SDKs tell of a boolean flag only
/// its value, and an exposure is to a variant; nobody tells whom a flag divides.
pub trait Variants: std::fmt::Debug + Send + Sync {
    /// The name of the flag's variant that has this value, if there is exactly one.
    fn with_value(&self, flag: &str, value: bool) -> Option<String>;
    /// Whom the flag divides, `visitor` or `user`, if it is known.
    fn unit(&self, flag: &str) -> Option<String>;
}

/// Takes what is sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Capture(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    log: log::Log,
    clock: Arc<dyn kernel::Clock>,
    tokens: access::Tokens,
    limits: Limits,
    static_files: Option<StaticFiles>,
    once: once::Once,
    quotas: quota::Quotas,
    room: body::Room,
    memory: seen::Memory,
    counts: counts::Counts,
    variants: OnceLock<Arc<dyn Variants>>,
}

impl Capture {
    pub fn new(options: CaptureOptions) -> Self {
        let log = log::Log::Wal(options.log.clone());
        Self::over(log, options)
    }

    fn over(log: log::Log, options: CaptureOptions) -> Self {
        Self(Arc::new(Inner {
            log,
            clock: options.clock,
            tokens: options.tokens,
            room: body::Room::of(options.limits.in_hand_bytes),
            limits: options.limits,
            static_files: options.static_files,
            once: once::Once::default(),
            quotas: quota::Quotas::default(),
            memory: seen::Memory::default(),
            counts: counts::Counts::default(),
            variants: OnceLock::new(),
        }))
    }

    /// From now on boolean flags are exposed under the names of their variants and to the unit that they divide; without it as
    /// `true` and `false`, and to visitors. Set once, by
    /// whoever puts the parts together: what knows flags needs capture too.
    pub fn name_variants(&self, variants: Arc<dyn Variants>) {
        let _is_first = self.0.variants.set(variants);
    }

    /// `/batch/ /capture/ /e/ /i/v0/e/ /i/v1/analytics/events /v1/batch /v1/track … /v1/logs /static/*`. Reads the request's
    /// extension [`Arrival`].
    pub fn router(&self) -> Router {
        routes::router(Arc::clone(&self.0))
    }

    /// Whether [`Capture::router`] answers this path.
    pub fn serves(path: &str) -> bool {
        routes::serves(path)
    }

    /// Somebody was given a variant; at most once per key and day it goes into the log. Never waits. The key is
    /// [`exposure_key`]'s.
    pub fn expose(&self, key: u64, exposure: impl FnOnce() -> Exposure) {
        let inner = &self.0;
        if !inner.once.is_first(key, inner.now_ms()) {
            return;
        }
        if inner.enqueue(Record::Exposure(exposure()).encode()) {
            inner.counts.exposures.fetch_add(1, Relaxed);
        } else {
            inner.once.forget(key);
        }
    }

    /// Something else that was seen. Never waits.
    pub fn note(&self, record: &Record) {
        self.0.enqueue(record.encode());
    }

    /// The edge served a response of the product: which deployment a person is given, and page views. Never waits.
    pub fn seen(&self, seen: &Seen<'_>) {
        self.0.saw(seen);
    }

    /// What was counted, and the bounds, in the Prometheus text format.
    pub fn metrics(&self) -> String {
        self.0.counts.text(&self.0.limits)
    }
}

impl Inner {
    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Whether the log takes it.
    fn enqueue(&self, record: Bytes) -> bool {
        let is_taken = self.log.enqueue(record).is_ok();
        if !is_taken {
            self.counts.lost.fetch_add(1, Relaxed);
        }
        is_taken
    }

    fn may_tell_rejection(&self, token: &str, now_ms: i64) -> bool {
        self.quotas.take(hash(&["rejections", token]), REJECTIONS, 1, now_ms).is_ok()
    }

    /// A request failed before anybody knew whose it is, in a way that its sender can mend.
    fn tell_failure(&self, source: Source, failure: &Failure) {
        let is_mendable = failure.kind == kernel::Kind::Unauthenticated || failure.is_about_encoding();
        let now_ms = self.now_ms();
        if is_mendable && self.quotas.take(hash(&["failures"]), STRANGERS, 1, now_ms).is_ok() {
            let reason = failure.told();
            let code = failure.code.into();
            let rejected = Rejected { at_ms: now_ms, source, code, reason, excerpt: String::new(), token: None };
            self.enqueue(Record::Rejected(rejected).encode());
        }
    }

    /// A whole body was refused.
    fn tell_whole(&self, sender: &intake::Sender<'_>, body: &[u8], refusal: &Refusal, now_ms: i64) {
        if self.may_tell_rejection(&sender.bearer.id, now_ms) {
            self.enqueue(intake::rejected(sender, body, refusal, now_ms));
        }
    }
}

/// What [`Capture::expose`] counts once a day. The same in every process and release.
pub fn exposure_key(flag: &str, variant: &str, unit: &str) -> u64 {
    hash(&["exposure", flag, variant, unit])
}

/// Of parts that are told apart. The same in every process and release.
fn hash(parts: &[&str]) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = siphasher::sip::SipHasher13::new();
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
