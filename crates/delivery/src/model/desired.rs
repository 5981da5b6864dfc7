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

/// Which deployments of one service must run, and how visitors are shared out. `live` is the live deployment's number.
pub(crate) fn route(service: &str, live: Option<u64>, deployments: &[Deployment]) -> Option<Route> {
    let candidate = deployments.iter().find(|d| matches!(d.stage, Stage::Canary { .. }));
    let in_the_dark = deployments.iter().find(|d| d.stage == Stage::Probing).map(|d| d.number);
    let (live, window) = match (live, candidate) {
        (Some(live), Some(candidate)) => {
            let weight = candidate.weight();
            let arms =
                vec![Arm { deployment: live, weight: 10_000 - weight }, Arm { deployment: candidate.number, weight }];
            return Some(Route {
                service: service.into(),
                seed: candidate.number.to_string(),
                window: candidate.window(),
                arms,
            });
        }
        (Some(live), None) => (live, format!("{live}/live")),
        (None, _) => return None,
    };
    Some(Route {
        service: service.into(),
        seed: live.to_string(),
        window,
        // No visitor's bucket is below zero: only a signed probe gets to the second arm.
        arms: [(live, 10_000)]
            .into_iter()
            .chain(in_the_dark.map(|number| (number, 0)))
            .map(|(deployment, weight)| Arm { deployment, weight })
            .collect(),
    })
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
