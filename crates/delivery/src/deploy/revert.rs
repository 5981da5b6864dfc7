//! `on_rollback: revert`: what was taken back in production is taken back on trunk too.

use serde_json::json;
use storage::Audit;

use crate::config::OnRollback;
use crate::engine::Engine;
use crate::git::Mirror;
use crate::model::deployment::Stage;
use crate::store::change::StoredChange;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::{Error, store};

/// Lands a revert of the commit that deployment `number` was rolled back for, where the product wants that. Done once: a
/// commit that trunk already mends is left alone. What stands in the way is journalled, and the hold stays.
pub(crate) async fn land_revert(engine: &Engine, number: u64) -> Result<(), Error> {
    let Some(stored) = store::deployment::find(engine.db(), number).await? else { return Ok(()) };
    let Some((change, branch)) = due(engine, &stored).await? else { return Ok(()) };
    let mirror_path = engine.mirror_path(&change.repository);
    let repositories = store::repository::repositories(engine.db()).await?;
    let Some(repository) = repositories.into_iter().find(|r| r.name == change.repository) else { return Ok(()) };
    let folder = engine.data().join("work").join("reverts").join(kernel::id::fresh());
    let landed = Mirror::existing(&mirror_path, &repository.url).land_revert(&change.sha, &branch, &folder).await;
    let mut tx = engine.db().begin().await?;
    match &landed {
        Ok(made) => {
            store::deployment::journal(
                &mut tx,
                number,
                engine.now(),
                Entry::Observed,
                "a revert landed on trunk",
                Some(made),
            )
            .await?;
            tx.audit(Audit {
                who: "trunkline".into(),
                what: "trunk.reverted".into(),
                subject: change.sha.clone(),
                why: stored.state.stage.why().map(str::to_owned),
                before: None,
                after: Some(json!(made)),
            })
            .await?;
        }
        Err(error) => {
            let why = kernel::chain(error);
            store::deployment::journal(
                &mut tx,
                number,
                engine.now(),
                Entry::Observed,
                "a revert could not be landed on trunk",
                Some(&why),
            )
            .await?;
        }
    }
    tx.commit().await?;
    engine.tell("deployment", number.to_string());
    engine.poked.notify_waiters();
    Ok(())
}

/// The change to revert and its branch. Only what was the one bad commit: when a person went back further, it is not
/// clear which of the commits in between was bad.
async fn due(engine: &Engine, stored: &StoredDeployment) -> Result<Option<(StoredChange, String)>, Error> {
    let Some(change) = store::change::find(engine.db(), &stored.state.commit).await? else { return Ok(None) };
    let wants = change.config.as_ref().is_some_and(|product| product.rollout.on_rollback == OnRollback::Revert);
    if !wants || !matches!(stored.state.stage, Stage::RolledBack { .. }) {
        return Ok(None);
    }
    let holds = store::deployment::holds(engine.db(), &stored.state.service).await?;
    let trunk = store::change::trunk(engine.db(), &change.repository, super::TRUNK_CONSIDERED).await?;
    let is_mended = trunk.iter().any(|other| other.mends().contains(&change.sha));
    if is_mended || !holds.iter().any(|hold| hold.sha == change.sha) {
        return Ok(None);
    }
    let repositories = store::repository::repositories(engine.db()).await?;
    let branch = repositories.into_iter().find(|r| r.name == change.repository).and_then(|r| r.branch);
    Ok(branch.map(|branch| (change, branch)))
}
