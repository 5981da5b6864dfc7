//! The data plane: what the edge serves besides the product. Flags are evaluated and events are taken here, from snapshots and
//! into the log, whether or not a control plane is there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use edge::{Arrival, Body, BodyError, Extension, Later, Seen};
use events::{Capture, CaptureOptions, StaticFiles};
use flags::{Serving, ServingOptions, Untaken};
use http::{Method, Request, Response, StatusCode, request};
use kernel::{Clock, SystemClock};
use tower::ServiceExt as _;

use crate::console;

/// A log file is handed over at this size, or at this age; both bound what a reader has to look through.
const SEAL_BYTES: u64 = 64 << 20;
const SEAL_AFTER: Duration = Duration::from_secs(20);
/// Events that wait for the disk.
const QUEUE_BYTES: usize = 128 << 20;

/// What runs inside the edge.
#[derive(Debug)]
pub(crate) struct Plane {
    tokens: access::Tokens,
    capture: Capture,
    serving: Serving,
    feedback: feedback::Serving,
    log: columnar::wal::Writer,
    router: Router,
}

impl Plane {
    /// Over the data folder's log. Knows no token and no flag until their snapshots come.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let log = columnar::wal::Writer::open(columnar::wal::Options {
            folder: data.join("events").join("log"),
            seal_bytes: SEAL_BYTES,
            seal_after: SEAL_AFTER,
            queue_bytes: QUEUE_BYTES,
        })
        .context("the event log cannot be opened")?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tokens = access::Tokens::default();
        let capture = Capture::new(CaptureOptions {
            log: log.clone(),
            clock: Arc::clone(&clock),
            tokens: tokens.clone(),
            limits: events::Limits::default(),
            static_files: Some(StaticFiles::Embedded(console::script)),
        });
        let options = ServingOptions { capture: capture.clone(), tokens: tokens.clone(), clock: Arc::clone(&clock) };
        let serving = Serving::new(options);
        capture.name_variants(Arc::new(serving.clone()));
        let options = feedback::ServingOptions { capture: capture.clone(), tokens: tokens.clone(), clock };
        let feedback = feedback::Serving::new(options);
        serving.ask_surveys(Arc::new(feedback.clone()));
        let router = capture.router().merge(serving.router()).merge(feedback.router());
        Ok(Self { tokens, capture, serving, feedback, log, router })
    }
}

fn passed_on(response: axum::response::Response) -> Response<Body> {
    response.map(|body| Body::new(http_body_util::BodyExt::map_err(body, Into::into)))
}

impl Extension for Plane {
    fn serves(&self, method: &Method, path: &str) -> bool {
        Capture::serves(path) || Serving::serves(path) || feedback::Serving::serves(method, path)
    }

    fn at_once(&self, head: &request::Parts) -> Option<usize> {
        Serving::at_once(head)
    }

    fn answer(&self, head: &request::Parts, body: Result<Bytes, BodyError>, arrival: Arrival) -> Response<Bytes> {
        let body = body.map_err(|error| {
            let is_large = matches!(error, BodyError::TooLarge(_));
            let status = if is_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
            Untaken { status, why: error.to_string() }
        });
        self.serving.answer(head, body, arrival.witness)
    }

    fn serve(self: Arc<Self>, request: Request<Body>, arrival: Arrival) -> Later<'static, Response<Body>> {
        Box::pin(async move {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(events::Arrival {
                first_party: arrival.first_party,
                witness: arrival.witness,
                address: arrival.address,
            });
            let answered = self.router.clone().oneshot(request).await;
            passed_on(answered.unwrap_or_else(|never| match never {}))
        })
    }

    fn apply(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        match name {
            access::SNAPSHOT => self.tokens.apply(bytes).map_err(|error| error.to_string()),
            flags::SNAPSHOT => self.serving.apply(bytes),
            feedback::SNAPSHOT => self.feedback.apply(bytes),
            // A newer control plane may have more to say than this edge understands.
            _ => Ok(()),
        }
    }

    fn seen(&self, seen: &Seen<'_>) {
        let verifier = seen.probe.map(|run| format!("verifier:{run}"));
        self.capture.seen(&events::Seen {
            service: seen.service,
            deployment: seen.deployment,
            person: verifier.as_deref().unwrap_or(seen.person),
            witness: seen.witness,
            method: seen.method.as_str(),
            path: seen.path,
            status: seen.status.as_u16(),
            page: seen.pageviews && seen.is_page(),
            user_agent: seen.user_agent,
        });
    }

    fn metrics(&self) -> String {
        self.capture.metrics()
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async {
            if let Err(error) = self.log.close().await {
                tracing::error!(%error, "the event log did not end in good order; what was acknowledged is there");
            }
        })
    }
}
