//! How quick it is: from a push to the first step of its run, and from the decision to roll back to the last answer of
//! the version that is taken back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use acceptance::{Connection, Installation, Repository, get, products, quantile, say, until, until_within};
use jiff::{SignedDuration, Timestamp};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(150);
const PUSHES: usize = 24;
const PUSH_TO_FIRST_STEP: SignedDuration = SignedDuration::from_millis(500);
const ROLLBACKS: usize = 50;
const DECISION_TO_OLD_VERSION: Duration = Duration::from_secs(1);
/// Without an answer of the version for so long, there are none any more.
const SILENCE: Duration = Duration::from_millis(300);
const ASKS_EVERY: Duration = Duration::from_millis(4);

fn product(root: &std::path::Path, rollout: &str) -> (Repository, Installation) {
    let repository = Repository::new(&root.join("pets"));
    products::node(&repository, "v0");
    repository.write("trunkline.yaml", &products::quick_node(rollout));
    repository.commit("first version");
    let trunkline = Installation::start(repository.folder(), &root.join("data"));
    until("the first version is served", || trunkline.product("/page").body.starts_with("v0"));
    (repository, trunkline)
}

#[test]
fn from_a_push_to_its_first_step() {
    let root = tempfile::tempdir().unwrap();
    let (repository, trunkline) = product(root.path(), "{ canary: [100] }");
    let took: Vec<_> = (1..=PUSHES).map(|n| push(n, &repository, &trunkline)).collect();
    let figures = [0.5, 0.95, 1.0].map(|share| quantile(&took, share).as_millis());
    say(&format!("push to first step, ms: p50 {}, p95 {}, max {} of {PUSHES}", figures[0], figures[1], figures[2]));
    assert!(quantile(&took, 0.95) <= PUSH_TO_FIRST_STEP, "{took:?}");
}

/// Commits; gives the time until the first step of its run began.
fn push(n: usize, repository: &Repository, trunkline: &Installation) -> SignedDuration {
    products::node(repository, &format!("v{n}"));
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", &format!("v{n}")]);
    let pushed = SystemClock.now();
    let commit = repository.git(&["rev-parse", "HEAD"]);
    let path = format!("/api/v1/changes/{commit}");
    until_within("the run passes", SOON, || {
        has_landed(trunkline, &commit) && trunkline.api("GET", &path, "")["run_view"]["state"] == "passed"
    });
    let change = trunkline.api("GET", &path, "");
    let steps = change["run_view"]["steps"].as_array().unwrap();
    let began = steps.iter().filter_map(|step| step["started"].as_str()?.parse::<Timestamp>().ok());
    began.min().expect("a step began").duration_since(pushed)
}

fn has_landed(trunkline: &Installation, commit: &str) -> bool {
    let changes = trunkline.api("GET", "/api/v1/changes?limit=5", "");
    changes.to_string().contains(commit)
}

#[test]
fn from_the_decision_to_roll_back_to_the_old_version() {
    let root = tempfile::tempdir().unwrap();
    let (repository, trunkline) =
        product(root.path(), "{ canary: [50, 100], step_seconds: 1, step_persons: 5, patience_seconds: 1 }");
    let probers = Probers::at(&trunkline.product_url);
    products::node(&repository, "v1");
    repository.commit("v1");
    let mut took = Vec::new();
    let mut newest = probers.newest();
    for n in 0..ROLLBACKS {
        until_within("a new version is served", SOON, || probers.newest() > newest);
        newest = probers.newest();
        if n % 2 == 0 {
            // Every other one is taken back when it is live already, the rest in their canary.
            until_phase(&trunkline, newest, "live");
        }
        took.push(roll_back(&trunkline, &probers, newest));
        until_phase(&trunkline, newest, "rolled_back");
        trunkline.api("POST", "/api/v1/deploy/resume", &json!({ "reason": "once more" }).to_string());
    }
    let figures = [0.5, 0.95, 1.0].map(|share| quantile(&took, share).as_millis());
    say(&format!(
        "decision to roll back to old version, ms: p50 {}, p95 {}, max {} of {ROLLBACKS}",
        figures[0], figures[1], figures[2]
    ));
    assert!(quantile(&took, 0.95) <= DECISION_TO_OLD_VERSION, "{took:?}");
}

fn until_phase(trunkline: &Installation, number: u64, phase: &str) {
    let path = format!("/api/v1/deployments/{number}");
    until_within(&format!("{number} is {phase}"), SOON, || trunkline.api("GET", &path, "")["phase"] == phase);
}

/// From just before the order is given to the last answer of the version that it takes back.
fn roll_back(trunkline: &Installation, probers: &Probers, number: u64) -> Duration {
    let decided = Instant::now();
    let rolled_back: Value =
        trunkline.api("POST", "/api/v1/deploy/rollback", &json!({ "reason": "to be measured" }).to_string());
    assert_eq!(rolled_back["from"], number);
    let old = rolled_back["to"].as_u64().unwrap();
    until_within(
        &format!("only {old} answers: {:?}", trunkline.api("GET", &format!("/api/v1/deployments/{number}"), "")),
        Duration::from_secs(30),
        || probers.last_answer(number).elapsed() > SILENCE && probers.last_answer(old).elapsed() < SILENCE,
    );
    probers.last_answer(number).saturating_duration_since(decided)
}

/// Customers who ask all the time: new ones, and one that came back. They note which release answered last when.
struct Probers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    stop: AtomicBool,
    last: Mutex<HashMap<u64, Instant>>,
}

impl Probers {
    fn at(address: &str) -> Self {
        let shared = Arc::new(Shared { stop: AtomicBool::new(false), last: Mutex::default() });
        let spawn = |ask: fn(&str, &Shared)| {
            let (shared, address) = (Arc::clone(&shared), address.to_owned());
            std::thread::spawn(move || ask(&address, &shared))
        };
        let threads = vec![spawn(newcomers), spawn(newcomers), spawn(regular)];
        Self { shared, threads }
    }

    fn newest(&self) -> u64 {
        self.shared.lock().keys().copied().max().unwrap_or_default()
    }

    fn last_answer(&self, release: u64) -> Instant {
        self.shared.lock()[&release]
    }
}

impl Drop for Probers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // What went wrong there has been said there.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Instant>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `v1 hello pets release 2`.
    fn note(&self, body: &str) {
        let release = body.rsplit(' ').next().and_then(|n| n.parse().ok());
        self.lock().insert(release.expect("an answer names its release"), Instant::now());
        std::thread::sleep(ASKS_EVERY);
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn newcomers(address: &str, shared: &Shared) {
    while !shared.is_over() {
        shared.note(&get(address, "/page").unwrap().body);
    }
}

fn regular(address: &str, shared: &Shared) {
    let mut connection = Connection::open(address).unwrap();
    while !shared.is_over() {
        shared.note(&connection.get("/page").unwrap().body);
    }
}
