//! What speaks for a change, and what against: what production runs is what was checked.

use delivery::Outcome;
use delivery::verify::{Proof, RedGreen};
use delivery::view::change::ChangeView;
use delivery::view::deployment::DeploymentItem;
use delivery::view::run::RunView;
use delivery::view::{State, StateKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::effect::Effect;

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    pub state: State,
    pub text: String,
    pub detail: Option<String>,
    /// A page of the console.
    pub link: Option<String>,
}

pub(crate) fn of(view: &ChangeView, journeys: Option<&[Effect]>) -> Vec<Evidence> {
    let mut all = Vec::new();
    all.extend(view.run_view.as_ref().map(checks));
    all.extend(view.red_green.as_ref().map(red_green));
    for artifact in view.artifacts.iter().flatten() {
        all.push(Evidence {
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
        });
    }
    for deployment in &view.row.deployments {
        all.extend(probe(deployment));
        all.push(Evidence {
            state: deployment.state.clone(),
            text: format!("Deployment {} of {}", deployment.number, deployment.service),
            detail: deployment.reason.clone(),
            link: Some(format!("/deployments/{}", deployment.number)),
        });
    }
    all.extend(journeys.into_iter().flatten().map(journey));
    all
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
    let link = Some(format!("/deployments/{}", deployment.number));
    let detail = Some(format!("deployment {} of {}, in the dark", deployment.number, deployment.service));
    Some(Evidence { state: state(kind, word), text, detail, link })
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
