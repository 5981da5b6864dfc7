//! The deployer: looks, decides, records, and then makes the world agree with the record.
//!
//! One loop for all services. Each round observes the edge, asks [`crate::model::deployment::next`] for every open
//! deployment, records what it decides with its reason, and reconciles the edge with what is recorded. Nothing is done
//! that was not recorded before, so a kill at any point is repaired by the next round.

mod act;
mod advice;
mod attest;
mod known_bad;
mod launch;
mod observe;
mod reconcile;
mod record;
mod revert;
mod ship;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::engine::Engine;
use crate::model::deployment::{Next, Stage, next};
use crate::store;
use crate::store::deployment::StoredDeployment;

pub(crate) use act::interrupted_acts_are_unknown;
pub(crate) use launch::{exec_level, redactions};
pub(crate) use record::{record, reopen};
pub(crate) use revert::land_revert;
pub(crate) use ship::{TRUNK_CONSIDERED, declare, live_commit, model, ship, touches};

/// How soon to look again while something moves.
const ROUND_MOVING: Duration = Duration::from_millis(60);
/// How soon to look again while nothing does: instances are watched and warm ones cool down.
const ROUND_IDLE: Duration = Duration::from_secs(1);
/// After a failed round.
const ROUND_FAILED: Duration = Duration::from_secs(1);

/// Runs until `shutdown`.
pub(crate) async fn run(engine: Arc<Engine>, shutdown: CancellationToken) {
    let mut last_error = String::new();
    while !shutdown.is_cancelled() {
        let pause = match round(&engine).await {
            Ok(true) => {
                last_error.clear();
                ROUND_MOVING
            }
            Ok(false) => {
                last_error.clear();
                ROUND_IDLE
            }
            Err(error) => {
                let text = format!("{:#}", kernel::chain(&error));
                if text != last_error {
                    tracing::warn!(error = text, "a round of the deployer failed; it is tried again");
                    last_error = text;
                }
                ROUND_FAILED
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = engine.deployer.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One look at everything; whether something moves.
async fn round(engine: &Arc<Engine>) -> Result<bool, Error> {
    let mark = engine.settled.begin();
    let edge = engine.options.edge.state().await?;
    engine.traffic.see(&edge, engine.now());
    let mut moving = false;
    for deployment in store::deployment::open(engine.db()).await? {
        moving |= consider(engine, &edge, deployment.state.number).await?;
    }
    let settled = reconcile::reconcile(engine, &edge).await?;
    engine.settled.end(mark);
    Ok(moving || !settled)
}

/// Decides for one deployment and records the decision; whether it is on its way.
async fn consider(engine: &Arc<Engine>, edge: &edge::EdgeState, number: u64) -> Result<bool, Error> {
    let _deciding = engine.deciding.lock().await;
    // As it is now: a person may have given an order meanwhile, or the deployment before it may have taken over from it.
    let stored = store::deployment::find(engine.db(), number).await?;
    match stored.filter(|stored| !stored.state.stage.is_over()) {
        Some(stored) => decide(engine, edge, stored).await,
        None => Ok(false),
    }
}

async fn decide(engine: &Arc<Engine>, edge: &edge::EdgeState, stored: StoredDeployment) -> Result<bool, Error> {
    let facts = observe::facts(engine, edge, &stored).await?;
    let mut deployment = stored.state.clone();
    if let Some(sample) = &facts.sample {
        deployment.evidence = deployment.evidence.after(sample, f64::from(deployment.weight()) / 10_000.0);
    }
    match next(&deployment, &facts, engine.now()) {
        Next::Go(stage, why) => {
            let began_act = matches!(stage, Stage::Infrastructure { begun: true } | Stage::Migration { begun: true });
            let acts_first = began_act && known_bad::acts_before_recording();
            if acts_first {
                act::begin(engine, stored.clone());
                known_bad::linger().await;
            }
            let after = record::record(engine, &stored, deployment, stage, &why).await?;
            if began_act && !acts_first {
                act::begin(engine, after);
            }
            Ok(true)
        }
        Next::Wait(on) => {
            let is_moving = deployment.stage.is_moving();
            if on != stored.waits_for || (is_moving && deployment.evidence != stored.state.evidence) {
                record::note(engine, &deployment, &on).await?;
            }
            Ok(is_moving || matches!(deployment.stage, Stage::Queued) && facts.blocked.is_none())
        }
    }
}
