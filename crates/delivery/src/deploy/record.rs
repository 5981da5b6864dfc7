//! Writing a decision down: the deployment, what it means for the service and its neighbours, the journal, the audit
//! row and the fact for other contexts, all in one transaction.

use serde_json::json;
use storage::{Audit, Tx};

use crate::Error;
use crate::deploy::observe::WATCHED;
use crate::engine::Engine;
use crate::model::deployment::{Deployment, Stage};
use crate::model::trunk::{Hold, held};
use crate::standing::Arrival;
use crate::store;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::repository::StoredService;

/// Moves `stored` to `stage`; gives it back as recorded.
pub(crate) async fn record(
    engine: &Engine,
    stored: &StoredDeployment,
    mut deployment: Deployment,
    stage: Stage,
    why: &str,
) -> Result<StoredDeployment, Error> {
    let now = engine.now();
    let arrival = Arrival::of(&deployment);
    let before = std::mem::replace(&mut deployment.stage, stage);
    deployment.since = now;
    if matches!(deployment.stage, Stage::Canary { .. } | Stage::Live) {
        deployment.exposed_at.get_or_insert(now);
    }
    if deployment.stage == Stage::Probing {
        deployment.probing_at = Some(now);
    }
    if deployment.stage == Stage::Live {
        deployment.live_at = Some(now);
    }
    if deployment.stage.is_over() {
        deployment.ended = Some(now);
    }
    let service = service(engine, &deployment.service).await?;
    let mut tx = engine.db().begin().await?;
    consequences(engine, &mut tx, &mut deployment, &before, &service).await?;
    store::deployment::update(&mut tx, &deployment, "").await?;
    journal(engine, &mut tx, &deployment, why).await?;
    tell_others(&mut tx, &deployment, &before, arrival, why).await?;
    engine.settled.record();
    tx.commit().await?;
    engine.settled.record();
    tracing::info!(deployment = deployment.number, service = deployment.service, phase = deployment.stage.phase(), why);
    engine.tell("deployment", deployment.number.to_string());
    engine.tell("change", deployment.commit.clone());
    engine.deployer.notify_one();
    Ok(StoredDeployment { state: deployment, waits_for: String::new(), ..stored.clone() })
}

/// Writes down what a deployment waits for, and the evidence so far.
pub(crate) async fn note(engine: &Engine, deployment: &Deployment, waits_for: &str) -> Result<(), Error> {
    let mut tx = engine.db().begin().await?;
    store::deployment::update(&mut tx, deployment, waits_for).await?;
    tx.commit().await?;
    engine.tell("deployment", deployment.number.to_string());
    Ok(())
}

async fn service(engine: &Engine, name: &str) -> Result<StoredService, Error> {
    let found = store::repository::find_service(engine.db(), name).await?;
    found.ok_or_else(|| store::missing(format!("service {name}")).into())
}

async fn journal(engine: &Engine, tx: &mut Tx, deployment: &Deployment, why: &str) -> Result<(), Error> {
    let kind = match deployment.stage {
        Stage::Infrastructure { begun: true } | Stage::Migration { begun: true } => Entry::Intended,
        _ => Entry::Decided,
    };
    let what = stage_words(deployment);
    Ok(store::deployment::journal(tx, deployment.number, engine.now(), kind, &what, Some(why)).await?)
}

/// The stage as a journal line begins.
fn stage_words(deployment: &Deployment) -> String {
    match &deployment.stage {
        Stage::Infrastructure { begun: false } => "infrastructure is next".into(),
        Stage::Infrastructure { begun: true } => "apply the saved plan".into(),
        Stage::Migration { begun: false } => "migration is next".into(),
        Stage::Migration { begun: true } => "migrate the database".into(),
        Stage::Starting => "start the new version".into(),
        Stage::Probing => "probe it in the dark".into(),
        Stage::Canary { .. } => {
            format!("canary at {}", crate::model::deployment::percent(deployment.weight()))
        }
        other => other.phase().replace('_', " "),
    }
}

/// What a stage means for the service and for other deployments.
async fn consequences(
    engine: &Engine,
    tx: &mut Tx,
    deployment: &mut Deployment,
    before: &Stage,
    service: &StoredService,
) -> Result<(), Error> {
    match &deployment.stage {
        Stage::Live if service.live != Some(deployment.number) => take_over(engine, tx, deployment, service).await,
        Stage::RollingBack { why } => {
            let why = why.clone();
            store::deployment::hold(
                tx,
                &service.repository,
                &service.name,
                &Hold { sha: deployment.commit.clone(), since: deployment.commit.clone(), why: why.clone() },
                engine.now(),
            )
            .await?;
            if *before == Stage::Live
                && let Some(target) = deployment.replaces
            {
                reopen(engine, tx, target, &why).await?;
            }
            Ok(())
        }
        Stage::Failed { why } if deployment.live_at.is_some() => {
            let why = why.clone();
            stay(engine, tx, service, deployment.number, &why).await
        }
        _ => Ok(()),
    }
}

