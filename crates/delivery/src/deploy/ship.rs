//! Which verified change becomes a deployment: the newest that may ship, for each service it touches.

use std::collections::BTreeSet;

use serde_json::json;

use crate::Error;
use crate::config::Product;
use crate::engine::Engine;
use crate::model::deployment::{Deployment, Pace, Stage};
use crate::model::health::Evidence;
use crate::model::trunk::{self, Change, Held, Verification};
use crate::store;
use crate::store::change::StoredChange;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::repository::StoredService;

/// How far back trunk is considered. A service that lags further behind ships its newest change all the same.
pub(crate) const TRUNK_CONSIDERED: u64 = 1_000;

/// Creates the deployments that are due. Safe to call at any time: what exists is not made twice.
pub(crate) async fn ship(engine: &Engine) -> Result<(), Error> {
    let _deciding = engine.deciding.lock().await;
    for service in store::repository::services(engine.db()).await? {
        let stored = store::change::trunk(engine.db(), &service.repository, TRUNK_CONSIDERED).await?;
        if let Some(change) = due(engine, &service, &stored).await? {
            create(engine, &service, change).await?;
        }
    }
    engine.deployer.notify_one();
    Ok(())
}

/// A change as the model sees it.
pub(crate) fn model(stored: &StoredChange) -> Change {
    let verification = if stored.held.is_some() { Verification::Failed } else { stored.state.verification() };
    Change { sha: stored.sha.clone(), verification, mends: stored.mends() }
}

async fn due<'a>(
    engine: &Engine,
    service: &StoredService,
    stored: &'a [StoredChange],
) -> Result<Option<&'a StoredChange>, Error> {
    let concerned: Vec<_> = stored.iter().filter(|c| touches(c, service)).collect();
    let changes: Vec<_> = concerned.iter().map(|c| model(c)).collect();
    let live = live_commit(engine, service).await?;
    // A rewrite may have taken what is live off trunk: then an older commit that was live before is due once more.
    let is_on_trunk = live.as_ref().is_none_or(|live| stored.iter().any(|c| c.sha == *live));
    let since = if is_on_trunk { 0 } else { service.live.unwrap_or(0) };
    let attempted: BTreeSet<_> =
        store::deployment::attempted(engine.db(), &service.name, since).await?.into_iter().collect();
    let holds = store::deployment::holds(engine.db(), &service.name).await?;
    let due = trunk::to_ship(&changes, live.as_deref(), &attempted, &holds);
    Ok(due.and_then(|due| concerned.into_iter().find(|c| c.sha == due.sha)))
}

/// Why a commit that was due must not ship any more: what it contains was taken back since, or trunk was rewritten.
pub(crate) async fn not_due_any_more(engine: &Engine, deployment: &Deployment) -> Result<Option<String>, Error> {
    let Some(service) = store::repository::find_service(engine.db(), &deployment.service).await? else {
        return Ok(None);
    };
    let stored = store::change::trunk(engine.db(), &service.repository, TRUNK_CONSIDERED).await?;
    let concerns = |c: &&StoredChange| c.sha == deployment.commit || touches(c, &service);
    let changes: Vec<_> = stored.iter().filter(concerns).map(model).collect();
    let Some(index) = changes.iter().position(|c| c.sha == deployment.commit) else {
        return Ok(Some("held: its commit is not on trunk any more".into()));
    };
    let holds = store::deployment::holds(engine.db(), &service.name).await?;
    Ok(trunk::held(&changes, index, &holds).map(|held| match held {
        Held::TakenBack { why } => format!("held: {why}"),
        Held::Behind { sha } => format!("held behind {}", store::change::short(&sha)),
    }))
}

/// The commit of the live deployment.
pub(crate) async fn live_commit(engine: &Engine, service: &StoredService) -> Result<Option<String>, Error> {
    let Some(live) = service.live else { return Ok(None) };
    Ok(store::deployment::find(engine.db(), live).await?.map(|d| d.state.commit))
}

