//! Writes the steps of a run into the store as they begin and end.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::engine::Engine;
use crate::store::run::StoredStep;
use crate::verify::{Sink, StepFinished, StepQueued, StepStarted, StepState};
use crate::{Error, store};

#[derive(Debug)]
pub(crate) struct Recorder {
    engine: Arc<Engine>,
    run: String,
    steps: Mutex<HashMap<String, (u64, StoredStep)>>,
}

impl Recorder {
    pub(crate) fn new(engine: Arc<Engine>, run: String) -> Self {
        Self { engine, run, steps: Mutex::default() }
    }

    async fn add(&self, queued: Vec<StepQueued>) -> Result<(), Error> {
        let mut steps = self.steps.lock().await;
        let mut tx = self.engine.db().begin().await?;
        for step in queued {
            let stored = StoredStep {
                name: step.name.clone(),
                kind: step.kind,
                state: StepState::Queued,
                command: step.command,
                started: None,
                ended: None,
                summary: None,
                cases: None,
                judgement: None,
                log: step.log.display().to_string(),
                log_truncated: false,
            };
            store::run::put_step(&mut tx, &self.run, step.position, &stored).await?;
            steps.insert(step.name, (step.position, stored));
        }
        Ok(tx.commit().await?)
    }

    async fn change(&self, name: &str, change: impl FnOnce(&mut StoredStep)) -> Result<(), Error> {
        let mut steps = self.steps.lock().await;
        let Some((position, step)) = steps.get_mut(name) else { return Ok(()) };
        change(step);
        let mut tx = self.engine.db().begin().await?;
        store::run::put_step(&mut tx, &self.run, *position, step).await?;
        Ok(tx.commit().await?)
    }

    /// A step that could not be written down is not lost: its run is, when it ends, and says so.
    fn report(&self, result: Result<(), Error>) {
        if let Err(error) = result {
            tracing::error!(run = self.run, error = kernel::chain(&error), "a step could not be recorded");
        }
        self.engine.tell("run", self.run.clone());
    }
}

impl Sink for Recorder {
    fn queued(&self, steps: Vec<StepQueued>) -> BoxFuture<'_, ()> {
        async move { self.report(self.add(steps).await) }.boxed()
    }

    fn started(&self, step: StepStarted) -> BoxFuture<'_, ()> {
        let now = self.engine.now();
        let begin = move |s: &mut StoredStep| {
            s.state = StepState::Running;
            s.started = Some(now);
        };
        async move { self.report(self.change(&step.name, begin).await) }.boxed()
    }

    fn finished(&self, step: StepFinished) -> BoxFuture<'_, ()> {
        let now = self.engine.now();
        async move {
            let name = step.name;
            let end = |s: &mut StoredStep| {
                s.state = step.state;
                s.ended = Some(now);
                s.summary = step.summary;
                s.cases = step.cases;
                s.judgement = step.judgement;
                s.log_truncated = step.log_truncated;
            };
            self.report(self.change(&name, end).await);
        }
        .boxed()
    }
}
