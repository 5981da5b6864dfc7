//! Requests through the router, over a log that keeps what it is given or fails when told to.

use std::sync::Arc;

use access::{Bearer, Role, Tokens};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kernel::ManualClock;
use tower::ServiceExt as _;

use super::log::Log;
use super::log::fake::Fake;
use super::*;
use crate::record;

mod answers;
mod bounds;
mod laws;
mod recorded;
mod visitors;

/// The recorded requests were sent a moment before.
const NOW: &str = "2026-11-24T17:12:00Z";
const CLIENT: &str = "tl_client_recorded";
const SERVER: &str = "tl_server_x";

struct Bed {
    capture: Capture,
    log: Arc<Fake>,
    clock: ManualClock,
    arrival: Arrival,
}

impl Bed {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let clock = ManualClock::at(NOW.parse().unwrap());
        let bearer = |id: &str, role, deployment| Bearer { id: id.into(), role, deployment };
        let tokens =
            Tokens::of([(CLIENT, bearer("c1", Role::Client, Some(47))), (SERVER, bearer("s1", Role::Server, None))]);
        let log = Arc::new(Fake::default());
        let folder = tempfile::tempdir().unwrap();
        let wal = columnar::wal::Options {
            folder: folder.path().to_owned(),
            seal_bytes: 1 << 20,
            seal_after: std::time::Duration::from_mins(1),
            queue_bytes: 1 << 20,
        };
        let options = CaptureOptions {
            log: columnar::wal::Writer::open(wal).unwrap(),
            clock: Arc::new(clock.clone()),
            tokens,
            limits,
            static_files: Some(StaticFiles::Embedded(|name| (name == "array.js").then(|| b"js".as_slice().into()))),
        };
        let capture = Capture::over(Log::Fake(Arc::clone(&log)), options);
        Self { capture, log, clock, arrival: Arrival::default() }
    }

    async fn send(&self, request: Request<Body>) -> Response {
        let (mut parts, body) = request.into_parts();
        parts.extensions.insert(self.arrival.clone());
        self.capture.router().oneshot(Request::from_parts(parts, body)).await.unwrap()
    }

    /// Posts JSON as the recorded client does: the token is in the body or header.
    async fn post(&self, path: &str, token: &str, body: impl Into<Body>) -> (StatusCode, serde_json::Value) {
        let request = Request::post(path).header("authorization", format!("Bearer {token}")).body(body.into()).unwrap();
        read(self.send(request).await).await
    }

    fn records(&self) -> Vec<Record> {
        self.log.kept.lock().unwrap().iter().map(|bytes| Record::decode(bytes).unwrap()).collect()
    }

    fn events(&self) -> Vec<record::Event> {
        self.records()
            .into_iter()
            .filter_map(|record| if let Record::Event(event) = record { Some(event) } else { None })
            .collect()
    }
}

async fn read(response: Response) -> (StatusCode, serde_json::Value) {
    let status = response.status();
    let body: Bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn now_ms() -> i64 {
    NOW.parse::<Timestamp>().unwrap().as_millisecond()
}
