//! What a change is made of, and what is known against what customers got of it.

use delivery::view::change::ChangeView;
use security::{FeedAge, FindingState, Security};

use crate::facade::{Error, Rollout};
use crate::finding::{FindingView, Findings};

/// What is known against what customers got, and how old what that rests on is.
#[derive(Debug)]
pub(crate) struct Secured {
    pub findings: Vec<FindingView>,
    pub advisories: FeedAge,
}

/// Says of each artifact what it is made of, and gives the findings. Not known while no customer has had it, or where an inventory
/// is not known.
pub(crate) async fn of(rollout: &Rollout, view: &mut ChangeView) -> Option<Secured> {
    let security = rollout.security.as_ref()?;
    let found = find(rollout, security, view).await;
    let found = found.inspect_err(|error| {
        tracing::warn!(part = "findings", error = kernel::chain(&error), "a part of a change's story is not known");
    });
    found.ok().flatten()
}

async fn find(rollout: &Rollout, security: &Security, view: &mut ChangeView) -> Result<Option<Secured>, Error> {
    // Of the deployments whose inventory is known.
    let mut known = Vec::new();
    for deployment in &view.row.deployments {
        if let Some(components) = security.components(deployment.number).await? {
            known.push((deployment.service.as_str(), deployment.number, components));
        }
    }
    if known.is_empty() {
        return Ok(None);
    }
    let numbers: Vec<u64> = known.iter().map(|(_, number, _)| *number).collect();
    let findings = Findings { rollout: rollout.clone(), security: security.clone() };
    let findings = findings.of_deployments(&numbers).await?;
    for artifact in view.artifacts.iter_mut().flatten() {
        let Some((_, number, components)) = known.iter().find(|(service, ..)| *service == artifact.service) else {
            continue;
        };
        artifact.components = Some(*components);
        let is_open = |found: &&FindingView| found.state == FindingState::Open && found.deployments.contains(number);
        artifact.findings = Some(findings.iter().filter(is_open).count() as u64);
    }
    if known.len() != view.row.deployments.len() {
        return Ok(None);
    }
    Ok(Some(Secured { findings, advisories: security.age_in(&numbers).await? }))
}
