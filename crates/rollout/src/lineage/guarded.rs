//! What judged a change: the gates before it shipped, and the guards beside its customers.

use delivery::gate::Verdict;
use delivery::verify::{StepKind, StepState};
use delivery::view::change::{ChangeView, CheckView};
use delivery::view::deployment::DeploymentStep;
use delivery::{EvidenceKind, EvidenceState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::facade::{Error, Rollout};

/// Deployments of a change whose guards are told, the newest.
const DEPLOYMENTS_TOLD: usize = 5;

/// What a gate said before the change could ship; `checks` has all that it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GateSaid {
    pub name: String,
    #[schema(value_type = String)]
    pub state: StepState,
    /// `null`: it was not asked, or gave no answer.
    pub verdict: Option<Verdict>,
    pub summary: Option<String>,
}

/// A journey of customers on a deployment of the change, beside those on the version before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GuardSaid {
    pub deployment: u64,
    pub journey: String,
    pub state: EvidenceState,
    /// When it saw that.
    pub at: String,
    pub summary: Option<String>,
}

/// `None` while one of them has not answered.
pub(crate) fn gates(view: &ChangeView) -> Option<Vec<GateSaid>> {
    let gates = view.checks.as_ref()?.iter().filter(|check| check.kind == StepKind::Gate);
    let is_over = |check: &CheckView| !matches!(check.state, StepState::Queued | StepState::Running);
    gates.map(|check| is_over(check).then(|| gate(check))).collect()
}

fn gate(check: &CheckView) -> GateSaid {
    let judgement = check.judgement.as_ref();
    GateSaid {
        name: check.name.clone(),
        state: check.state,
        verdict: judgement.map(|said| said.state),
        summary: judgement.map(|said| said.summary.clone()).or_else(|| check.summary.clone()),
    }
}

/// Oldest first; `None` while no customer has had it, or a canary was not looked at.
pub(crate) async fn guards(rollout: &Rollout, view: &ChangeView) -> Option<Vec<GuardSaid>> {
    rollout.contexts.as_ref()?;
    let found = find(rollout, view).await;
    let found = found.inspect_err(|error| {
        tracing::warn!(part = "guards", error = kernel::chain(&error), "a part of a change's story is not known");
    });
    found.ok().flatten()
}

async fn find(rollout: &Rollout, view: &ChangeView) -> Result<Option<Vec<GuardSaid>>, Error> {
    let releases = rollout.delivery.releases_of(&view.row.repository, &view.commit.sha).await?;
    if releases.is_empty() {
        return Ok(None);
    }
    let mut said = Vec::new();
    for release in releases.iter().take(DEPLOYMENTS_TOLD).rev() {
        let seen = rollout.delivery.seen_of(release.number).await?;
        let of_it: Vec<_> = seen.iter().filter(|step| step.kind == EvidenceKind::Guard).collect();
        // Its guards look at a canary; which there are is known once they did.
        let is_canary = release.replaces.is_some() && release.live_at.is_none() && release.to.is_none();
        if of_it.is_empty() && is_canary {
            return Ok(None);
        }
        said.extend(of_it.into_iter().map(|step| guard(release.number, step)));
    }
    Ok(Some(said))
}

fn guard(deployment: u64, step: &DeploymentStep) -> GuardSaid {
    GuardSaid {
        deployment,
        journey: step.name.clone(),
        state: step.state,
        at: step.at.clone(),
        summary: step.summary.clone(),
    }
}
