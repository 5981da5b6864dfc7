//! A repository, its mirror and a data folder, and what a run told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use delivery::gate::Gates;
use delivery::git::Mirror;
use delivery::verify::{self, Plan, Sink, StepFinished, StepKind, StepQueued, StepStarted, StepState, Verified};
use exec::Launcher;
use futures_util::future::{BoxFuture, FutureExt};
use tokio_util::sync::CancellationToken;

use crate::git::repository::Repository;

const AT_MOST: Duration = Duration::from_mins(2);

pub(crate) struct Harness {
    pub(crate) repository: Repository,
    data: tempfile::TempDir,
    runs: Mutex<u32>,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) verified: Verified,
    pub(crate) steps: Vec<Told>,
}

/// What was told of a step.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) queued: StepQueued,
    pub(crate) has_started: bool,
    pub(crate) finished: Option<StepFinished>,
}

#[derive(Debug, Default)]
struct Listener(Mutex<Vec<Told>>);

impl Harness {
    /// A repository whose first commit will hold `configuration`.
    pub(crate) fn new(configuration: &str) -> Self {
        let harness = Self { repository: Repository::new(), data: tempfile::tempdir().unwrap(), runs: Mutex::new(0) };
        harness.repository.write("trunkline.yaml", configuration);
        harness
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    fn mirror_folder(&self) -> PathBuf {
        self.data().join("repositories/shop.git")
    }

    /// Verifies the newest commit.
    pub(crate) async fn verify(&self) -> Ran {
        self.verify_until(CancellationToken::new()).await
    }

    pub(crate) async fn verify_until(&self, cancel: CancellationToken) -> Ran {
        let mirror = Mirror::open(&self.mirror_folder(), &self.repository.url()).await.unwrap();
        let commit = mirror.fetch("main").await.unwrap().unwrap();
        let parent = mirror.commit(&commit).await.unwrap().unwrap().parents.first().cloned();
        let listener = Arc::new(Listener::default());
        let plan = self.plan(commit, parent);
        let launcher = Launcher::beside_tests();
        let run = verify::run(plan, &launcher, Arc::clone(&listener) as Arc<dyn Sink>, cancel);
        let verified = tokio::time::timeout(AT_MOST, run).await.expect("the run ends").unwrap();
        let steps = listener.0.lock().unwrap().clone();
        Ran { verified, steps }
    }

    fn plan(&self, commit: String, parent: Option<String>) -> Plan {
        let mut runs = self.runs.lock().unwrap();
        *runs += 1;
        Plan {
            mirror: self.mirror_folder(),
            repository: "shop".into(),
            commit,
            parent,
            data: self.data().to_owned(),
            work: self.data().join(format!("work/runs/{runs}")),
            logs: self.data().join(format!("logs/runs/{runs}")),
            definitions: Arc::new(crate::words::Words),
            gates: Gates::default(),
            redact: vec!["very-secret-value".into()],
        }
    }
}

impl Ran {
    pub(crate) fn step(&self, name: &str) -> &StepFinished {
        let told = self.steps.iter().find(|told| told.queued.name == name);
        let told = told.unwrap_or_else(|| panic!("no step {name} in {:#?}", self.steps));
        told.finished.as_ref().unwrap_or_else(|| panic!("{name} did not finish"))
    }

    pub(crate) fn state(&self, name: &str) -> StepState {
        self.step(name).state
    }

    pub(crate) fn summary(&self, name: &str) -> &str {
        self.step(name).summary.as_deref().unwrap_or_default()
    }

    pub(crate) fn log(&self, name: &str) -> String {
        let told = self.steps.iter().find(|told| told.queued.name == name).unwrap();
        String::from_utf8_lossy(&std::fs::read(&told.queued.log).unwrap_or_default()).into_owned()
    }

    pub(crate) fn names(&self, kind: StepKind) -> Vec<&str> {
        self.steps.iter().filter(|told| told.queued.kind == kind).map(|told| told.queued.name.as_str()).collect()
    }

    pub(crate) fn assert_passed(&self) {
        let logs: Vec<_> = self.steps.iter().map(|told| (&told.queued.name, self.log(&told.queued.name))).collect();
        assert!(self.verified.passed, "{:?}\n{:#?}\n{logs:#?}", self.verified.why, self.steps);
    }
}

impl Listener {
    fn change(&self, name: &str, change: impl FnOnce(&mut Told)) {
        let mut steps = self.0.lock().unwrap();
        change(
            steps.iter_mut().find(|told| told.queued.name == name).expect("only steps that were queued are told of"),
        );
    }
}

impl Sink for Listener {
    fn queued(&self, steps: Vec<StepQueued>) -> BoxFuture<'_, ()> {
        let told = steps.into_iter().map(|queued| Told { queued, has_started: false, finished: None });
        self.0.lock().unwrap().extend(told);
        async {}.boxed()
    }

    fn started(&self, step: StepStarted) -> BoxFuture<'_, ()> {
        self.change(&step.name, |told| {
            assert!(!told.has_started, "{} started twice", step.name);
            told.has_started = true;
        });
        async {}.boxed()
    }

    fn finished(&self, step: StepFinished) -> BoxFuture<'_, ()> {
        self.change(&step.name.clone(), |told| {
            assert!(told.finished.is_none(), "{} finished twice", step.name);
            told.finished = Some(step);
        });
        async {}.boxed()
    }
}
