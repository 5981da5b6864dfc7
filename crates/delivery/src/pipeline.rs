//! The pipeline: one run at a time for each repository, always the newest change.
//!
//! A change is superseded when a newer one lands before its run is over: it ships inside the newer one. The run that goes
//! on is ended then, but never two in a row ([`Going`]), else a busy trunk would never ship anything.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::gate::Gates;
use crate::store::change::{State, StoredChange};
use crate::store::repository::Repository;
use crate::verify::{self, Verified};
use crate::{Error, deploy, space, store};

mod going;
mod recorder;
mod records;
mod signing;

pub(crate) use going::Going;

use recorder::Recorder;
use records::Records;
use signing::Signing;

/// In case a bell was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Runs until `shutdown`.
pub(crate) async fn run(engine: Arc<Engine>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = verify_newest(&engine, &shutdown).await {
            tracing::error!(error = kernel::chain(&error), "the pipeline failed; it is tried again");
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = engine.pipeline.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// After a crash: runs that were open are over, and their changes wait again.
pub(crate) async fn recover(engine: &Engine) -> Result<(), Error> {
    let now = engine.now();
    for run in store::run::open(engine.db()).await? {
        let mut tx = engine.db().begin().await?;
        store::run::close_steps(&mut tx, &run.id, now).await?;
        store::run::finish(
            &mut tx,
            &run.id,
            "cancelled",
            Some("the control plane was restarted; a new run follows"),
            now,
        )
        .await?;
        if let Some(change) = store::change::find(engine.db(), &run.sha).await? {
            store::change::set_state(&mut tx, &change.repository, &change.sha, State::Queued, None).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn verify_newest(engine: &Arc<Engine>, shutdown: &CancellationToken) -> Result<(), Error> {
    for repository in store::repository::repositories(engine.db()).await? {
        while let Some(change) = next_change(engine, &repository).await? {
            if shutdown.is_cancelled() || space::shortage(engine.data()).is_some() {
                return Ok(());
            }
            verify_change(engine, &repository, &change, shutdown).await?;
        }
    }
    Ok(())
}

/// The newest queued change; older ones are superseded.
async fn next_change(engine: &Engine, repository: &Repository) -> Result<Option<StoredChange>, Error> {
    let mut queued = store::change::queued(engine.db(), &repository.name).await?.into_iter();
    let Some(newest) = queued.next() else { return Ok(None) };
    for older in queued {
        let why = format!("{} landed before its run began; it is verified as part of that", newest.short());
        let mut tx = engine.db().begin().await?;
        store::change::set_state(&mut tx, &older.repository, &older.sha, State::Superseded, Some(&why)).await?;
        tx.publish("delivery", "run.superseded", &json!({ "commit": older.sha, "by": newest.sha })).await?;
        tx.commit().await?;
        engine.tell("change", older.sha);
    }
    Ok(Some(newest))
}

async fn verify_change(
    engine: &Arc<Engine>,
    repository: &Repository,
    change: &StoredChange,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let run = kernel::id::fresh();
    let mut tx = engine.db().begin().await?;
    store::run::begin(&mut tx, &run, &change.repository, &change.sha, engine.now()).await?;
    store::change::set_run(&mut tx, &change.repository, &change.sha, &run).await?;
    tx.publish("delivery", "run.started", &json!({ "run": run, "commit": change.sha })).await?;
    tx.commit().await?;
    engine.tell("change", change.sha.clone());
    engine.tell("run", run.clone());
    let cancel = shutdown.child_token();
    engine.runs.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), cancel.clone());
    engine.going.begin(&repository.name, &run);
    let recorder = Arc::new(Recorder::new(Arc::clone(engine), run.clone()));
    let outcome = execute(engine, repository, change, &run, &recorder, cancel.clone()).await;
    engine.runs.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    let newer = engine.going.end(&repository.name);
    if shutdown.is_cancelled() {
        // Left open on purpose: the next start runs it again.
        return Ok(());
    }
    let is_passed = outcome.as_ref().is_ok_and(|verified| verified.passed);
    if let (false, Some(shortage)) = (is_passed || cancel.is_cancelled(), space::shortage(engine.data())) {
        return put_back(engine, change, &run, &shortage).await;
    }
    let ended = match newer {
        // It was quicker than the word that nobody waits for it.
        Some(_) if is_passed => Ended::ByItself,
        Some(newer) => Ended::For { newer },
        None if cancel.is_cancelled() => Ended::ByHand,
        None => Ended::ByItself,
    };
    conclude(engine, repository, change, &run, outcome, ended).await
}

/// Ends the run that goes on in the repository, for a newer change.
pub(crate) fn supersede_running(engine: &Engine, repository: &str, newer: &str) {
    let Some(run) = engine.going.supersede(repository, newer) else { return };
    if let Some(cancel) = engine.runs.lock().unwrap_or_else(PoisonError::into_inner).get(&run) {
        cancel.cancel();
    }
}

/// Why a run is over.
enum Ended {
    ByItself,
    /// A person ended it, or a rewrite of trunk dropped its commit.
    ByHand,
    For {
        newer: String,
    },
}

async fn execute(
    engine: &Arc<Engine>,
    repository: &Repository,
    change: &StoredChange,
    run: &str,
    recorder: &Arc<Recorder>,
    cancel: CancellationToken,
) -> Result<Verified, Error> {
    let plan = verify::Plan {
        mirror: engine.mirror_path(&repository.name),
        repository: repository.name.clone(),
        commit: change.sha.clone(),
        parent: change.parent.clone(),
        data: engine.data().to_owned(),
        work: engine.data().join("work").join("runs").join(run),
        logs: engine.data().join("logs").join("runs").join(run),
        redact: all_secrets(engine).await?,
        definitions: Arc::clone(&engine.options.definitions),
        gates: Gates {
            all: engine.gates.get().cloned().unwrap_or_default(),
            run: run.to_owned(),
            production: Some(Arc::new(Records(Arc::clone(engine)))),
        },
    };
    Ok(verify::run(plan, &engine.options.launcher, Arc::clone(recorder) as Arc<dyn verify::Sink>, cancel).await?)
}

/// Every secret of every service: none may stand in a log.
async fn all_secrets(engine: &Engine) -> Result<Vec<String>, Error> {
    let mut values = Vec::new();
    for name in store::secret::names(engine.db())
        .await?
        .into_iter()
        .map(|s| s.service)
        .collect::<std::collections::BTreeSet<_>>()
    {
        let sealed = store::secret::sealed(engine.db(), &name).await?;
        values.extend(engine.key.open_all(&name, sealed)?.into_values());
    }
    Ok(values)
}

/// Whatever failed while the disk was full says nothing about the change: it waits for space and another run.
async fn put_back(engine: &Engine, change: &StoredChange, run: &str, shortage: &str) -> Result<(), Error> {
    let now = engine.now();
    let why = format!("{shortage}; a new run follows when there is");
    let mut tx = engine.db().begin().await?;
    store::run::close_steps(&mut tx, run, now).await?;
    store::run::finish(&mut tx, run, State::Cancelled.text(), Some(&why), now).await?;
    store::change::set_state(&mut tx, &change.repository, &change.sha, State::Queued, Some(&why)).await?;
    tx.commit().await?;
    engine.tell("run", run);
    engine.tell("change", change.sha.clone());
    Ok(())
}

/// Writes down how the run ended.
async fn conclude(
    engine: &Engine,
    repository: &Repository,
    change: &StoredChange,
    run: &str,
    outcome: Result<Verified, Error>,
    ended: Ended,
) -> Result<(), Error> {
    let (verified, why) = match outcome {
        Ok(verified) => {
            let why = verified.why.clone();
            (Some(verified), why)
        }
        Err(error) => (None, Some(kernel::chain(&error))),
    };
    let (state, why) = match (&ended, &verified) {
        (Ended::ByHand, _) => (State::Cancelled, why),
        (Ended::For { newer }, _) => {
            let newer = store::change::short(newer);
            (State::Superseded, Some(format!("{newer} landed while its run went on; it is verified as part of that")))
        }
        (Ended::ByItself, Some(verified)) if verified.passed => (State::Passed, why),
        (Ended::ByItself, _) => (State::Failed, why),
    };
    let now = engine.now();
    let known = store::repository::services(engine.db()).await?;
    let began = store::run::find(engine.db(), run).await?.and_then(|run| run.started).unwrap_or(now);
    let signing = Signing { engine, repository, change, run, began, now };
    let mut tx = engine.db().begin().await?;
    if let Some(verified) = &verified {
        if let Some(config) = &verified.config {
            store::change::set_config(&mut tx, &change.repository, &change.sha, config).await?;
            if state == State::Passed {
                deploy::declare(&mut tx, change, config, &known).await?;
            }
        }
        store::change::set_red_green(&mut tx, &change.repository, &change.sha, &verified.red_green).await?;
        for (service, artifact) in &verified.artifacts {
            let provenance = signing.sign(service, artifact, verified.config.as_ref());
            store::run::put_artifact(&mut tx, &change.repository, &change.sha, service, artifact, &provenance).await?;
        }
        if let Some(held) = &verified.held {
            store::change::set_held(&mut tx, &change.repository, &change.sha, held).await?;
        }
        if let Some(plan) = &verified.plan {
            store::run::put_plan(&mut tx, &change.repository, &change.sha, plan).await?;
        }
    }
    store::run::close_steps(&mut tx, run, now).await?;
    let run_state = if state == State::Superseded { State::Cancelled } else { state };
    store::run::finish(&mut tx, run, run_state.text(), why.as_deref(), now).await?;
    store::change::set_state(&mut tx, &change.repository, &change.sha, state, why.as_deref()).await?;
    tx.publish("delivery", &format!("run.{}", state.text()), &json!({ "run": run, "commit": change.sha, "why": why }))
        .await?;
    tx.commit().await?;
    tracing::info!(commit = change.short(), state = state.text(), why, "run ended");
    engine.tell("run", run);
    engine.tell("change", change.sha.clone());
    Ok(())
}
