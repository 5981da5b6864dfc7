//! The steps of a run: their names and logs, and what the sink hears of them.

use std::path::Path;
use std::sync::Arc;

use crate::config::Product;
use crate::gate::{Gate, Judgement};
use crate::verify::command::slug;
use crate::verify::{Cases, Sink, StepFinished, StepKind, StepQueued, StepStarted, StepState};

const PREPARE: &str = "prepare";
const COLLECT: &str = "collect the files to keep";
const JUDGE: &str = "judge the change";

/// The steps of a run after the first, in the order in which they are shown.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// If there are definitions.
    pub(crate) definitions: Option<StepQueued>,
    /// One for each check of the configuration.
    pub(crate) checks: Vec<StepQueued>,
    /// One for each check that says which files are tests.
    pub(crate) red_green: Vec<StepQueued>,
    pub(crate) plan: Option<StepQueued>,
    /// One for each service.
    pub(crate) builds: Vec<StepQueued>,
    /// One for each gate.
    pub(crate) gates: Vec<StepQueued>,
}

/// Gives out names that no other step has.
#[derive(Debug)]
struct Names<'a> {
    logs: &'a Path,
    taken: Vec<String>,
}

impl Names<'_> {
    fn step(&mut self, kind: StepKind, name: &str, command: &str) -> StepQueued {
        let mut unique = name.to_owned();
        let mut number = 2;
        while self.taken.contains(&unique) {
            unique = format!("{name}-{number}");
            number += 1;
        }
        let position = self.taken.len() as u64;
        self.taken.push(unique.clone());
        let log = self.logs.join(format!("{}.log", slug(&unique)));
        StepQueued { position, name: unique, kind, command: command.to_owned(), log }
    }
}

impl Schedule {
    /// What comes before the configuration is known.
    pub(crate) fn prepare(logs: &Path) -> StepQueued {
        Names { logs, taken: vec![] }.step(StepKind::Prepare, PREPARE, "read trunkline.yaml")
    }

    pub(crate) fn of(product: &Product, definitions: usize, gates: &[Arc<dyn Gate>], logs: &Path) -> Self {
        let mut names = Names { logs, taken: vec![PREPARE.to_owned()] };
        let definitions =
            (definitions > 0).then(|| names.step(StepKind::Check, "definitions", "read flags, segments and journeys"));
        let checks = product.checks.iter().map(|check| names.step(StepKind::Check, &check.name, &check.run)).collect();
        let tested = product.checks.iter().filter(|check| !check.tests.is_empty());
        let red_green =
            tested.map(|check| names.step(StepKind::RedGreen, &format!("red-green-{}", check.name), &check.run));
        let red_green = red_green.collect();
        let plan = product.infrastructure.as_ref().map(|_| names.step(StepKind::Plan, "plan", "terraform plan"));
        let builds = product.services.iter().map(|(name, service)| {
            let line = service.build.as_ref().and_then(|build| build.run.as_deref()).unwrap_or(COLLECT);
            names.step(StepKind::Build, &format!("build-{name}"), line)
        });
        let builds = builds.collect();
        let gates = gates.iter().map(|gate| names.step(StepKind::Gate, &format!("gate: {}", gate.name()), JUDGE));
        let gates = gates.collect();
        Self { definitions, checks, red_green, plan, builds, gates }
    }

    /// All of them, in that order.
    pub(crate) fn all(&self) -> Vec<StepQueued> {
        self.definitions
            .iter()
            .chain(&self.checks)
            .chain(&self.red_green)
            .chain(&self.plan)
            .chain(&self.builds)
            .chain(&self.gates)
            .cloned()
            .collect()
    }
}

/// How a step ended.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) state: StepState,
    pub(crate) seconds: f64,
    pub(crate) summary: Option<String>,
    pub(crate) cases: Option<Cases>,
    pub(crate) judgement: Option<Judgement>,
    pub(crate) log_bytes: u64,
    pub(crate) log_truncated: bool,
}

impl Ending {
    /// One that ran no command.
    pub(crate) fn plain(state: StepState, summary: impl Into<String>) -> Self {
        let summary = Some(summary.into());
        Self { state, seconds: 0.0, summary, cases: None, judgement: None, log_bytes: 0, log_truncated: false }
    }

    pub(crate) fn cancelled() -> Self {
        Self::plain(StepState::Cancelled, "the run was cancelled")
    }

    /// One that failed for a reason of ours, a full disk for example.
    pub(crate) fn failed(error: &dyn std::error::Error) -> Self {
        Self::plain(StepState::Failed, kernel::chain(error))
    }
}

/// The sink with what every step tells it.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    sink: Arc<dyn Sink>,
}

impl Telling {
    pub(crate) fn new(sink: Arc<dyn Sink>) -> Self {
        Self { sink }
    }

    pub(crate) async fn queued(&self, steps: Vec<StepQueued>) {
        self.sink.queued(steps).await;
    }

    pub(crate) async fn started(&self, step: &StepQueued) {
        self.sink.started(StepStarted { name: step.name.clone() }).await;
    }

    pub(crate) async fn finished(&self, step: &StepQueued, ending: &Ending) {
        let ending = ending.clone();
        let finished = StepFinished {
            name: step.name.clone(),
            state: ending.state,
            seconds: ending.seconds,
            summary: ending.summary,
            cases: ending.cases,
            judgement: ending.judgement,
            log_bytes: ending.log_bytes,
            log_truncated: ending.log_truncated,
        };
        self.sink.finished(finished).await;
    }
}
