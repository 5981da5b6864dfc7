//! What is so, as far as a decision needs it.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::Error;
use crate::deploy::launch::attempt;
use crate::deploy::{advice, attest, reconcile, ship};
use crate::engine::Engine;
use crate::model::deployment::{Act, Attested, Deployment, Facts, Instance, Stage};
use crate::model::health::{Sample, Served};
use crate::store::deployment::StoredDeployment;
use crate::{space, store};

/// How long a live version is watched for disasters, and how long the one before it is kept warm.
pub(crate) const WATCHED: SignedDuration = SignedDuration::from_mins(10);

pub(crate) async fn facts(
    engine: &Arc<Engine>,
    edge: &edge::EdgeState,
    stored: &StoredDeployment,
) -> Result<Facts, Error> {
    let deployment = &stored.state;
    let service = store::repository::find_service(engine.db(), &deployment.service).await?;
    let live = service.and_then(|s| s.live);
    let blocked = blocked(engine, deployment).await?;
    let may_begin = deployment.stage == Stage::Queued && blocked.is_none();
    Ok(Facts {
        blocked,
        attested: if may_begin { attest::of(engine, stored) } else { Attested::Checking },
        act: engine.act(deployment.number).unwrap_or(Act::Unknown),
        instance: instance(edge, deployment.number),
        routed: reconcile::is_routed(engine, edge).await? && live != Some(deployment.number),
        unprobed_seconds: engine.probes.unprobed_seconds(deployment, engine.now()),
        sample: sample(engine, edge, deployment, live),
        guards: engine.guards.of(deployment.number),
    })
}

/// Why a queued deployment may not begin.
async fn blocked(engine: &Engine, deployment: &Deployment) -> Result<Option<String>, Error> {
    if deployment.stage != Stage::Queued {
        return Ok(None);
    }
    if let Some(reason) = store::setting::get(engine.db(), store::setting::FREEZE).await? {
        return Ok(Some(format!("frozen: {reason}")));
    }
    if let Some(held) = ship::not_due_any_more(engine, deployment).await? {
        return Ok(Some(held));
    }
    if deployment.paused {
        return Ok(Some("for a person: it is paused".into()));
    }
    if let Some(shortage) = space::shortage(engine.data()) {
        return Ok(Some(format!("for space on the disk: {shortage}")));
    }
    let open = store::deployment::open(engine.db()).await?;
    let before = open
        .iter()
        .map(|d| &d.state)
        .find(|d| d.service == deployment.service && d.number != deployment.number && d.stage.is_moving());
    Ok(before.map(|d| format!("for deployment {}, which is on its way", d.number)))
}

/// The newest instance of a deployment, as the edge sees it.
fn instance(edge: &edge::EdgeState, number: u64) -> Instance {
    let newest = edge.instances.iter().filter(|i| i.deployment == number).max_by_key(|i| attempt(&i.id));
    let Some(newest) = newest else { return Instance::Absent };
    match &newest.state {
        edge::InstanceState::Starting => Instance::Starting,
        edge::InstanceState::Healthy => Instance::Healthy,
        edge::InstanceState::Unhealthy { why } => Instance::Broken { why: explained(why, &newest.last_lines) },
        edge::InstanceState::Exited { status } => {
            Instance::Broken { why: explained(&format!("it ended: {status}"), &newest.last_lines) }
        }
        edge::InstanceState::Draining | edge::InstanceState::Stopped => Instance::Absent,
    }
}

/// What is wrong with an instance, what it said last, and what would mend it.
fn explained(why: &str, lines: &[String]) -> String {
    let last: Vec<_> = lines.iter().rev().filter(|l| !l.trim().is_empty()).take(3).map(|l| l.trim()).collect();
    let said = if last.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("its last words: {}", last.into_iter().rev().collect::<Vec<_>>().join(" / "))
    };
    advice::of(why).map_or(format!("{why}; {said}"), |advice| format!("{why}; {said}; {advice}"))
}

/// New against old within the present window, if the edge counts that window already.
fn sample(engine: &Engine, edge: &edge::EdgeState, deployment: &Deployment, live: Option<u64>) -> Option<Sample> {
    let window = deployment.window();
    let counts = |number: u64| {
        edge.counts.iter().find(|c| c.deployment == number && c.service == deployment.service && c.window == window)
    };
    let window = format!("{window}@{}", edge.boot);
    match deployment.stage {
        Stage::Canary { .. } => {
            let old = live.and_then(counts).map(served).unwrap_or_default();
            Some(Sample { window, new: served(counts(deployment.number)?), old })
        }
        Stage::Live if is_watched(engine, deployment) => {
            Some(Sample { window, new: served(counts(deployment.number)?), old: Served::default() })
        }
        _ => None,
    }
}

/// A disaster can only be undone while there is something to go back to.
fn is_watched(engine: &Engine, deployment: &Deployment) -> bool {
    let since = deployment.live_at.unwrap_or(deployment.since);
    deployment.replaces.is_some() && engine.now().duration_since(since) < WATCHED
}

fn served(counts: &edge::Counts) -> Served {
    let tally = &counts.in_window;
    Served {
        requests: tally.requests,
        failures: tally.failures,
        clients: tally.clients,
        failed_clients: tally.failed_clients,
    }
}
