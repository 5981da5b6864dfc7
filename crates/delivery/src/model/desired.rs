//! What the edge should be doing, derived from what is recorded: which versions run and who gets which.
//!
//! Derived afresh each time, so that no crash can leave a route or a process behind that nobody remembers.

use std::collections::BTreeSet;

use super::deployment::{Deployment, Stage};

/// One share of visitors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arm {
    pub deployment: u64,
    /// Basis points.
    pub weight: u32,
}

/// One service's share out of visitors; the candidate is last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub service: String,
    /// The canary split's seed: the deployment that is or was the candidate.
    pub seed: String,
    /// The edge counts anew when this changes.
    pub window: String,
    pub arms: Vec<Arm>,
}

/// Stands in a route where no version is live yet: it has no instance, so visitors get nothing.
pub(crate) const NOBODY: u64 = 0;

/// Which deployments of one service must run, and how visitors are shared out. `live` is the live deployment's number.
pub(crate) fn route(service: &str, live: Option<u64>, deployments: &[Deployment]) -> Option<Route> {
    let candidate = deployments.iter().find(|d| matches!(d.stage, Stage::Canary { .. }));
    if let (Some(live), Some(candidate)) = (live, candidate) {
        return Some(Route {
            service: service.into(),
            seed: candidate.number.to_string(),
            window: candidate.window(),
            arms: arms(live, candidate.number, candidate.weight()),
        });
    }
    let in_the_dark = deployments.iter().find(|d| d.stage == Stage::Probing).map(|d| d.number);
    let whole = match (live, in_the_dark) {
        (None, None) => return None,
        (live, _) => live.unwrap_or(NOBODY),
    };
    Some(Route {
        service: service.into(),
        seed: whole.to_string(),
        window: format!("{whole}/live"),
        arms: in_the_dark.map_or_else(
            || vec![Arm { deployment: whole, weight: 10_000 }],
            // No visitor's bucket is below zero: only a signed probe gets there.
            |dark| arms(whole, dark, 0),
        ),
    })
}

fn arms(live: u64, candidate: u64, weight: u32) -> Vec<Arm> {
    vec![Arm { deployment: live, weight: 10_000 - weight }, Arm { deployment: candidate, weight }]
}

/// The deployments of one service that must have a running instance: live, candidate, and the one before, kept warm so
/// that going back is a change of route.
pub(crate) fn running(live: Option<u64>, warm: Option<u64>, deployments: &[Deployment]) -> Vec<u64> {
    let mut wanted: BTreeSet<u64> = [live, warm].into_iter().flatten().collect();
    for deployment in deployments {
        if matches!(deployment.stage, Stage::Starting | Stage::Probing | Stage::Canary { .. } | Stage::Live) {
            wanted.insert(deployment.number);
        }
    }
    wanted.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::deployment::tests::deployment;
    use super::*;

    fn weights(live: Option<u64>, stage: Stage) -> Vec<(u64, u32)> {
        let route = route("shop", live, &[deployment(stage)]);
        route.map_or_else(Vec::new, |route| route.arms.iter().map(|arm| (arm.deployment, arm.weight)).collect())
    }

    #[test]
    fn a_version_that_is_probed_runs_and_no_visitor_has_it() {
        assert_eq!(weights(Some(46), Stage::Starting), [(46, 10_000)]);
        assert_eq!(weights(Some(46), Stage::Probing), [(46, 10_000), (47, 0)]);
        assert_eq!(weights(Some(46), Stage::Canary { step: 0 }), [(46, 9_500), (47, 500)]);
        assert_eq!(running(Some(46), None, &[deployment(Stage::Probing)]), [46, 47]);
    }

    #[test]
    fn the_first_version_can_be_probed_though_nothing_is_live() {
        assert_eq!(weights(None, Stage::Starting), []);
        assert_eq!(weights(None, Stage::Probing), [(NOBODY, 10_000), (47, 0)]);
    }

    #[test]
    fn what_the_edge_counts_of_the_live_version_goes_on_while_another_is_probed() {
        let before = route("shop", Some(46), &[]).unwrap();
        let while_probed = route("shop", Some(46), &[deployment(Stage::Probing)]).unwrap();
        assert_eq!((before.window, before.seed), (while_probed.window, while_probed.seed));
    }
}
