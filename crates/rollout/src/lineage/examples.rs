//! Parts of stories, for tests of how they are told.

use delivery::EvidenceState;
use delivery::view::change::{ChangeRow, ChangeView, CommitView};
use delivery::view::deployment::DeploymentItem;
use delivery::view::{State, StateKind};
use experiments::model::assess::{Arm, MetricAssessment, State as MetricState, Told};
use experiments::model::{Decision, Role};
use experiments::{Stage, VerdictView};
use security::{FindingState, Since};

use super::customers::FlagVerdict;
use super::exposure::FlagExposure;
use super::guarded::GuardSaid;
use super::switched::Switched;
use crate::finding::FindingView;
use crate::ramp::{RampEvent, RampStage, RampState, RampView};

/// `2026-11-24T10:MM:00Z`
pub(super) fn at(minute: u8) -> String {
    format!("2026-11-24T10:{minute:02}:00Z")
}

/// Landed at 10:00; nothing else is known of it.
pub(super) fn change(deployments: Vec<DeploymentItem>) -> ChangeView {
    let sha = "3f9c2ab00000".to_owned();
    ChangeView {
        row: ChangeRow {
            sha: sha.clone(),
            short: "3f9c2ab".into(),
            repository: "shop".into(),
            subject: "Ask once".into(),
            author: "ann".into(),
            at: at(0),
            state: State { kind: StateKind::Good, word: "Live".into() },
            why: None,
            run: None,
            deployments,
            shipped_in: None,
            waits_behind: None,
        },
        commit: CommitView { sha, author: "ann".into(), subject: "Ask once".into(), at: at(0), landed: at(0) },
        checks: None,
        red_green: None,
        artifacts: None,
        run_view: None,
        fixes: Vec::new(),
        reverts: Vec::new(),
        fixed_by: None,
        files: Vec::new(),
    }
}

/// Begun at 10:01.
pub(super) fn deployment(number: u64, phase: &str) -> DeploymentItem {
    DeploymentItem {
        number,
        service: "shop".into(),
        commit: "3f9c2ab00000".into(),
        subject: "Ask once".into(),
        phase: phase.into(),
        state: State { kind: StateKind::Good, word: phase.into() },
        weight: if phase == "canary" { 0.05 } else { 0.0 },
        started: at(1),
        exposed_at: None,
        live_at: (phase == "live" || phase == "superseded").then(|| at(2)),
        ended: matches!(phase, "superseded" | "rolled_back" | "failed").then(|| at(50)),
        reason: matches!(phase, "rolled_back" | "failed").then(|| "14 of 212 clients met failures".into()),
        digest: "sha256:00".into(),
        probe: None,
        probing_at: None,
        probed_at: None,
    }
}

pub(super) fn exposure(persons: u64) -> FlagExposure {
    let first = (persons > 0).then(|| at(3));
    FlagExposure { flag: "one-address".into(), variants: vec!["on".into()], first, persons }
}

pub(super) fn said(decision: Decision, state: Stage, by: Option<&str>) -> FlagVerdict {
    let arm = Arm { n: 2_000, mean: 0.5 };
    FlagVerdict {
        experiment: "ask-once".into(),
        flag: "one-address".into(),
        state,
        verdict: VerdictView {
            decision,
            sentence: "told by the experiment".into(),
            at: Some(at(40)),
            look: by.is_none().then_some(31),
            by: by.map(str::to_owned),
        },
        metric: (decision != Decision::Invalid).then(|| MetricAssessment {
            name: "paid".into(),
            role: Role::Success,
            is_share: true,
            control: arm,
            treatment: arm,
            absolute: Some(Told { estimate: 0.041, lower: 0.012, upper: 0.07 }),
            relative: None,
            state: MetricState::Better,
        }),
    }
}

pub(super) fn guard(state: EvidenceState) -> GuardSaid {
    GuardSaid {
        deployment: 6,
        journey: "checkout".into(),
        state,
        at: at(4),
        summary: Some("what the guard saw".into()),
    }
}

/// Found at 10:20.
pub(super) fn finding(id: &str, state: FindingState) -> FindingView {
    FindingView {
        id: id.into(),
        key: format!("key-{id}"),
        aliases: Vec::new(),
        ecosystem: "npm".into(),
        package: "left-pad".into(),
        version: "1.0.0".into(),
        purl: "pkg:npm/left-pad@1.0.0".into(),
        severity: "high".into(),
        summary: String::new(),
        fixed: Vec::new(),
        source: "package-lock.json".into(),
        services: vec!["shop".into()],
        deployments: vec![6],
        since: Since { deployment: 6, commit: "3f9c2ab00000".into(), at: at(2).parse().unwrap() },
        owner: None,
        flag: None,
        actions: Vec::new(),
        sentence: format!("{id} is in production"),
        state,
        opened: at(20),
        due: None,
        overdue: false,
        closed: (state == FindingState::Closed).then(|| at(30)),
        closed_why: None,
        history: Vec::new(),
        advisories: None,
    }
}

pub(super) fn switched(ramps: Vec<RampView>) -> Switched {
    Switched { flag: "one-address".into(), events: Vec::new(), ramps, killed_by: None }
}

/// 10 % from 10:05, 50 % from 10:10, then nothing; ended at 10:15 unless it goes on.
pub(super) fn ramp(state: RampState) -> RampView {
    let is_over = !matches!(state, RampState::Ramping | RampState::Holding);
    let event = RampEvent {
        at: at(15),
        who: "trunkline".into(),
        what: if is_over { "ramp.turned_back" } else { "ramp.held" }.into(),
        why: "checkout: fewer come through".into(),
    };
    RampView {
        number: 3,
        flag: "one-address".into(),
        state,
        sentence: "nobody gets \"on\" any more".into(),
        treatment: "on".into(),
        control: "off".into(),
        stages: [(0.1, Some(at(5))), (0.5, Some(at(10))), (1.0, None)]
            .map(|(share, since)| RampStage { share, since })
            .into(),
        stage: 2,
        share: 0.0,
        since: Some(at(10)),
        step_seconds: 60,
        step_persons: 100,
        evidence: Vec::new(),
        waits_for: None,
        began: at(4),
        by: "ann".into(),
        reason: None,
        ended: is_over.then(|| at(15)),
        events: vec![event],
        trouble: None,
        actions: Vec::new(),
    }
}
