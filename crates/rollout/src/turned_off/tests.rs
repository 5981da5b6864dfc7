use flags::view::{Blast, FlagChange, FlagItem};

use super::*;
use crate::ramp::RampStage;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// At its own revision, in seconds.
fn event(second: i64, what: &str, who: &str, why: Option<&str>) -> FlagEvent {
    FlagEvent {
        revision: second.unsigned_abs(),
        at: at(second).to_string(),
        who: who.into(),
        what: format!("flag.{what}"),
        why: why.map(str::to_owned),
        commit: matches!(what, "added" | "pushed").then(|| format!("commit-{second}")),
        state: "ramping".into(),
        split: vec![],
    }
}

/// Oldest first.
fn flag(mut events: Vec<FlagEvent>) -> FlagView {
    events.reverse();
    let item = FlagItem {
        key: "gift-wrap".into(),
        state: "killed".into(),
        kind_of_value: "boolean".into(),
        kind: None,
        owner: None,
        expires: None,
        expired: false,
        unit: "visitor".into(),
        journey: None,
        revision: 1,
        variants: vec!["on".into(), "off".into()],
        split: vec![],
        exposed_persons: None,
        killed: true,
        held: None,
        retire: None,
        changed: FlagChange { at: at(0).to_string(), who: "ann".into(), what: "flag.killed".into() },
    };
    FlagView {
        item,
        description: None,
        values: std::collections::BTreeMap::new(),
        default_variant: Some("off".into()),
        off_variant: Some("off".into()),
        rules: vec![],
        testers: vec![],
        killed_by: None,
        ramp: None,
        no_ramp: None,
        history: events,
        exposures: None,
        references: None,
        blast: Blast { persons_now: None, journeys: vec![] },
        edge: true,
    }
}

fn ramp(number: u64, state: RampState) -> RampView {
    RampView {
        number,
        flag: "gift-wrap".into(),
        state,
        sentence: String::new(),
        treatment: "on".into(),
        control: "off".into(),
        stages: vec![RampStage { share: 0.1, since: None }],
        stage: 1,
        share: 0.0,
        since: None,
        step_seconds: 60,
        step_persons: 100,
        evidence: vec![],
        waits_for: None,
        began: at(0).to_string(),
        by: "ann".into(),
        reason: None,
        ended: None,
        events: vec![],
        trouble: None,
        actions: vec![],
    }
}

fn told(events: Vec<FlagEvent>, ramps: &[RampView]) -> Vec<(String, i64, i64)> {
    let steps = steps(&flag(events), ramps);
    steps.into_iter().map(|step| (step.commit, step.from.as_second(), step.off.as_second())).collect()
}

#[test]
fn a_kill_with_a_reason_ends_the_step_before_it() {
    let added = event(1, "added", "trunk", None);
    let ramped = event(5, "ramped", "ann", None);
    let killed = |who, why| event(9, "killed", who, why);
    let all = |last| told(vec![added.clone(), ramped.clone(), event(7, "tester_added", "ann", None), last], &[]);
    assert_eq!(all(killed("ann", Some("orders without address"))), [("commit-1".to_owned(), 5, 9)]);
    assert_eq!(all(killed("ann", None)), [], "nobody says that anything happened");
    assert_eq!(all(killed("ann", Some(" "))), []);
    assert_eq!(all(killed("experiment gift-wrap", Some("it does harm"))), [], "that was asked for");
}

#[test]
fn it_counts_once_until_it_is_given_again() {
    let why = Some("it hurts");
    let killed = |second| event(second, "killed", "ann", why);
    let events =
        vec![event(1, "added", "trunk", None), killed(3), killed(4), event(6, "cleared", "ann", None), killed(8)];
    assert_eq!(told(events, &[]), [("commit-1".to_owned(), 1, 3), ("commit-1".to_owned(), 6, 8)]);
}

#[test]
fn a_ramp_that_was_turned_back_ends_its_last_stage() {
    let events = vec![
        event(1, "added", "trunk", None),
        event(3, "ramped", "ramp 4", Some("stage 1")),
        event(5, "ramped", "ramp 4", Some("stage 2")),
        event(8, "ramped", "ramp 4", Some("fewer come through")),
    ];
    assert_eq!(told(events.clone(), &[ramp(4, RampState::TurnedBack)]), [("commit-1".to_owned(), 5, 8)]);
    assert_eq!(told(events, &[ramp(4, RampState::Done)]), []);
}

#[test]
fn the_time_begins_with_the_first_customer_of_the_step() {
    let step =
        |given| Step { commit: "c".into(), from: at(5), off: at(9), who: "ann".into(), why: String::new(), given };
    let anything = step(Given::AnythingBut(Some("off".into())));
    let rows = [(1, 4_000, "on"), (2, 7_000, "off"), (3, 8_000, "on"), (4, 9_500, "on")];
    let index = ExposureIndex::of(rows.map(|(person, at_ms, variant)| (person, at_ms, variant.to_owned())));
    assert_eq!(met("gift-wrap", &anything, &index).map(|off| (off.since, off.off)), Some((at(8), at(9))));
    let none = step(Given::Treatment("blue".into()));
    assert_eq!(met("gift-wrap", &none, &index), None, "no customer had it");
}
