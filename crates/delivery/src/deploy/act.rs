//! The two acts that cannot be repeated blindly: migrating the database and applying a Terraform plan.
//!
//! That one begins is recorded before it is started ([`super::record`]). If the control plane dies meanwhile, the
//! command dies with it and nothing here knows how it ended: the deployment then fails as *unknown*.

use std::sync::Arc;

use std::path::Path;

use exec::{End, Life, LogMode, Priority, Spec};

use crate::Error;
use crate::deploy::launch;
use crate::engine::Engine;
use crate::model::deployment::{Act, Stage};
use crate::store;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::verify::infrastructure;

const LOG_BYTES_MAX: u64 = 16 << 20;
/// A migration or apply that takes longer is ended and counts as unknown.
const SECONDS_MAX: f64 = 3_600.0;

/// Starts the act of the stage that was just recorded; its outcome is found by the next rounds.
pub(crate) fn begin(engine: &Arc<Engine>, stored: StoredDeployment) {
    let number = stored.state.number;
    engine.set_act(number, Act::Running);
    let engine = Arc::clone(engine);
    tokio::spawn(async move {
        let act = match stored.state.stage {
            Stage::Migration { .. } => migrate(&engine, &stored).await,
            _ => apply(&engine, &stored).await,
        };
        let act = act.unwrap_or_else(|error| Act::Failed { why: kernel::chain(&error) });
        if let Err(error) = journal(&engine, number, &act).await {
            tracing::warn!(number, error = kernel::chain(&error), "the outcome of an act could not be journalled");
        }
        engine.set_act(number, act);
        engine.deployer.notify_one();
    });
}

/// Called once at start: whatever was begun by an earlier process has no known outcome.
pub(crate) fn interrupted_acts_are_unknown(engine: &Engine) {
    engine.acts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
}

async fn journal(engine: &Engine, number: u64, act: &Act) -> Result<(), Error> {
    let (what, detail) = match act {
        Act::Done => ("it is done", None),
        Act::Failed { why } => ("it failed", Some(why.as_str())),
        Act::Running | Act::Unknown => ("how it ended is unknown", None),
    };
    let mut tx = engine.db().begin().await?;
    store::deployment::journal(&mut tx, number, engine.now(), Entry::Observed, what, detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn migrate(engine: &Engine, stored: &StoredDeployment) -> Result<Act, Error> {
    let deployment = &stored.state;
    let Some(line) = &stored.config.migrate else { return Ok(Act::Done) };
    let log = engine.data().join("logs").join("deployments").join(deployment.number.to_string()).join("migration.log");
    let spec = Spec {
        command: launch::shell(line),
        directory: launch::directory(engine, deployment, &stored.config),
        env: launch::environment(engine, stored).await?,
        redact: launch::redactions(engine, deployment).await?,
        log: log.clone(),
        log_bytes_max: LOG_BYTES_MAX,
        log_mode: LogMode::Stop,
        priority: Priority::Normal,
        isolation: launch::isolation(engine, deployment, launch::level(engine, stored).await?),
        timeout_seconds: Some(SECONDS_MAX),
        grace_seconds: 10.0,
        life: Life::WithParent,
    };
    let outcome = match engine.options.launcher.run(&spec).await {
        // Its shim was lost on the way.
        Err(exec::Error::ShimLost { .. }) => return Ok(Act::Unknown),
        outcome => outcome?,
    };
    Ok(match outcome.end {
        End::Exited { code: 0 } => Act::Done,
        End::TimedOut { .. } | End::Signalled { .. } | End::ParentGone => Act::Unknown,
        End::Exited { code } => Act::Failed { why: format!("it ended with {code}; {}", last_words(&log)) },
        End::FailedToStart { why } => Act::Failed { why },
    })
}

/// The last lines of a log as one.
fn last_words(log: &Path) -> String {
    let text = exec::tail(log, 3).unwrap_or_default();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}

async fn apply(engine: &Engine, stored: &StoredDeployment) -> Result<Act, Error> {
    let deployment = &stored.state;
    let Some(plan) = store::run::plan(engine.db(), &stored.repository, &deployment.commit).await? else {
        return Ok(Act::Done);
    };
    let _turn = engine.applying.lock().await;
    let log = engine.data().join("logs").join("deployments").join(deployment.number.to_string()).join("apply.log");
    let outcome = match infrastructure::apply(&engine.options.launcher, engine.data(), &plan, &log).await {
        // Its shim was lost on the way.
        Err(infrastructure::Error::Exec(_)) => return Ok(Act::Unknown),
        outcome => outcome.map_err(crate::verify::Error::from)?,
    };
    Ok(match outcome {
        infrastructure::Applied::Done => Act::Done,
        infrastructure::Applied::Failed { why } => Act::Failed { why },
        infrastructure::Applied::Unknown => Act::Unknown,
    })
}
