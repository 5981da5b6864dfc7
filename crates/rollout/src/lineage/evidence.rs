//! What speaks for a change, and what against: what production runs is what was checked.

use delivery::gate::Verdict;
use delivery::verify::{Proof, RedGreen, StepState};
use delivery::view::change::{ChangeArtifact, ChangeView};
use delivery::view::deployment::DeploymentItem;
use delivery::view::run::RunView;
use delivery::view::{State, StateKind};
use delivery::{EvidenceState, Outcome};
use experiments::Stage;
use experiments::model::Decision;
use security::FindingState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::customers::FlagVerdict;
use super::effect::Effect;
use super::guarded::{GateSaid, GuardSaid};
use crate::finding::FindingView;

/// Findings that are told each by itself.
const FINDINGS_MAX: usize = 10;

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    pub state: State,
    pub text: String,
    pub detail: Option<String>,
    /// A page of the console.
    pub link: Option<String>,
}

/// What is known beside delivery's part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) gates: Option<&'a [GateSaid]>,
    pub(crate) guards: Option<&'a [GuardSaid]>,
    pub(crate) journeys: Option<&'a [Effect]>,
    pub(crate) verdicts: Option<&'a [FlagVerdict]>,
    pub(crate) findings: Option<&'a [FindingView]>,
}

/// In the order of the story.
pub(crate) fn of(view: &ChangeView, seen: &Seen<'_>) -> Vec<Evidence> {
    let mut all = Vec::new();
    all.extend(view.run_view.as_ref().map(checks));
    all.extend(view.red_green.as_ref().map(red_green));
    all.extend(seen.gates.into_iter().flatten().map(|gate| self::gate(gate, view.row.run.as_deref())));
    for artifact in view.artifacts.iter().flatten() {
        all.push(built(artifact));
        all.push(provenance(artifact));
    }
    for deployment in &view.row.deployments {
        all.extend(probe(deployment));
        all.push(Evidence {
            state: deployment.state.clone(),
            text: format!("Deployment {} of {}", deployment.number, deployment.service),
            detail: deployment.reason.clone(),
            link: Some(page(deployment.number)),
        });
        let of_it = |guard: &&GuardSaid| guard.deployment == deployment.number;
        all.extend(seen.guards.into_iter().flatten().filter(of_it).map(guard));
    }
    all.extend(seen.journeys.into_iter().flatten().map(journey));
    all.extend(seen.verdicts.into_iter().flatten().map(verdict));
    all.extend(findings(seen.findings.unwrap_or_default(), &view.row.deployments));
    all
}

fn page(deployment: u64) -> String {
    format!("/deployments/{deployment}")
}

fn built(artifact: &ChangeArtifact) -> Evidence {
    Evidence {
        state: state(StateKind::Good, "Built"),
        text: format!("Artifact {} of {}, {} files", digest(&artifact.digest), artifact.service, artifact.files),
        detail: Some(match (artifact.components, artifact.findings) {
            (Some(components), Some(findings)) => format!(
                "read-only when it runs; {}, {}",
                counted(components, "component"),
                counted(findings, "open finding")
            ),
            _ => "read-only when it runs; what it is made of is not known yet".into(),
        }),
        link: None,
    }
}

fn provenance(artifact: &ChangeArtifact) -> Evidence {
    let said = &artifact.provenance;
    let (kind, word, text) = if said.verified {
        let text = format!("Where {} comes from is signed by this installation", digest(&artifact.digest));
        (StateKind::Good, "Signed", text)
    } else {
        let text = format!("Where {} comes from is not proved", digest(&artifact.digest));
        (StateKind::Bad, "Not proved", text)
    };
    Evidence { state: state(kind, word), text, detail: said.why.clone(), link: None }
}

fn gate(gate: &GateSaid, run: Option<&str>) -> Evidence {
    let (kind, word) = match (gate.verdict, gate.state) {
        (Some(Verdict::Passed), _) | (None, StepState::Passed) => (StateKind::Good, "Passed"),
        (Some(Verdict::Failed), _) => (StateKind::Bad, "Stopped it"),
        (Some(Verdict::Held), _) => (StateKind::Warn, "Would stop it"),
        (Some(Verdict::NotJudged), _) => (StateKind::Warn, "Not judged"),
        (Some(Verdict::Unknown), _) => (StateKind::Warn, "Unknown"),
        (None, StepState::Failed | StepState::TimedOut) => (StateKind::Bad, "No answer"),
        (None, _) => (StateKind::Plain, "Not asked"),
    };
    let name = gate.name.trim_start_matches("gate: ");
    Evidence {
        state: state(kind, word),
        text: format!("Gate {name}"),
        detail: gate.summary.clone(),
        link: run.map(|run| format!("/runs/{run}")),
    }
}

fn guard(guard: &GuardSaid) -> Evidence {
    let (kind, word) = match guard.state {
        EvidenceState::Running => (StateKind::Busy, "Watches"),
        EvidenceState::Passed => (StateKind::Good, "Holds"),
        EvidenceState::Failed => (StateKind::Bad, "Worse"),
    };
    let text = format!("Guard {} on deployment {}", guard.journey, guard.deployment);
    Evidence { state: state(kind, word), text, detail: guard.summary.clone(), link: Some(page(guard.deployment)) }
}

fn verdict(said: &FlagVerdict) -> Evidence {
    let (kind, word) = match (said.verdict.decision, said.state) {
        (Decision::Ship, _) => (StateKind::Good, "Ship"),
        (Decision::RollBack, _) => (StateKind::Bad, "Roll back"),
        (Decision::Invalid, _) => (StateKind::Warn, "Invalid"),
        (Decision::Inconclusive, _) => (StateKind::Plain, "No difference"),
        (Decision::KeepRunning, Stage::Running) => (StateKind::Busy, "Goes on"),
        (Decision::KeepRunning, _) => (StateKind::Plain, "Stopped"),
    };
    let by = said.verdict.by.as_ref().map(|who| format!("{who} decided, whatever the figures say"));
    Evidence {
        state: state(kind, word),
        text: format!("Experiment {}: {}", said.experiment, said.verdict.sentence),
        detail: by,
        link: Some(format!("/experiments/{}", said.experiment)),
    }
}

