//! The face at the edge: evaluates from the newest snapshot.
//!
//! Invariants: a request sees one snapshot and one clock value; nobody who saw a revision sees an older one later; what a client
//! token gets never shows rules, segments, hidden flags or forced variants.

mod body;
mod door;
mod ofrep;
mod posthog;
mod render;
pub(crate) mod rules;
mod stream;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::{Method, header, request};
use kernel::Clock;
use tokio::sync::watch;

pub use door::Untaken;
use rules::Rules;

/// A body has at most so many bytes.
const BODY_BYTES_MAX: usize = 512 << 10;

/// Knows surveys: what PostHog's clients ask for in one breath with flags.
pub trait Surveys: std::fmt::Debug + Send + Sync {
    /// Whether anybody is asked anything.
    fn any(&self) -> bool;
    /// The flags that say whom each survey is for, as (key, whether it is for this visitor). `variant` tells what they are given
    /// of a flag; to ask it is no exposure.
    fn targeting(&self, visitor: &str, variant: &dyn Fn(&str) -> Option<String>) -> Vec<(String, bool)>;
}

/// What serving needs.
#[derive(Debug, Clone)]
pub struct ServingOptions {
    /// Takes exposures.
    pub capture: events::Capture,
    /// Which tokens are in force; the edge keeps it current.
    pub tokens: access::Tokens,
    pub clock: Arc<dyn Clock>,
}

/// Flags as clients get them. Cheap to clone; all clones see the newest snapshot.
#[derive(Debug, Clone)]
pub struct Serving(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ServingOptions,
    rules: ArcSwap<Rules>,
    surveys: OnceLock<Arc<dyn Surveys>>,
    /// The revision in force, for event streams.
    changed: watch::Sender<u64>,
    /// Open event streams.
    streams: AtomicUsize,
}

impl Serving {
    /// Knows no flag until the first snapshot.
    pub fn new(options: ServingOptions) -> Self {
        Self(Arc::new(Inner {
            options,
            rules: ArcSwap::from_pointee(Rules::default()),
            surveys: OnceLock::new(),
            changed: watch::Sender::new(0),
            streams: AtomicUsize::new(0),
        }))
    }

    /// From now on PostHog's clients are told of surveys. Set once, by whoever puts the parts together.
    pub fn ask_surveys(&self, surveys: Arc<dyn Surveys>) {
        let _is_first = self.0.surveys.set(surveys);
    }

    /// From now on this snapshot is in force. One that cannot be read, or that is older, changes nothing.
    pub fn apply(&self, bytes: &[u8]) -> Result<(), String> {
        let rules = Arc::new(Rules::read(bytes)?);
        let newest = |current: &Arc<Rules>| {
            if current.revision > rules.revision { Arc::clone(current) } else { Arc::clone(&rules) }
        };
        self.0.rules.rcu(newest);
        self.0.changed.send_if_modified(|revision| {
            let is_newer = *revision < rules.revision;
            *revision = rules.revision.max(*revision);
            is_newer
        });
        Ok(())
    }

    /// Whether [`Serving::router`] answers this path.
    pub fn serves(path: &str) -> bool {
        let is_below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        is_below("/ofrep/v1")
            || matches!(path, "/flags" | "/flags/" | "/decide" | "/decide/")
            || is_below("/array") && (path.ends_with("/config") || path.ends_with("/config.js"))
    }

    /// `/ofrep/v1/evaluate/flags[/{key}]`, `/ofrep/v1/events`, `/flags`, `/decide`, `/array/{token}/config[.js]`. Reads the
    /// request's extension [`events::Arrival`].
    pub fn router(&self) -> Router {
        Router::new()
            .route("/ofrep/v1/evaluate/flags/{key}", post(ofrep::single))
            .route("/ofrep/v1/evaluate/flags", post(ofrep::bulk))
            .route("/ofrep/v1/events", get(stream::events))
            .route("/flags", post(posthog::flags))
            .route("/flags/", post(posthog::flags))
            .route("/decide", post(posthog::flags))
            .route("/decide/", post(posthog::flags))
            .route("/array/{token}/config", get(posthog::config))
            .route("/array/{token}/config.js", get(posthog::config_js))
            .fallback(door::unknown)
            .method_not_allowed_fallback(door::wrong_method)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(middleware::from_fn(door::cors))
            .with_state(self.clone())
    }

    /// How many bytes the body of what is asked most may have, one flag for one context; none for everything else, and for what
    /// needs more that only the router knows.
    pub fn at_once(head: &request::Parts) -> Option<usize> {
        let is_single =
            head.method == Method::POST && single_key(head).is_some() && !head.headers.contains_key(header::ORIGIN);
        is_single.then_some(BODY_BYTES_MAX)
    }

    /// Answers [`Self::at_once`] as the router would, at a fraction of its cost. `witness` is that of [`events::Arrival`].
    pub fn answer(
        &self,
        head: &request::Parts,
        body: Result<Bytes, Untaken>,
        witness: Option<String>,
    ) -> http::Response<Bytes> {
        match single_key(head) {
            Some(key) => ofrep::one(self, key, &head.headers, witness, body),
            None => door::unknown_path(&head.uri),
        }
    }

    fn has_surveys(&self) -> bool {
        self.0.surveys.get().is_some_and(|surveys| surveys.any())
    }

    fn rules(&self) -> Arc<Rules> {
        self.0.rules.load_full()
    }
}

/// The key in the path, if it stands there as it is.
fn single_key(head: &request::Parts) -> Option<&str> {
    let key = head.uri.path().strip_prefix("/ofrep/v1/evaluate/flags/")?;
    (!key.is_empty() && !key.contains(['/', '%'])).then_some(key)
}

/// For [`events::Capture::name_variants`]. Capture and serving then hold each other until the process ends.
impl events::Variants for Serving {
    fn with_value(&self, flag: &str, value: bool) -> Option<String> {
        self.0.rules.load().only_variant_with(flag, value).map(ToOwned::to_owned)
    }

    fn unit(&self, flag: &str) -> Option<String> {
        self.0.rules.load().unit_of(flag).map(ToOwned::to_owned)
    }
}
