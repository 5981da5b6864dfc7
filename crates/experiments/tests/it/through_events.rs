//! Experiments without an effect through the real event path: exposures, PostHog's batches, the log on disk, its segments, the
//! journeys, the looks. Each look must see and say what the same persons give in memory.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Bearer, Role, Tokens};
use axum::Router;
use axum::body::Body;
use columnar::wal;
use events::record::{Exposure, Source};
use events::{Capture, CaptureOptions, Events, EventsOptions, Limits, Retention, Seen, exposure_key};
use experiments::model::{Decision, Definition, Evidence, assess, parse};
use experiments::stats::Moments;
use experiments::{By, Experiments, Extent, Live};
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use journeys::{Journeys, JourneysOptions, Stage};
use kernel::{Clock as _, ManualClock};
use serde_json::{Value, json};
use storage::testing::TestDb;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::facade::Halves;
use crate::simulated::{Fate, LOOKS, SplitMix, nothing_seen, same};

const EXPERIMENTS: u64 = 50;
const PERSONS_PER_LOOK: u64 = 40;
/// A flag that nothing compares.
const LAST: &str = "last";
const TOKEN: &str = "tl_server_x";
const CONVERTS: [f64; 3] = [0.05, 0.2, 0.5];

fn name(experiment: u64) -> String {
    format!("x{experiment}")
}

fn declaration(experiment: u64) -> String {
    let planned = PERSONS_PER_LOOK * LOOKS;
    format!(
        "{{ experiment: x{experiment}, owner: sales, hypothesis: it is better, flag: x{experiment}, control: 'off', treatment: 'on',
           within: 1h, min_duration: 1d, min_persons: 100, planned_persons: {planned}, metrics: [
             {{ name: paid, role: success, journey: j{experiment} }},
             {{ name: revenue, role: guardrail, event: paid {experiment}, sum: price, margin: 20% }} ] }}"
    )
}

fn journey(experiment: u64) -> String {
    format!(
        "{{ journey: j{experiment}, domain: sales, within: 1h,
           steps: [{{ name: came, event: came }}, {{ name: paid, event: paid {experiment} }}] }}"
    )
}

/// The same persons in memory, and what the looks at them say.
struct Memory {
    definition: Definition,
    random: SplitMix,
    evidence: Evidence,
    converts: f64,
    said: Vec<(Evidence, Decision)>,
}

impl Memory {
    fn of(experiment: u64) -> Self {
        Self {
            definition: parse(&declaration(experiment), "x.yaml").unwrap(),
            random: SplitMix(experiment),
            evidence: nothing_seen(&["paid", "revenue"]),
            converts: CONVERTS[usize::try_from(experiment % 3).unwrap()],
            said: Vec::new(),
        }
    }

    fn comes(&mut self) -> Fate {
        let fate = Fate::next(&mut self.random, same(self.converts));
        fate.add_to(&mut self.evidence);
        fate
    }

    /// Once it is decided nobody looks any more.
    fn look(&mut self, started_ms: i64, at_ms: i64) {
        if self.said.last().is_some_and(|(_, decision)| *decision != Decision::KeepRunning) {
            return;
        }
        self.evidence.look += 1;
        (self.evidence.started_ms, self.evidence.at_ms) = (started_ms, at_ms);
        let assessment = assess(&self.definition, &self.evidence);
        self.said.push((self.evidence.clone(), assessment.decision));
        self.evidence.srm_p_before = assessment.srm.p;
    }
}

struct Bed {
    clock: ManualClock,
    capture: Capture,
    router: Router,
    events: Events,
    experiments: Experiments,
    shutdown: CancellationToken,
    _test: TestDb,
    _data: tempfile::TempDir,
}