/// The deployment becomes the live one; what was live is superseded, unless it is being rolled back.
async fn take_over(
    engine: &Engine,
    tx: &mut Tx,
    deployment: &Deployment,
    service: &StoredService,
) -> Result<(), Error> {
    let now = engine.now();
    let mut warm = None;
    if let Some(old) = service.live
        && let Some(mut stored) = store::deployment::find(engine.db(), old).await?
    {
        if stored.state.stage == Stage::Live {
            stored.state.stage = Stage::Superseded;
            stored.state.ended = Some(now);
            stored.state.since = now;
            store::deployment::update(tx, &stored.state, "").await?;
            let what = format!("superseded by {}", deployment.number);
            store::deployment::journal(tx, old, now, Entry::Decided, &what, None).await?;
            warm = Some((old, now + WATCHED));
        }
        engine.tell("deployment", old.to_string());
    }
    release_mended(engine, tx, deployment, service).await?;
    Ok(store::repository::set_live(tx, &service.name, deployment.number, warm).await?)
}

/// Holds that the commit which is live now has mended are over: nobody need look at them any more.
async fn release_mended(
    engine: &Engine,
    tx: &mut Tx,
    deployment: &Deployment,
    service: &StoredService,
) -> Result<(), Error> {
    let trunk = store::change::trunk(engine.db(), &service.repository, super::TRUNK_CONSIDERED).await?;
    let changes: Vec<_> = trunk.iter().map(super::model).collect();
    let Some(live) = changes.iter().position(|c| c.sha == deployment.commit) else { return Ok(()) };
    for hold in store::deployment::holds(engine.db(), &service.name).await? {
        let is_older = changes[..live].iter().any(|c| c.sha == hold.sha);
        if is_older && held(&changes, live, std::slice::from_ref(&hold)).is_none() {
            let why = format!("mended by {}", store::change::short(&deployment.commit));
            store::deployment::release(tx, &service.name, Some(&hold.sha), &why, engine.now()).await?;
        }
    }
    Ok(())
}

/// Starts an older deployment again, without canary: it had its own.
pub(crate) async fn reopen(engine: &Engine, tx: &mut Tx, target: u64, why: &str) -> Result<(), Error> {
    let Some(mut stored) = store::deployment::find(engine.db(), target).await? else {
        return Err(store::missing(format!("deployment {target}")).into());
    };
    let now = engine.now();
    stored.state.stage = Stage::Starting;
    stored.state.since = now;
    stored.state.ended = None;
    stored.state.promoted = true;
    stored.state.paused = false;
    store::deployment::update(tx, &stored.state, "").await?;
    let what = "takes over again".to_owned();
    store::deployment::journal(tx, target, now, Entry::Decided, &what, Some(why)).await?;
    engine.tell("deployment", target.to_string());
    Ok(())
}

/// The version that was to take over again did not get healthy: the one that customers have stays.
async fn stay(engine: &Engine, tx: &mut Tx, service: &StoredService, target: u64, why: &str) -> Result<(), Error> {
    let Some(live) = service.live else { return Ok(()) };
    let Some(mut stored) = store::deployment::find(engine.db(), live).await? else { return Ok(()) };
    if matches!(stored.state.stage, Stage::RollingBack { .. }) {
        stored.state.stage = Stage::Live;
        stored.state.since = engine.now();
        store::deployment::update(tx, &stored.state, "").await?;
        let what = format!("stays live: deployment {target} could not take over");
        store::deployment::journal(tx, live, engine.now(), Entry::Decided, &what, Some(why)).await?;
        engine.tell("deployment", live.to_string());
    }
    Ok(())
}

async fn tell_others(
    tx: &mut Tx,
    deployment: &Deployment,
    before: &Stage,
    arrival: Arrival,
    why: &str,
) -> Result<(), Error> {
    let payload = json!({
        "deployment": deployment.number,
        "service": deployment.service,
        "commit": deployment.commit,
        "phase": deployment.stage.phase(),
        "why": why,
        "again": arrival == Arrival::Again,
        "since": deployment.since.to_string(),
    });
    if before.phase() != deployment.stage.phase() {
        tx.publish("delivery", &format!("deployment.{}", deployment.stage.phase()), &payload).await?;
    }
    tx.audit(Audit {
        who: "trunkline".into(),
        what: format!("deployment.{}", deployment.stage.phase()),
        subject: format!("deployment {}", deployment.number),
        why: Some(why.to_owned()),
        before: Some(json!(before)),
        after: Some(json!(deployment.stage)),
    })
    .await?;
    Ok(())
}
