//! OFREP's event stream: browsers hear that something changed and ask again.
//!
//! `EventSource` cannot send headers, so the address carries a token of its own: good for streams only, for a while.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, stream};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use tokio::sync::watch;

use super::rules::Rules;
use super::{Inner, Serving, door};

/// Addresses are good until the end of the period after the one they were made in.
const PERIOD_MS: i64 = 12 * 60 * 60 * 1_000;
/// Open streams of one edge.
const STREAMS_MAX: usize = 20_000;
/// Proxies in between close what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    #[serde(default)]
    expires: i64,
    /// The revision that the client was given with the address.
    #[serde(default)]
    since: u64,
    #[serde(default)]
    token: String,
}

/// Part of the entity tag of whatever holds an address: nobody is told to keep one that is over.
pub(super) fn period(now_ms: i64) -> i64 {
    now_ms.div_euclid(PERIOD_MS)
}

/// Path and query of a stream that begins after what was answered.
pub(super) fn address(rules: &Rules, now_ms: i64) -> String {
    let expires = (period(now_ms) + 2) * PERIOD_MS;
    let since = rules.revision;
    let token = hex::encode(signed(rules, expires, since).finalize().into_bytes());
    format!("/ofrep/v1/events?expires={expires}&since={since}&token={token}")
}

fn signed(rules: &Rules, expires: i64, since: u64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&rules.stream_key).expect("any length is a key");
    mac.update(format!("ofrep events {expires} {since}").as_bytes());
    mac
}

fn is_good(ticket: &Ticket, rules: &Rules, now_ms: i64) -> bool {
    let Ok(token) = hex::decode(&ticket.token) else { return false };
    ticket.expires > now_ms
        && !rules.stream_key.is_empty()
        && signed(rules, ticket.expires, ticket.since).verify_slice(&token).is_ok()
}

/// Says `refetchEvaluation` at once if the client is behind, then with every change.
pub(super) async fn events(
    State(serving): State<Serving>,
    Query(ticket): Query<Ticket>,
    headers: HeaderMap,
) -> Response {
    let (rules, now_ms) = (serving.rules(), serving.0.options.clock.now().as_millisecond());
    let is_by_ticket = is_good(&ticket, &rules, now_ms);
    if !is_by_ticket && door::bearer(&serving, &headers).is_none() {
        return door::unauthenticated();
    }
    let Some(place) = Place::take(&serving.0) else {
        let details = format!("there are {STREAMS_MAX} open streams already");
        let mut response = door::failed(StatusCode::TOO_MANY_REQUESTS, None, "GENERAL", &details);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return response;
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let seen = last.unwrap_or(if is_by_ticket { ticket.since } else { rules.revision });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(changes(place, seen)).keep_alive(keep_alive).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One open stream among those that are allowed.
struct Place {
    inner: Arc<Inner>,
    changed: watch::Receiver<u64>,
}

impl Place {
    fn take(inner: &Arc<Inner>) -> Option<Self> {
        let more = |open: usize| (open < STREAMS_MAX).then_some(open + 1);
        inner.streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Self { inner: Arc::clone(inner), changed: inner.changed.subscribe() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

fn changes(place: Place, seen: u64) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((place, seen), |(mut place, seen)| async move {
        // An id that we never gave is no reason to stay silent.
        let revision = *place.changed.wait_for(|revision| *revision != seen).await.ok()?;
        let at = place.inner.rules.load().at_ms.div_euclid(1_000).max(0);
        let data = json!({ "type": "refetchEvaluation", "etag": revision.to_string(), "lastModified": at });
        let event = Event::default().event("message").id(revision.to_string()).retry(RETRY).data(data.to_string());
        Some((Ok(event), (place, revision)))
    })
}
