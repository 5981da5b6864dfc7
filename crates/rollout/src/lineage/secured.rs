//! What a change is made of, and what is known against what customers got of it.

use delivery::view::change::ChangeView;
use security::{FindingState, Security};

use crate::facade::{Error, Rollout};
use crate::finding::{FindingView, Findings};

/// Says of each artifact what it is made of, and gives the findings. Not known while no customer has had it, or where an inventory
/// is not known.
pub(crate) async fn of(rollout: &Rollout, view: &mut ChangeView) -> Option<Vec<FindingView>> {
    let security = rollout.security.as_ref()?;
    let found = find(rollout, security, view).await;
    let found = found.inspect_err(|error| {
        tracing::warn!(part = "findings", error = error.chain(), "a part of a change's story is not known");
    });
    found.ok().flatten()
}

async fn find(
    rollout: &Rollout,
    security: &Security,
    view: &mut ChangeView,
) -> Result<Option<Vec<FindingView>>, Error> {
    let deployments: Vec<(String, u64)> =
        view.row.deployments.iter().map(|deployment| (deployment.service.clone(), deployment.number)).collect();
    let mut numbers = Vec::new();
    for (_, number) in &deployments {
        if security.components(*number).await?.is_some() {
            numbers.push(*number);
        }
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    let findings = Findings { rollout: rollout.clone(), security: security.clone() };
    let findings = findings.of_deployments(&numbers).await?;
    for artifact in view.artifacts.iter_mut().flatten() {
        let of_service = |(service, number): &&(String, u64)| *service == artifact.service && numbers.contains(number);
        let Some((_, number)) = deployments.iter().find(of_service) else { continue };
        artifact.components = security.components(*number).await?;
        let is_open = |found: &&FindingView| found.state == FindingState::Open && found.deployments.contains(number);
        artifact.findings = Some(findings.iter().filter(is_open).count() as u64);
    }
    let is_whole = numbers.len() == deployments.len();
    Ok(is_whole.then_some(findings))
}