/// Open ones first; of too many the first, and how many more there are.
fn findings(all: &[FindingView], deployments: &[DeploymentItem]) -> Vec<Evidence> {
    let mut ordered: Vec<_> = all.iter().collect();
    ordered.sort_by_key(|finding| finding.state != FindingState::Open);
    let mut told: Vec<_> = ordered.iter().take(FINDINGS_MAX).map(|one| self::finding(one, deployments)).collect();
    if let Some(more) = all.len().checked_sub(FINDINGS_MAX).filter(|more| *more > 0) {
        let open = ordered.iter().skip(FINDINGS_MAX).filter(|one| one.state == FindingState::Open).count();
        let kind = if open > 0 { StateKind::Bad } else { StateKind::Plain };
        let text = format!("{} more, {open} of them open", counted(more as u64, "finding"));
        told.push(Evidence { state: state(kind, "More"), text, detail: None, link: Some("/findings".into()) });
    }
    told
}

fn finding(finding: &FindingView, deployments: &[DeploymentItem]) -> Evidence {
    let is_brought = deployments.iter().any(|deployment| deployment.number == finding.since.deployment);
    let (kind, word) = match finding.state {
        FindingState::Open => (StateKind::Bad, "Open"),
        FindingState::Closed => (StateKind::Plain, "Closed"),
    };
    let whence = if is_brought {
        "brought by this change's deployment".to_owned()
    } else {
        format!("there since deployment {}", finding.since.deployment)
    };
    let link = Some(format!("/findings/{}", finding.key));
    Evidence { state: state(kind, word), text: finding.sentence.clone(), detail: Some(whence), link }
}

fn journey(effect: &Effect) -> Evidence {
    let (kind, word) = match effect.difference {
        Some(d) if d.lower > 0.0 => (StateKind::Good, "Better"),
        Some(d) if d.upper < 0.0 => (StateKind::Bad, "Worse"),
        Some(_) => (StateKind::Plain, "No clear difference"),
        None => (StateKind::Plain, "Too few persons"),
    };
    // What chance did not choose is no proof.
    let kind = if effect.randomised { kind } else { StateKind::Plain };
    let link = Some(format!("/journeys/{}", effect.journey));
    Evidence { state: state(kind, word), text: effect.sentence.clone(), detail: None, link }
}

/// How its dark verification ended.
fn probe(deployment: &DeploymentItem) -> Option<Evidence> {
    let (kind, word, text) = match deployment.probe.as_ref()? {
        Outcome::Passed { sentence } => (StateKind::Good, "Probed", sentence.clone()),
        Outcome::Failed { why } => (StateKind::Bad, "Probe failed", why.clone()),
        Outcome::NothingToProbe => (StateKind::Plain, "Not probed", "No journey declares a probe".to_owned()),
    };
    let detail = Some(format!("deployment {} of {}, in the dark", deployment.number, deployment.service));
    Some(Evidence { state: state(kind, word), text, detail, link: Some(page(deployment.number)) })
}

fn state(kind: StateKind, word: &str) -> State {
    State { kind, word: word.to_owned() }
}

/// `sha256:9b1e44…`
fn digest(digest: &str) -> String {
    format!("{}…", digest.get(..13).unwrap_or(digest))
}

fn counted(many: u64, what: &str) -> String {
    match many {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

fn checks(run: &RunView) -> Evidence {
    let of_kind = || run.steps.iter().filter(|s| s.kind == delivery::verify::StepKind::Check);
    let (all, passed) =
        (of_kind().count(), of_kind().filter(|s| s.state == delivery::verify::StepState::Passed).count());
    let (kind, word) = match run.state.as_str() {
        "passed" => (StateKind::Good, "Passed"),
        "failed" => (StateKind::Bad, "Failed"),
        "running" => (StateKind::Busy, "Running"),
        _ => (StateKind::Plain, "Cancelled"),
    };
    let text = if all == 0 { "No checks are declared".to_owned() } else { format!("{passed} of {all} checks passed") };
    Evidence { state: state(kind, word), text, detail: run.why.clone(), link: Some(format!("/runs/{}", run.id)) }
}

fn red_green(proof: &RedGreen) -> Evidence {
    let tests = proof.tests.len();
    let (kind, word, text) = match proof.state {
        Proof::Proved => (StateKind::Good, "Proved", proved(tests)),
        Proof::ProvedNoBuild => {
            (StateKind::Good, "Proved", "The parent cannot even build with the new tests".to_owned())
        }
        Proof::NotProved => {
            (StateKind::Warn, "Not proved", "The new tests pass on the parent too: they prove nothing".to_owned())
        }
        Proof::NoTests => (StateKind::Plain, "No tests", "The change brings no tests".to_owned()),
        Proof::Unknown => (StateKind::Warn, "Unknown", "Whether its tests would fail without it is unknown".to_owned()),
    };
    let names = (tests > 0).then(|| proof.tests.iter().take(5).cloned().collect::<Vec<_>>().join(", "));
    Evidence { state: state(kind, word), text, detail: names.or_else(|| proof.reason.clone()), link: None }
}

fn proved(tests: usize) -> String {
    match tests {
        1 => "1 new test failed on the parent and passes here".into(),
        many => format!("{many} new tests failed on the parent and pass here"),
    }
}

#[cfg(test)]
mod tests;
