//! Both faces over one data folder, on every engine that is there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Bearer, Role, Tokens};
use axum::body::{Body, to_bytes};
use columnar::wal;
use events::record::{Exposure, Source};
use events::{Arrival, Capture, CaptureOptions, Events, EventsOptions, Limits, Retention};
use feedback::{Extent, Feedback, FeedbackPage, Options, Owners, Query, Serving, ServingOptions, Subject};
use flags::Serving as Flags;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode, header};
use journeys::{Journeys, JourneysOptions};
use kernel::snapshot::{Later, Snapshot};
use kernel::{Clock, Problem, SystemClock};
use serde_json::{Value, json};
use storage::testing::{TestDb, databases};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub(crate) const CLIENT: &str = "tl_client_it";
const SERVER: &str = "tl_server_it";
const SOON: Duration = Duration::from_secs(20);

pub(crate) const SURVEY: &str = "
survey: after-checkout
owner: sales
ends: 2999-12-31
shown: { url: /thanks, flag: gift-wrap, variant: \"on\", journey: checkout }
thanks: Thank you
questions:
  - { id: ease, ask: How easy was it to pay?, type: rating, low: hard, high: easy }
  - { id: why, ask: What could be better?, type: open, optional: true }
";
const JOURNEY: &str = "
journey: checkout
within: 1h
steps:
  - { name: seen, event: product viewed }
  - { name: paid, event: order placed, where: { method: card } }
";
const FLAGS: &str =
    "{ flags: { gift-wrap: { state: ENABLED, variants: { 'on': true, 'off': false }, defaultVariant: 'off',
    metadata: { owner: sales, kind: release, expires: '2999-01-01' } } } }";

/// The files of a commit that asks this.
pub(crate) fn files(survey: &str) -> Vec<(String, String)> {
    let files = [("surveys/after.yaml", survey), ("journeys/checkout.yaml", JOURNEY), ("flags/gift-wrap.yaml", FLAGS)];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
}

/// Sales owns the survey, billing the journey.
#[derive(Debug)]
struct Declared;

impl Owners for Declared {
    fn owner<'a>(&'a self, of: Subject<'a>) -> BoxFuture<'a, Result<Option<String>, Problem>> {
        let owner = match of {
            Subject::Survey("after-checkout") => Some("sales"),
            Subject::Journey("checkout") => Some("billing"),
            _ => None,
        };
        async move { Ok(owner.map(str::to_owned)) }.boxed()
    }
}

/// The way to the edge is short here.
#[derive(Debug)]
struct Short {
    serving: Serving,
    generation: std::sync::Mutex<Option<u64>>,
}

impl kernel::snapshot::Serving for Short {
    fn put(&self, snapshot: Snapshot) -> Later<'_, ()> {
        Box::pin(async move {
            self.serving.apply(&snapshot.bytes).unwrap();
            *self.generation.lock().unwrap() = Some(snapshot.generation);
            Ok(())
        })
    }

    fn generation(&self, _: &'static str) -> Later<'_, Option<u64>> {
        Box::pin(async move { Ok(*self.generation.lock().unwrap()) })
    }
}

