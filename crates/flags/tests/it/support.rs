//! A product with an edge that can be away, restarted, or wrong on purpose.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use access::{Bearer, Role, Tokens};
use axum::Router;
use axum::body::Body;
use events::record::{Exposure, Record};
use flags::{By, Flags, MIGRATIONS, Options, Serving, ServingOptions, Stage};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kernel::snapshot::{Later, Snapshot};
use kernel::{ManualClock, Problem};
use serde_json::{Value, json};
use storage::Db;
use tower::ServiceExt as _;

pub(crate) const ONE: &str = r#"{"flags": {"new-checkout": {"state": "ENABLED", "variants": {"on": true, "off": false},
  "defaultVariant": "off", "targeting": {"fractional": [["on", 50], ["off", 50]]},
  "metadata": {"owner": "sales", "kind": "experiment", "expires": "2027-06-01", "journey": "checkout"}}}}"#;

/// An edge: what is on its disk, what serves, and whether it answers.
#[derive(Debug)]
pub(crate) struct Edge {
    disk: Mutex<Option<Snapshot>>,
    serving: Mutex<Serving>,
    capture: events::Capture,
    /// Of the log.
    folder: tempfile::TempDir,
    clock: ManualClock,
    pub(crate) away: AtomicBool,
    /// Says that it has a snapshot without having it: must be caught.
    pub(crate) lies: AtomicBool,
}

impl Edge {
    pub(crate) fn new(clock: &ManualClock) -> Arc<Self> {
        let (capture, folder) = capture(clock);
        Arc::new(Self {
            disk: Mutex::default(),
            serving: Mutex::new(serving(clock, capture.clone())),
            capture,
            folder,
            clock: clock.clone(),
            away: AtomicBool::new(false),
            lies: AtomicBool::new(false),
        })
    }

    /// Kill -9: what is on disk is all that is left.
    pub(crate) fn restart(&self) {
        let disk = self.disk.lock().unwrap();
        let fresh = serving(&self.clock, self.capture.clone());
        if let Some(snapshot) = &*disk {
            fresh.apply(&snapshot.bytes).unwrap();
        }
        *self.serving.lock().unwrap() = fresh;
    }

    /// The hand of its clock.
    pub(crate) fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Waits until so many exposures are in the log, gives all there are.
    pub(crate) async fn exposures(&self, at_least: usize) -> Vec<Exposure> {
        let mut reader = columnar::wal::Reader::open(self.folder.path());
        let (mut place, mut exposures) = (columnar::wal::Place::default(), Vec::new());
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        while exposures.len() < at_least {
            assert!(tokio::time::Instant::now() < deadline, "{exposures:?}");
            let batch = reader.read(place, 1 << 20).unwrap();
            place = batch.next;
            for record in &batch.records {
                if let Record::Exposure(exposure) = Record::decode(record).unwrap() {
                    exposures.push(exposure);
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        exposures
    }

    pub(crate) fn serving(&self) -> Serving {
        self.serving.lock().unwrap().clone()
    }

    pub(crate) fn router(&self) -> Router {
        self.serving().router()
    }

    pub(crate) fn generation(&self) -> Option<u64> {
        self.disk.lock().unwrap().as_ref().map(|snapshot| snapshot.generation)
    }

    fn take(&self, snapshot: Snapshot) -> Result<(), Problem> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Problem::unavailable("the edge does not answer"));
        }
        let mut disk = self.disk.lock().unwrap();
        if disk.as_ref().is_some_and(|newest| newest.generation >= snapshot.generation) {
            return Ok(());
        }
        self.serving.lock().unwrap().apply(&snapshot.bytes).map_err(Problem::internal)?;
        *disk = Some(snapshot);
        Ok(())
    }
}

/// The way to the edge.
#[derive(Debug)]
pub(crate) struct Way(pub(crate) Arc<Edge>);

