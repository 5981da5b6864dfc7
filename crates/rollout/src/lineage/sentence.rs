//! A change in one or two sentences: where it is, whom it reached, what the experiment says, and what is known against it. Total.

use delivery::view::change::ChangeView;
use delivery::view::deployment::DeploymentItem;
use experiments::model::Decision;
use experiments::model::assess::{MetricAssessment, Told};
use experiments::{Stage, VerdictView};
use security::FindingState;

use super::customers::{Customers, FlagVerdict};
use super::effect::{Effect, points};
use super::switched::Switched;
use super::{Known, percent, short};
use crate::finding::FindingView;

pub(super) fn of(view: &ChangeView, known: &Known) -> String {
    let verdict = known.customers.verdicts.as_deref().and_then(verdict);
    let mut first = place(view);
    if has_customers(view) {
        first.push_str(&reached(&known.customers));
        if verdict.is_none() {
            first.push_str(&measured(known.customers.journeys.as_deref()));
        }
    }
    let second: Vec<_> = verdict.into_iter().chain(findings(known.findings.as_deref())).collect();
    if second.is_empty() { first } else { format!("{first}. {}", second.join("; ")) }
}

fn place(view: &ChangeView) -> String {
    if let Some(deployment) = view.row.deployments.first() {
        return deployed(view, deployment);
    }
    if let Some(newer) = &view.row.shipped_in {
        return format!("Customers have it since {} went live: it shipped inside that change", short(newer));
    }
    if let Some(bad) = &view.row.waits_behind {
        return format!(
            "Verified, and waits behind {}, which was taken back: a revert, a commit with `Fixes: {}` or `trunkline deploy resume` lets it go",
            short(bad),
            short(bad)
        );
    }
    let why = view.row.why.as_deref();
    match view.run_view.as_ref().map(|run| run.state.as_str()) {
        Some("failed") => format!("It does not ship: {}", why.unwrap_or("its checks failed")),
        Some("running") => "It is being verified".into(),
        Some("passed") => {
            why.map_or_else(|| "Verified; its deployment is next".into(), |why| format!("Verified, but {why}"))
        }
        Some(_) => format!("It was not verified: {}", why.unwrap_or("its run was cancelled")),
        None => why.map_or_else(|| "It waits for its run".into(), |why| format!("Not verified by itself: {why}")),
    }
}

fn deployed(view: &ChangeView, newest: &DeploymentItem) -> String {
    let number = newest.number;
    let reason = newest.reason.as_deref().unwrap_or("no reason was recorded");
    match newest.phase.as_str() {
        "live" => format!("All customers have it: deployment {number} is live"),
        "superseded" => format!("Customers had it as deployment {number}; a newer one is live since"),
        "canary" => format!("{} of customers have it: deployment {number} is in its canary", percent(newest.weight)),
        "probing" => format!("No customer has it: deployment {number} is probed in the dark"),
        "rolled_back" | "rolling_back" => match &view.fixed_by {
            Some(fix) => format!("{}. Mended by {}", taken_back(reason), short(fix)),
            None => taken_back(reason),
        },
        "failed" => format!("It never had customers: {reason}"),
        "queued" => match &view.row.why {
            Some(why) => format!("Verified; deployment {number} is queued: {why}"),
            None => format!("Verified; deployment {number} is next"),
        },
        _ => format!("Deployment {number} is on its way to customers"),
    }
}

/// Some reasons begin with it.
fn taken_back(reason: &str) -> String {
    match reason.strip_prefix("taken back ") {
        Some(by) => format!("Taken back {by}"),
        None => format!("Taken back: {reason}"),
    }
}

/// Whether its code is where customers are, so that what its flags do counts.
fn has_customers(view: &ChangeView) -> bool {
    match view.row.deployments.first() {
        Some(newest) => matches!(newest.phase.as_str(), "live" | "canary" | "superseded"),
        None => view.row.shipped_in.is_some(),
    }
}