/// Whether a change concerns a service: it touches its folder, the declaration of the product, or the service was
/// never deployed.
pub(crate) fn touches(change: &StoredChange, service: &StoredService) -> bool {
    let path = service.config.path.trim_end_matches('/');
    path == "."
        || service.live.is_none()
        || change.files.is_empty()
        || change.files.iter().any(|f| f.path == "trunkline.yaml" || f.path.starts_with(&format!("{path}/")))
}

async fn create(engine: &Engine, service: &StoredService, change: &StoredChange) -> Result<(), Error> {
    let Some(product) = &change.config else { return Ok(()) };
    let Some(config) = product.services.get(&service.name) else { return Ok(()) };
    let artifacts = store::run::artifacts(engine.db(), &change.repository, &change.sha).await?;
    let Some((_, artifact)) = artifacts.into_iter().find(|(name, _)| *name == service.name) else { return Ok(()) };
    let has_infrastructure =
        store::run::plan(engine.db(), &change.repository, &change.sha).await?.is_some_and(|p| p.has_changes());
    let now = engine.now();
    let mut tx = engine.db().begin().await?;
    let number = store::setting::next_number(&mut tx).await?;
    let state = Deployment {
        number,
        service: service.name.clone(),
        commit: change.sha.clone(),
        digest: artifact.digest,
        replaces: service.live,
        stage: Stage::Queued,
        since: now,
        created: now,
        live_at: None,
        ended: None,
        pace: pace(product),
        has_infrastructure,
        has_migration: config.migrate.is_some(),
        paused: false,
        promoted: false,
        evidence: Evidence::default(),
        exposed_at: None,
        probing_at: None,
        probed_at: None,
        probe: None,
        overruled: None,
    };
    let new = StoredDeployment {
        state,
        repository: change.repository.clone(),
        config: config.clone(),
        waits_for: String::new(),
    };
    supersede_queued(engine, &mut tx, &service.name, number).await?;
    store::deployment::insert(&mut tx, &new).await?;
    store::deployment::journal(&mut tx, number, now, Entry::Decided, "queued", Some("the change is verified")).await?;
    store::repository::declare(&mut tx, &change.repository, change.position, &service.name, config).await?;
    tx.publish(
        "delivery",
        "deployment.queued",
        &json!({ "deployment": number, "service": service.name, "commit": change.sha }),
    )
    .await?;
    tx.commit().await?;
    engine.tell("deployment", number.to_string());
    engine.tell("change", change.sha.clone());
    Ok(())
}

/// Older deployments of the service that have not begun never will.
async fn supersede_queued(engine: &Engine, tx: &mut storage::Tx, service: &str, by: u64) -> Result<(), Error> {
    for mut older in store::deployment::open(engine.db()).await? {
        if older.state.service == service && older.state.stage == Stage::Queued {
            older.state.stage = Stage::Superseded;
            older.state.ended = Some(engine.now());
            store::deployment::update(tx, &older.state, "").await?;
            let what = format!("superseded by {by} before it began");
            store::deployment::journal(tx, older.state.number, engine.now(), Entry::Decided, &what, None).await?;
        }
    }
    Ok(())
}

fn pace(product: &Product) -> Pace {
    let rollout = &product.rollout;
    Pace {
        weights: rollout.canary.iter().map(|w| w.basis_points()).filter(|w| *w < 10_000).collect(),
        step_seconds: rollout.step_seconds,
        step_clients: rollout.step_persons,
        patience_seconds: rollout.patience_seconds,
    }
}

/// Makes the services that a verified change declares known.
pub(crate) async fn declare(
    tx: &mut storage::Tx,
    change: &StoredChange,
    product: &Product,
    known: &[StoredService],
) -> Result<(), Error> {
    for (name, config) in &product.services {
        if !known.iter().any(|s| s.name == *name) {
            store::repository::declare(tx, &change.repository, change.position, name, config).await?;
        }
    }
    Ok(())
}