impl Bed {
    async fn start() -> Self {
        let (test, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
        test.db.migrate(&[events::MIGRATIONS, experiments::MIGRATIONS, journeys::MIGRATIONS]).await.unwrap();
        let noon: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let (clock, shutdown) = (ManualClock::at(noon), CancellationToken::new());
        let capture = capture(data.path(), &clock);
        let shared: Arc<dyn kernel::Clock> = Arc::new(clock.clone());
        let options = EventsOptions {
            db: test.db.clone(),
            clock: Arc::clone(&shared),
            data: data.path().to_owned(),
            retention: Retention::default(),
        };
        let events = Events::open(options).unwrap();
        events.start(shutdown.clone());
        let ours =
            JourneysOptions { db: test.db.clone(), clock: Arc::clone(&shared), events: Arc::new(events.clone()) };
        let journeys = Journeys::open(ours);
        let files: Vec<_> = (0..EXPERIMENTS).map(|n| (format!("journeys/j{n}.yaml"), journey(n))).collect();
        journeys.apply("c1", &files, Stage::Live).await.unwrap();
        let customers = Arc::new(Live { events: events.clone(), journeys });
        let experiments = Experiments::open(experiments::Options {
            db: test.db.clone(),
            clock: shared,
            customers,
            flags: Arc::new(Halves),
        });
        let files: Vec<_> = (0..EXPERIMENTS).map(|n| (format!("experiments/x{n}.yaml"), declaration(n))).collect();
        experiments.apply("c1", &files, Extent::All).await.unwrap();
        for experiment in 0..EXPERIMENTS {
            experiments.begin(&name(experiment), &By { who: "ada".into(), why: None }).await.unwrap();
        }
        let router = capture.router();
        Self { clock, capture, router, events, experiments, shutdown, _test: test, _data: data }
    }

    /// One person comes, whose cookie comes back, and is given a variant of each flag.
    fn comes(&self, person: &str, fates: &[Fate]) {
        self.capture.seen(&Seen {
            service: "shop",
            deployment: 1,
            person,
            witness: Some(person),
            method: "GET",
            path: "/",
            status: 200,
            page: false,
            user_agent: None,
        });
        for (experiment, fate) in (0..).zip(fates) {
            self.is_given(&name(experiment), if fate.is_treated { "on" } else { "off" }, person);
        }
    }

    fn is_given(&self, flag: &str, variant: &str, person: &str) {
        self.capture.expose(exposure_key(flag, variant, person), || Exposure {
            flag: flag.into(),
            variant: variant.into(),
            unit_kind: "visitor".into(),
            unit: person.into(),
            at_ms: self.clock.now().as_millisecond(),
            reason: "SPLIT".into(),
            revision: 1,
            split: None,
            source: Source::Ofrep,
            aside: None,
            witness: None,
            role: None,
        });
    }

    async fn captures(&self, batch: &[Value]) {
        let body = Body::from(json!({ "api_key": TOKEN, "batch": batch }).to_string());
        let request = Request::post("/batch/").header("content-type", "application/json").body(body).unwrap();
        assert_eq!(self.router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    }

    /// Waits until all that was told so far is known: the log keeps its order, and this is told last.
    async fn until_known(&self, look: u64) {
        self.is_given(LAST, "on", &format!("person-{look}-0"));
        let began = Instant::now();
        while self.events.exposed_persons(LAST).await.unwrap() <= look {
            assert!(began.elapsed() < Duration::from_secs(20), "what was told is not known");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn capture(data: &Path, clock: &ManualClock) -> Capture {
    let options = wal::Options {
        folder: data.join("events/log"),
        seal_bytes: 1 << 20,
        seal_after: Duration::from_secs(5),
        queue_bytes: 64 << 20,
    };
    let bearer = Bearer { id: "s1".into(), role: Role::Server, deployment: None };
    Capture::new(CaptureOptions {
        log: wal::Writer::open(options).unwrap(),
        clock: Arc::new(clock.clone()),
        tokens: Tokens::of([(TOKEN, bearer)]),
        limits: Limits::default(),
        static_files: None,
    })
}

fn event(name: &str, person: &str, properties: &Value) -> Value {
    json!({ "event": name, "distinct_id": person, "properties": properties })
}

/// The same but for the order in which persons are added up.
fn is_close(one: Moments, other: Moments) -> bool {
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
    one.n == other.n && is_near(one.mean, other.mean) && is_near(one.squares, other.squares)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_experiments_without_effect_say_what_the_same_persons_say_in_memory() {
    let bed = Bed::start().await;
    let started_ms = bed.clock.now().as_millisecond();
    let mut memories: Vec<Memory> = (0..EXPERIMENTS).map(Memory::of).collect();
    for look in 0..LOOKS {
        let mut paid = Vec::new();
        let mut came = Vec::new();
        for n in 0..PERSONS_PER_LOOK {
            let person = format!("person-{look}-{n}");
            let fates: Vec<Fate> = memories.iter_mut().map(Memory::comes).collect();
            bed.comes(&person, &fates);
            came.push(event("came", &person, &json!({})));
            for (experiment, fate) in fates.iter().enumerate().filter(|(_, fate)| fate.converts) {
                paid.push(event(&format!("paid {experiment}"), &person, &json!({ "price": fate.spent })));
            }
        }
        bed.captures(&came).await;
        bed.clock.advance(SignedDuration::from_secs(1));
        bed.captures(&paid).await;
        bed.clock.advance(SignedDuration::from_hours(24));
        bed.until_known(look).await;
        bed.experiments.look_at_all().await.unwrap();
        let at_ms = bed.clock.now().as_millisecond();
        for memory in &mut memories {
            memory.look(started_ms, at_ms);
        }
    }
    let mut wrong = 0;
    for (experiment, memory) in (0..).zip(&memories) {
        let looks = bed.experiments.looks(&name(experiment), None).await.unwrap();
        assert_eq!(looks.len(), memory.said.len(), "experiment {experiment}");
        for (look, (evidence, decision)) in looks.iter().zip(&memory.said) {
            let seen: Evidence = serde_json::from_value(look.evidence.clone()).unwrap();
            let told = format!("experiment {experiment}, look {}", look.look);
            assert_eq!(look.assessment.decision, *decision, "{told}");
            assert_eq!((seen.shown, seen.shown_both, seen.unwitnessed), (evidence.shown, 0, 0), "{told}");
            let names = |evidence: &Evidence| evidence.metrics.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&seen), names(evidence), "{told}");
            for (ours, theirs) in seen.metrics.iter().zip(&evidence.metrics) {
                assert!(
                    is_close(ours.arms.a, theirs.arms.a) && is_close(ours.arms.b, theirs.arms.b),
                    "{told}: {ours:?}, in memory {theirs:?}"
                );
            }
        }
        let is_false = [Decision::Ship, Decision::RollBack, Decision::Invalid].contains(&memory.said.last().unwrap().1);
        wrong += u64::from(is_false);
    }
    println!("of {EXPERIMENTS} without effect through the event path, {wrong} are decided");
    assert!(wrong <= 2, "{wrong}: more than 5.65 %");
    bed.shutdown.cancel();
}