pub(crate) struct Bed {
    pub(crate) feedback: Feedback,
    pub(crate) events: Events,
    pub(crate) serving: Serving,
    pub(crate) test: TestDb,
    pub(crate) data: PathBuf,
    capture: Capture,
    log: wal::Writer,
    flags: Flags,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Bed {
    /// One on every engine.
    pub(crate) async fn all() -> Vec<Self> {
        let mut beds = Vec::new();
        for test in databases().await {
            beds.push(Self::over(test).await);
        }
        beds
    }

    async fn over(test: TestDb) -> Self {
        test.db.migrate(&[events::MIGRATIONS, feedback::MIGRATIONS, journeys::MIGRATIONS]).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_owned();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let log = wal::Writer::open(wal::Options {
            folder: data.join("events/log"),
            seal_bytes: 1 << 20,
            seal_after: Duration::from_millis(300),
            queue_bytes: 16 << 20,
        })
        .unwrap();
        let bearer = |role, id: &str| Bearer { id: id.into(), role, deployment: None };
        let tokens = Tokens::of([(CLIENT, bearer(Role::Client, "c")), (SERVER, bearer(Role::Server, "s"))]);
        let capture = Capture::new(CaptureOptions {
            log: log.clone(),
            clock: Arc::clone(&clock),
            tokens: tokens.clone(),
            limits: Limits::default(),
            static_files: None,
        });
        let options = ServingOptions { capture: capture.clone(), tokens: tokens.clone(), clock: Arc::clone(&clock) };
        let serving = Serving::new(options);
        let options = flags::ServingOptions { capture: capture.clone(), tokens, clock: Arc::clone(&clock) };
        let flags = Flags::new(options);
        flags.ask_surveys(Arc::new(serving.clone()));
        let retention = Retention::default();
        let options = EventsOptions { db: test.db.clone(), clock: Arc::clone(&clock), data: data.clone(), retention };
        let events = Events::open(options).unwrap();
        let journeys =
            JourneysOptions { db: test.db.clone(), clock: Arc::clone(&clock), events: Arc::new(events.clone()) };
        let journeys = Journeys::open(journeys);
        journeys.apply("c1", &files(SURVEY), journeys::Stage::Live).await.unwrap();
        let short = Short { serving: serving.clone(), generation: std::sync::Mutex::default() };
        let feedback = Feedback::open(Options {
            db: test.db.clone(),
            clock,
            events: events.clone(),
            journeys,
            owners: Arc::new(Declared),
            serving: Arc::new(short),
        });
        let shutdown = CancellationToken::new();
        let mut tasks = events.start(shutdown.clone());
        tasks.push(feedback.start(shutdown.clone()));
        Self { feedback, events, serving, test, data, capture, log, flags, shutdown, tasks, _folder: folder }
    }

    /// This survey is asked, and the edge knows it.
    pub(crate) async fn ask(&self, survey: &str) {
        self.feedback.apply("c1", &files(survey), Extent::All).await.unwrap();
        until("the edge knows the survey", async || !self.surveys().await.1["surveys"].as_array().unwrap().is_empty())
            .await;
    }

    pub(crate) async fn surveys(&self) -> (StatusCode, Value) {
        let asked = Request::get(format!("/api/surveys/?token={CLIENT}")).body(Body::empty()).unwrap();
        answer(self.serving.router(), asked).await
    }

    /// `POST /flags/?v=2`, as posthog-js does it.
    pub(crate) async fn flags_of(&self, person: &str) -> Value {
        let body = json!({ "token": CLIENT, "distinct_id": person }).to_string();
        answer(self.flags.router(), Request::post("/flags/?v=2").body(Body::from(body)).unwrap()).await.1
    }

    pub(crate) async fn config(&self) -> Value {
        let asked = Request::get(format!("/array/{CLIENT}/config")).body(Body::empty()).unwrap();
        answer(self.flags.router(), asked).await.1
    }

    /// Somebody says something by the API.
    pub(crate) async fn say(&self, body: &Value, witness: Option<&str>) -> (StatusCode, Value) {
        let mut request = Request::post("/api/v1/feedback")
            .header(header::AUTHORIZATION, format!("Bearer {CLIENT}"))
            .body(Body::from(body.to_string()))
            .unwrap();
        let witness = witness.map(str::to_owned);
        request.extensions_mut().insert(Arrival { first_party: witness.is_some(), witness, address: None });
        answer(self.serving.router(), request).await
    }

    /// What posthog-js sends.
    pub(crate) async fn capture(&self, event: &str, person: &str, properties: &Value) {
        let body = json!({ "api_key": CLIENT, "batch": [{ "event": event, "distinct_id": person, "properties": properties }] });
        let request = Request::post("/batch/").body(Body::from(body.to_string())).unwrap();
        assert_eq!(answer(self.capture.router(), request).await.0, StatusCode::OK);
    }

    pub(crate) fn expose(&self, person: &str, variant: &str) {
        let key = events::exposure_key("gift-wrap", variant, person);
        self.capture.expose(key, || Exposure {
            flag: "gift-wrap".into(),
            variant: variant.into(),
            unit_kind: "visitor".into(),
            unit: person.into(),
            at_ms: SystemClock.now().as_millisecond(),
            reason: "SPLIT".into(),
            revision: 1,
            split: None,
            source: Source::Ofrep,
            aside: None,
            witness: None,
            role: None,
        });
    }

    /// Waits until so many fit, and gives them.
    pub(crate) async fn found(&self, query: &Query, many: u64) -> FeedbackPage {
        let mut page = None;
        until(&format!("{many} fit {query:?}"), async || {
            let found = self.feedback.list(query, None).await.unwrap();
            let fits = found.total == many;
            page = Some(found);
            fits
        })
        .await;
        page.unwrap()
    }

    pub(crate) async fn end(self) {
        self.shutdown.cancel();
        self.log.close().await.unwrap();
        for task in self.tasks {
            task.await.unwrap();
        }
        self.test.db.close().await;
    }
}

async fn answer(router: axum::Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < SOON, "it is not so that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
