use experiments::Turn;
use flags::view::{FlagEvent, Share};

use super::super::super::examples::{at, change, deployment, exposure, finding, guard, ramp, said, switched};
use super::super::{LANE_MAX, of};
use super::*;

/// What is in a lane, in its order: when, and the label.
fn told(known: &Known, lane: &str) -> Vec<(String, String)> {
    let now = at(59).parse().unwrap();
    let timeline = of(&change(vec![deployment(6, "live")]), known, now);
    let lane = timeline.lanes.iter().find(|one| one.name == lane);
    let spans = lane.into_iter().flat_map(|lane| &lane.spans).map(|span| (span.from.clone(), span.label.clone()));
    let marks = lane.into_iter().flat_map(|lane| &lane.marks).map(|mark| (mark.at.clone(), mark.label.clone()));
    spans.chain(marks).collect()
}

fn moment(minute: u8, label: &str) -> (String, String) {
    (at(minute), label.to_owned())
}

fn event(minute: u8, what: &str) -> FlagEvent {
    FlagEvent {
        revision: u64::from(minute),
        at: at(minute),
        who: "ann".into(),
        what: what.into(),
        why: Some("to see".into()),
        commit: None,
        state: "ramping".into(),
        split: vec![Share { variant: "on".into(), share: 0.25 }, Share { variant: "blue".into(), share: 0.0 }],
    }
}

fn course(state: Stage) -> Course {
    let verdict = said(Decision::Ship, state, None).verdict;
    let turn = |look, minute: u8, decision| Turn { look, at: at(minute).parse().unwrap(), decision };
    Course {
        experiment: "ask-once".into(),
        flag: "one-address".into(),
        state,
        started: Some(at(5).parse().unwrap()),
        ended: (state != Stage::Running).then(|| at(40).parse().unwrap()),
        verdict: Some(verdict),
        metric: None,
        turns: vec![turn(7, 12, Decision::Invalid), turn(31, 40, Decision::Ship)],
    }
}

#[test]
fn the_first_exposure_is_told_with_how_many() {
    let known = |persons| {
        let mut known = Known::default();
        known.customers.exposures = Some(vec![exposure(persons)]);
        known
    };
    assert_eq!(told(&known(124_799), "Exposure"), [moment(3, "first of 124,799 persons with \"on\"")]);
    assert_eq!(told(&known(1), "Exposure"), [moment(3, "1 person with \"on\"")]);
    assert_eq!(told(&known(0), "Exposure"), []);
}

#[test]
fn a_guard_that_has_not_seen_enough_has_no_verdict() {
    let known = |state| Known { guards: Some(vec![guard(state)]), ..Known::default() };
    assert_eq!(told(&known(EvidenceState::Passed), "Guards"), [moment(4, "checkout holds on 6")]);
    assert_eq!(told(&known(EvidenceState::Failed), "Guards"), [moment(4, "checkout worse on 6")]);
    assert_eq!(told(&known(EvidenceState::Running), "Guards"), []);
}

#[test]
fn a_ramp_has_its_stages_and_its_end() {
    let known = |state| {
        let mut known = Known::default();
        known.customers.switched = Some(vec![switched(vec![ramp(state)])]);
        known
    };
    let stages = [moment(5, "10 % \"on\""), moment(10, "50 % \"on\"")];
    let [first, second] = stages;
    let lane = "Flag one-address";
    assert_eq!(told(&known(RampState::TurnedBack), lane), [first.clone(), second.clone(), moment(15, "turned back")]);
    assert_eq!(told(&known(RampState::Holding), lane), [first, second, moment(15, "holds")]);

    let ends = |state| stages_of(&known(state)).into_iter().map(|span| (span.kind, span.to)).collect::<Vec<_>>();
    assert_eq!(ends(RampState::TurnedBack), [("good".into(), Some(at(10))), ("bad".into(), Some(at(15)))]);
    assert_eq!(ends(RampState::Ramping), [("good".into(), Some(at(10))), ("busy".into(), None)]);
}

