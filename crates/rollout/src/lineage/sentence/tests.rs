use flags::view::Decision as FlagDecision;

use super::super::examples::{at, change, deployment, exposure, finding, ramp, said, switched};
use super::*;
use crate::ramp::RampState;

fn known() -> Known {
    Known::default()
}

fn with(told: impl FnOnce(&mut Known)) -> Known {
    let mut known = known();
    told(&mut known);
    known
}

fn exposed(persons: u64) -> Known {
    with(|known| known.customers.exposures = Some(vec![exposure(persons)]))
}

fn decided(verdict: FlagVerdict) -> Known {
    with(|known| known.customers.verdicts = Some(vec![verdict]))
}

/// Of a change that is live as deployment 6.
fn live(known: &Known) -> String {
    let told = of(&change(vec![deployment(6, "live")]), known);
    told.strip_prefix("All customers have it: deployment 6 is live").expect("it is live").to_owned()
}

#[test]
fn where_it_is_comes_first() {
    for (phase, told) in [
        ("live", "All customers have it: deployment 6 is live"),
        ("superseded", "Customers had it as deployment 6; a newer one is live since"),
        ("canary", "5 % of customers have it: deployment 6 is in its canary"),
        ("probing", "No customer has it: deployment 6 is probed in the dark"),
        ("rolled_back", "Taken back: 14 of 212 clients met failures"),
        ("failed", "It never had customers: 14 of 212 clients met failures"),
        ("queued", "Verified; deployment 6 is next"),
        ("verifying", "Deployment 6 is on its way to customers"),
        ("a phase of a later release", "Deployment 6 is on its way to customers"),
    ] {
        assert_eq!(of(&change(vec![deployment(6, phase)]), &known()), told, "{phase}");
    }
    assert_eq!(of(&change(vec![]), &known()), "It waits for its run");
    let reason = Some("taken back by guard checkout: fewer come to the end".to_owned());
    let guarded = change(vec![DeploymentItem { reason, ..deployment(6, "rolled_back") }]);
    assert_eq!(of(&guarded, &known()), "Taken back by guard checkout: fewer come to the end");
    let mended = ChangeView { fixed_by: Some("0c4e9d7aaaaa".into()), ..guarded };
    assert_eq!(of(&mended, &known()), "Taken back by guard checkout: fewer come to the end. Mended by 0c4e9d7");
}

#[test]
fn whom_it_reached_behind_its_flags_is_told_of_what_has_customers() {
    for (persons, told) in [
        (0, "; nobody has seen what is behind its flag"),
        (1, "; 1 person has seen what is behind its flag"),
        (124_799, "; 124,799 persons have seen what is behind its flag"),
    ] {
        assert_eq!(live(&exposed(persons)), told);
    }
    assert_eq!(live(&with(|known| known.customers.exposures = Some(vec![]))), "", "it has no flag");
    assert_eq!(live(&known()), "", "nobody knows");
    assert_eq!(
        of(&change(vec![deployment(6, "rolled_back")]), &exposed(7)),
        "Taken back: 14 of 212 clients met failures",
        "what counts is that it was taken back"
    );
}

#[test]
fn a_flag_that_was_taken_back_is_told_with_its_reason() {
    let killed = FlagDecision { at: at(9), who: "ann".into(), why: Some("orders without address".into()) };
    let killed = Switched { killed_by: Some(killed), ..switched(vec![]) };
    let told = live(&with(|known| known.customers.switched = Some(vec![killed])));
    assert_eq!(told, "; its flag one-address was killed by ann: orders without address");
    for (state, told) in [
        (RampState::TurnedBack, "; its flag one-address was turned back: nobody gets \"on\" any more"),
        (RampState::Done, ""),
        (RampState::Ramping, ""),
    ] {
        let known = with(|known| known.customers.switched = Some(vec![switched(vec![ramp(state)])]));
        assert_eq!(live(&known), told, "{state:?}");
    }
}

#[test]
fn whoever_moved_the_flag_after_it_was_turned_back_decided_otherwise() {
    let event = flags::view::FlagEvent {
        revision: 9,
        at: at(16),
        who: "ann".into(),
        what: "flag.ramped".into(),
        why: None,
        commit: None,
        state: "ramping".into(),
        split: vec![],
    };
    let moved = Switched { events: vec![event], ..switched(vec![ramp(RampState::TurnedBack)]) };
    assert_eq!(live(&with(|known| known.customers.switched = Some(vec![moved]))), "");
}

#[test]
fn every_verdict_has_its_words() {
    let figures = "paid +4.1 points, between +1.2 and +7.0";
    for (decision, state, by, told) in [
        (Decision::Ship, Stage::Decided, None, format!("The experiment says ship: {figures}")),
        (Decision::RollBack, Stage::Decided, None, format!("The experiment says roll back: {figures}")),
        (Decision::Inconclusive, Stage::Decided, None, format!("The experiment showed no difference: {figures}")),
        (Decision::Invalid, Stage::Running, None, "The experiment is invalid: nothing can be concluded from it".into()),
        (Decision::KeepRunning, Stage::Running, None, format!("The experiment goes on: so far {figures}")),
        (
            Decision::KeepRunning,
            Stage::Stopped,
            None,
            format!("The experiment was stopped without a verdict: {figures}"),
        ),
        (Decision::Ship, Stage::Decided, Some("ann"), format!("ann decided to ship it; the experiment saw {figures}")),
        (
            Decision::RollBack,
            Stage::Decided,
            Some("ann"),
            format!("ann decided to roll it back; the experiment saw {figures}"),
        ),
    ] {
        assert_eq!(live(&decided(said(decision, state, by))), format!(". {told}"), "{decision:?} {state:?} {by:?}");
    }
}

#[test]
fn a_verdict_without_figures_has_none() {
    let nothing = FlagVerdict { metric: None, ..said(Decision::KeepRunning, Stage::Running, None) };
    assert_eq!(live(&decided(nothing)), ". The experiment goes on");
}

#[test]
fn of_several_experiments_harm_comes_first_and_by_name() {
    let all = vec![
        said(Decision::Ship, Stage::Decided, None),
        FlagVerdict { experiment: "slower".into(), ..said(Decision::RollBack, Stage::Decided, None) },
    ];
    let told = live(&with(|known| known.customers.verdicts = Some(all)));
    assert!(told.starts_with(". Experiment slower says roll back: "), "{told}");
}

#[test]
fn only_open_findings_are_told() {
    use FindingState::{Closed, Open};
    let of = |states: &[FindingState]| {
        let findings = states.iter().map(|state| finding("CVE-2026-1", *state)).collect();
        live(&with(|known| known.findings = Some(findings)))
    };
    assert_eq!(of(&[]), "");
    assert_eq!(of(&[Closed]), "");
    assert_eq!(of(&[Open, Closed]), ". 1 finding is open: CVE-2026-1 in left-pad 1.0.0");
    assert_eq!(of(&[Open, Open]), ". 2 findings are open");
}

#[test]
fn all_of_it_is_two_sentences() {
    let mut known = exposed(612);
    known.customers.verdicts = Some(vec![said(Decision::Ship, Stage::Decided, None)]);
    known.findings = Some(vec![finding("CVE-2026-1", FindingState::Open)]);
    assert_eq!(
        live(&known),
        "; 612 persons have seen what is behind its flag. The experiment says ship: paid +4.1 points, between +1.2 and +7.0; \
         1 finding is open: CVE-2026-1 in left-pad 1.0.0"
    );
}