impl kernel::snapshot::Serving for Way {
    fn put(&self, snapshot: Snapshot) -> Later<'_, ()> {
        Box::pin(async move {
            if self.0.lies.load(Ordering::SeqCst) {
                let edge = Arc::clone(&self.0);
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                    let _ = edge.take(snapshot);
                });
                return Ok(());
            }
            tokio::task::yield_now().await;
            self.0.take(snapshot)
        })
    }

    fn generation(&self, _name: &'static str) -> Later<'_, Option<u64>> {
        Box::pin(async {
            let away = self.0.away.load(Ordering::SeqCst);
            if away { Err(Problem::unavailable("the edge does not answer")) } else { Ok(self.0.generation()) }
        })
    }
}

fn serving(clock: &ManualClock, capture: events::Capture) -> Serving {
    let bearer = |role| Bearer { id: "1".into(), role, deployment: None };
    let tokens = [("server", Role::Server), ("client", Role::Client), ("admin", Role::Admin)];
    Serving::new(ServingOptions {
        capture,
        tokens: Tokens::of(tokens.map(|(token, role)| (token, bearer(role)))),
        clock: Arc::new(clock.clone()),
    })
}

/// A capture with a log of its own, as long as the folder is there.
fn capture(clock: &ManualClock) -> (events::Capture, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = columnar::wal::Options {
        folder: folder.path().to_owned(),
        seal_bytes: 1 << 20,
        seal_after: std::time::Duration::from_mins(1),
        queue_bytes: 64 << 20,
    };
    let log = columnar::wal::Writer::open(options).unwrap();
    let clock = Arc::new(clock.clone());
    (
        events::Capture::new(events::CaptureOptions {
            log,
            clock,
            tokens: Tokens::default(),
            limits: events::Limits::default(),
            static_files: None,
        }),
        folder,
    )
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at("2026-11-24T12:00:00Z".parse::<Timestamp>().unwrap())
}

pub(crate) fn by() -> By {
    By { who: "ann".into(), why: Some("to see".into()) }
}

/// Flags of a product over `db`, in front of `edge`.
pub(crate) async fn flags(db: &Db, edge: &Arc<Edge>) -> Flags {
    db.migrate(&[MIGRATIONS]).await.unwrap();
    let clock = Arc::new(edge.clock.clone());
    Flags::open(Options { db: db.clone(), clock, serving: Arc::new(Way(Arc::clone(edge))), events: None })
}

/// A commit with this one file of flags, live.
pub(crate) async fn push(flags: &Flags, commit: &str, text: &str, stage: Stage) -> flags::Applied {
    let files = [("flags/checkout.json".to_owned(), text.to_owned())];
    flags.apply(commit, &files, stage, &by()).await.unwrap()
}

pub(crate) fn shares(on: f64) -> BTreeMap<String, f64> {
    BTreeMap::from([("on".to_owned(), on), ("off".to_owned(), 1.0 - on)])
}

pub(crate) async fn post(router: &Router, path: &str, token: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let (status, _, body) = send(router, path, &[("authorization", &format!("Bearer {token}"))], body).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

pub(crate) async fn send(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response: Response<Body> = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

pub(crate) fn context(unit: &str) -> String {
    json!({ "context": { "targetingKey": unit } }).to_string()
}

/// What `unit` gets of `new-checkout` with a server token.
pub(crate) async fn variant(edge: &Edge, unit: &str) -> String {
    let path = "/ofrep/v1/evaluate/flags/new-checkout";
    let (_, answer) = post(&edge.router(), path, "server", context(unit)).await;
    answer["variant"].as_str().unwrap_or("none").to_owned()
}

/// How many of 1,000 get `on`.
pub(crate) async fn on_of_thousand(edge: &Edge) -> usize {
    let mut on = 0;
    for n in 0..1_000 {
        on += usize::from(variant(edge, &format!("customer-{n}")).await == "on");
    }
    on
}