/// Behind its flags; nothing of a change without any, and where that is not known.
fn reached(customers: &Customers) -> String {
    if let Some(why) = customers.switched.iter().flatten().find_map(Switched::taken_back) {
        return format!("; {why}");
    }
    let Some(exposures) = customers.exposures.as_deref().filter(|all| !all.is_empty()) else { return String::new() };
    let whose = if exposures.len() == 1 { "its flag" } else { "its flags" };
    match exposures.iter().map(|one| one.persons).max() {
        None | Some(0) => format!("; nobody has seen what is behind {whose}"),
        Some(1) => format!("; 1 person has seen what is behind {whose}"),
        Some(persons) => format!("; {} persons have seen what is behind {whose}", thousands(persons)),
    }
}

/// What its first journey says.
fn measured(journeys: Option<&[Effect]>) -> String {
    let Some(effect) = journeys.into_iter().flatten().find(|effect| effect.difference.is_some()) else {
        return String::new();
    };
    let (Some(before), Some(after)) = (effect.before.rate, effect.after.rate) else { return String::new() };
    let (before, after) = (percent(before), percent(after));
    if effect.randomised {
        format!("; {}: {before} without it, {after} with it", effect.journey)
    } else {
        format!("; {}: {before} before, {after} since (not randomised)", effect.journey)
    }
}

/// Of several experiments the one whose word weighs most; harm comes first.
fn verdict(all: &[FlagVerdict]) -> Option<String> {
    let weight = |one: &FlagVerdict| match one.verdict.decision {
        Decision::RollBack => 0,
        Decision::Invalid => 1,
        Decision::Ship => 2,
        Decision::Inconclusive => 3,
        Decision::KeepRunning => 4,
    };
    let first = all.iter().min_by_key(|one| weight(one))?;
    let name = if all.len() == 1 { "The experiment".to_owned() } else { format!("Experiment {}", first.experiment) };
    Some(said(&name, first))
}

fn said(name: &str, FlagVerdict { state, verdict, metric, .. }: &FlagVerdict) -> String {
    let VerdictView { decision, by, .. } = verdict;
    let figures = |before: &str| metric.as_ref().and_then(figures).map_or_else(String::new, |f| format!("{before}{f}"));
    match (decision, by) {
        (Decision::Ship, Some(who)) => format!("{who} decided to ship it{}", figures("; the experiment saw ")),
        (Decision::RollBack, Some(who)) => format!("{who} decided to roll it back{}", figures("; the experiment saw ")),
        (Decision::Ship, _) => format!("{name} says ship{}", figures(": ")),
        (Decision::RollBack, _) => format!("{name} says roll back{}", figures(": ")),
        (Decision::Inconclusive, _) => format!("{name} showed no difference{}", figures(": ")),
        (Decision::Invalid, _) => format!("{name} is invalid: nothing can be concluded from it"),
        (Decision::KeepRunning, _) if *state == Stage::Running => format!("{name} goes on{}", figures(": so far ")),
        (Decision::KeepRunning, _) => format!("{name} was stopped without a verdict{}", figures(": ")),
    }
}

/// `paid +4.1 points, between +1.2 and +7.0`
fn figures(metric: &MetricAssessment) -> Option<String> {
    let Told { estimate, lower, upper } = metric.absolute?;
    let name = &metric.name;
    if metric.is_share {
        return Some(format!("{name} {} points, between {} and {}", points(estimate), points(lower), points(upper)));
    }
    Some(format!("{name} {estimate:+.2}, between {lower:+.2} and {upper:+.2}"))
}

/// What is open.
fn findings(all: Option<&[FindingView]>) -> Option<String> {
    let open: Vec<_> = all?.iter().filter(|finding| finding.state == FindingState::Open).collect();
    match open.as_slice() {
        [] => None,
        [one] => Some(format!("1 finding is open: {} in {} {}", one.id, one.package, one.version)),
        many => Some(format!("{} findings are open", many.len())),
    }
}

/// 12,345
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests;
