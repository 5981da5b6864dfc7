use delivery::provenance::ProvenanceView;

use super::super::examples::{change, deployment, finding, guard, said};
use super::*;

const NOTHING: Seen<'static> = Seen { gates: None, guards: None, journeys: None, verdicts: None, findings: None };

/// Word and text of each.
fn told(view: &ChangeView, seen: &Seen<'_>) -> Vec<(String, String)> {
    of(view, seen).into_iter().map(|one| (one.state.word, one.text)).collect()
}

fn artifact(verified: bool) -> ChangeArtifact {
    let why = (!verified).then(|| "its signature was forged".to_owned());
    ChangeArtifact {
        service: "shop".into(),
        digest: "sha256:9b1e44000000".into(),
        files: 12,
        bytes: 100,
        provenance: ProvenanceView { verified, why, key: "sha256:00".into(), envelope: None, statement: None },
        components: None,
        findings: None,
    }
}

fn gate(verdict: Option<Verdict>, state: StepState) -> GateSaid {
    GateSaid { name: "gate: security".into(), state, verdict, summary: Some("what it said".into()) }
}

#[test]
fn it_is_told_in_the_order_of_the_story() {
    let view = ChangeView { artifacts: Some(vec![artifact(true)]), ..change(vec![deployment(6, "live")]) };
    let told = told(
        &view,
        &Seen {
            gates: Some(&[gate(Some(Verdict::Passed), StepState::Passed)]),
            guards: Some(&[guard(EvidenceState::Passed)]),
            verdicts: Some(&[said(Decision::Ship, Stage::Decided, None)]),
            findings: Some(&[finding("CVE-1", FindingState::Open)]),
            ..NOTHING
        },
    );
    let told: Vec<_> = told.iter().map(|(word, text)| (word.as_str(), text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("Passed", "Gate security"),
            ("Built", "Artifact sha256:9b1e44… of shop, 12 files"),
            ("Signed", "Where sha256:9b1e44… comes from is signed by this installation"),
            ("live", "Deployment 6 of shop"),
            ("Holds", "Guard checkout on deployment 6"),
            ("Ship", "Experiment ask-once: told by the experiment"),
            ("Open", "CVE-1 is in production"),
        ]
    );
}

#[test]
fn what_is_not_proved_or_not_asked_is_never_good() {
    let view = ChangeView { artifacts: Some(vec![artifact(false)]), ..change(vec![]) };
    let provenance = of(&view, &NOTHING).pop().unwrap();
    assert_eq!(
        (provenance.state.kind, provenance.detail.as_deref()),
        (StateKind::Bad, Some("its signature was forged"))
    );
    for (verdict, state, kind, word) in [
        (Some(Verdict::Failed), StepState::Failed, StateKind::Bad, "Stopped it"),
        (Some(Verdict::Held), StepState::Passed, StateKind::Warn, "Would stop it"),
        (Some(Verdict::NotJudged), StepState::Passed, StateKind::Warn, "Not judged"),
        (Some(Verdict::Unknown), StepState::Failed, StateKind::Warn, "Unknown"),
        (None, StepState::TimedOut, StateKind::Bad, "No answer"),
        (None, StepState::Skipped, StateKind::Plain, "Not asked"),
    ] {
        let gates = [gate(verdict, state)];
        let told = of(&change(vec![]), &Seen { gates: Some(&gates), ..NOTHING }).pop().unwrap();
        assert_eq!((told.state.kind, told.state.word.as_str()), (kind, word));
    }
}

#[test]
fn of_many_findings_the_open_ones_are_told_first_and_the_rest_is_counted() {
    let closed = (0..FINDINGS_MAX).map(|n| finding(&format!("CVE-{n}"), FindingState::Closed));
    let all: Vec<_> = closed.chain([finding("CVE-OPEN", FindingState::Open)]).collect();
    let told = told(&change(vec![deployment(6, "live")]), &Seen { findings: Some(&all), ..NOTHING });
    assert_eq!(told[1].1, "CVE-OPEN is in production");
    assert_eq!(told.last().unwrap().1, "1 finding more, 0 of them open");
}

#[test]
fn a_finding_that_was_there_before_is_not_this_changes_doing() {
    let all = [finding("CVE-1", FindingState::Open)];
    let seen = Seen { findings: Some(&all), ..NOTHING };
    let whence = |number| of(&change(vec![deployment(number, "live")]), &seen).pop().unwrap().detail;
    assert_eq!(whence(6).as_deref(), Some("brought by this change's deployment"));
    assert_eq!(whence(7).as_deref(), Some("there since deployment 6"));
}