fn stages_of(known: &Known) -> Vec<Span> {
    let (mut lanes, _) = lanes(known);
    lanes.remove(0).spans
}

#[test]
fn whoever_moves_a_flag_is_told_and_pushes_are_not() {
    let mut known = Known::default();
    let events =
        vec![event(6, "flag.pushed"), event(7, "flag.ramped"), event(8, "flag.killed"), event(9, "flag.tester_added")];
    known.customers.switched = Some(vec![Switched { events, ..switched(vec![]) }]);
    assert_eq!(told(&known, "Flag one-address"), [moment(7, "ramped: 25 % \"on\""), moment(8, "killed")]);
}

#[test]
fn an_experiment_has_its_begin_the_looks_that_mattered_and_its_verdict() {
    let known = |course| {
        let mut known = Known::default();
        known.customers.courses = Some(vec![course]);
        known
    };
    let lane = "Experiment ask-once";
    let all = [moment(5, "decided"), moment(12, "invalid"), moment(40, "ship")];
    assert_eq!(told(&known(course(Stage::Decided)), lane), all);
    let (lanes, _) = lanes(&known(course(Stage::Decided)));
    assert_eq!(lanes[0].marks[1].detail.as_deref(), Some("look 31: told by the experiment"));
    assert_eq!(told(&known(Course { started: None, ..course(Stage::Draft) }), lane), [], "it never began");
    let person = said(Decision::RollBack, Stage::Decided, Some("ann")).verdict;
    let overruled = Course { verdict: Some(person), turns: vec![], ..course(Stage::Decided) };
    assert_eq!(told(&known(overruled), lane), [moment(5, "decided"), moment(40, "roll back")]);
}

#[test]
fn findings_are_found_and_closed() {
    let all = vec![finding("CVE-1", FindingState::Closed), finding("CVE-2", FindingState::Open)];
    let known = Known { findings: Some(all), ..Known::default() };
    let expected = [moment(20, "CVE-1 found"), moment(20, "CVE-2 found"), moment(30, "CVE-1 closed")];
    assert_eq!(told(&known, "Findings"), expected);
}

#[test]
fn a_lane_keeps_its_newest_and_what_is_left_out_is_counted() {
    let many = u8::try_from(LANE_MAX).unwrap() + 5;
    let mut known = Known::default();
    // Not in order of time.
    let events = (10..10 + many).rev().map(|minute| event(minute, "flag.killed")).collect();
    known.customers.switched = Some(vec![Switched { events, ..switched(vec![]) }]);
    let now = at(59).parse().unwrap();
    let timeline = of(&change(vec![deployment(6, "live")]), &known, now);
    let marks = &timeline.lanes.last().unwrap().marks;
    assert_eq!((marks.len(), timeline.left_out), (LANE_MAX, 5));
    assert_eq!((marks[0].at.as_str(), marks.last().unwrap().at.as_str()), (at(15).as_str(), at(9 + many).as_str()));
}

#[test]
fn lanes_of_many_flags_are_left_out_and_counted() {
    let mut known = Known::default();
    let one = Switched { events: vec![event(7, "flag.killed")], ..switched(vec![]) };
    known.customers.switched = Some(vec![one; LANES_MAX + 2]);
    assert_eq!((lanes(&known).0.len(), lanes(&known).1), (LANES_MAX, 2));
}

#[test]
fn the_axis_goes_on_while_customers_are_still_concerned() {
    let to = |known: &Known| of(&change(vec![deployment(6, "superseded")]), known, at(59).parse().unwrap()).to;
    assert_eq!(to(&Known::default()), at(50), "the deployment's end");
    let mut known = Known::default();
    known.customers.courses = Some(vec![course(Stage::Running)]);
    assert_eq!(to(&known), at(59), "now");
    known.customers.courses = Some(vec![Course { ended: Some(at(55).parse().unwrap()), ..course(Stage::Decided) }]);
    assert_eq!(to(&known), at(55), "the experiment's end");
}
