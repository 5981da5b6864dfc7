use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::guards::GuardWord;
use crate::model::health::Served;

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_000 + seconds)
}

pub(crate) fn deployment(stage: Stage) -> Deployment {
    Deployment {
        number: 47,
        service: "shop".into(),
        commit: "b2c7f10".into(),
        digest: "sha256:00".into(),
        replaces: Some(46),
        stage,
        since: at(0),
        created: at(0),
        live_at: None,
        ended: None,
        pace: Pace { weights: vec![500, 2_500], step_seconds: 60, step_clients: 200, patience_seconds: 60 },
        has_infrastructure: false,
        has_migration: false,
        paused: false,
        promoted: false,
        evidence: Evidence::default(),
        exposed_at: None,
        probing_at: None,
        probed_at: None,
        probe: None,
        overruled: None,
    }
}

fn probed(outcome: Outcome) -> Deployment {
    Deployment { probe: Some(outcome), ..deployment(Stage::Probing) }
}

fn facts() -> Facts {
    Facts {
        blocked: None,
        attested: Attested::Sound,
        act: Act::Running,
        instance: Instance::Healthy,
        routed: true,
        unprobed_seconds: 0,
        sample: None,
        guards: Guards::Nobody,
    }
}

fn served(clients: u64, failed: u64) -> Served {
    Served { requests: clients, failures: failed, clients, failed_clients: failed }
}

fn sampled(mut deployment: Deployment, new: Served, old: Served) -> (Deployment, Facts) {
    let sample = Sample { window: deployment.window(), new, old };
    deployment.evidence = deployment.evidence.after(&sample, f64::from(deployment.weight()) / 10_000.0);
    (deployment, Facts { sample: Some(sample), ..facts() })
}

fn stage_after(deployment: &Deployment, facts: &Facts, now: Timestamp) -> Option<Stage> {
    match next(deployment, facts, now) {
        Next::Go(stage, _) => Some(stage),
        Next::Wait(_) => None,
    }
}

#[test]
fn a_healthy_version_walks_through_its_canary_steps() {
    assert_eq!(stage_after(&deployment(Stage::Queued), &facts(), at(0)), Some(Stage::Starting));
    assert_eq!(stage_after(&deployment(Stage::Starting), &facts(), at(0)), Some(Stage::Probing));
    assert_eq!(stage_after(&probed(Outcome::NothingToProbe), &facts(), at(0)), Some(Stage::Canary { step: 0 }));
    let (canary, seen) = sampled(deployment(Stage::Canary { step: 0 }), served(300, 0), served(5_000, 0));
    assert_eq!(stage_after(&canary, &seen, at(59)), None, "a step takes its time");
    assert_eq!(stage_after(&canary, &seen, at(60)), Some(Stage::Canary { step: 1 }));
    let (canary, seen) = sampled(deployment(Stage::Canary { step: 1 }), served(300, 0), served(900, 0));
    assert_eq!(stage_after(&canary, &seen, at(60)), Some(Stage::Live));
}

#[test]
fn only_the_step_to_all_visitors_waits_for_the_guards_and_not_for_ever() {
    let waiting =
        GuardWord::Waiting { why: "for 80 more persons in the guard of checkout".into(), within_seconds: 600 };
    let guarded = |step, said: Option<&GuardWord>, seconds| {
        let (canary, seen) = sampled(deployment(Stage::Canary { step }), served(300, 0), served(900, 0));
        let guards = said.map_or(Guards::Silent, |word| Guards::Said(word.clone()));
        stage_after(&canary, &Facts { guards, ..seen }, at(seconds))
    };
    assert_eq!(guarded(0, Some(&waiting), 60), Some(Stage::Canary { step: 1 }));
    assert_eq!(guarded(1, Some(&waiting), 60), None);
    assert_eq!(guarded(1, None, 9_999), None, "they have not looked: unknown is not enough");
    assert_eq!(guarded(1, Some(&GuardWord::Satisfied), 60), Some(Stage::Live));
    assert_eq!(guarded(1, Some(&waiting), 660), Some(Stage::Live), "few customers do not hold it for ever");
}

#[test]
fn the_first_deployment_has_nothing_to_compare_with() {
    let first = Deployment { replaces: None, ..probed(Outcome::NothingToProbe) };
    assert_eq!(stage_after(&first, &facts(), at(0)), Some(Stage::Live));
}

#[test]
fn an_artifact_that_is_not_what_was_built_is_never_started() {
    let with = |attested| Facts { attested, ..facts() };
    let queued = deployment(Stage::Queued);
    assert_eq!(stage_after(&queued, &with(Attested::Checking), at(0)), None);
    let refused = with(Attested::Refused { why: "its signature was forged".into() });
    let Some(Stage::Failed { why }) = stage_after(&queued, &refused, at(0)) else { panic!("must fail") };
    assert_eq!(why, "its artifact was refused: its signature was forged");
    let blocked = Facts { blocked: Some("frozen".into()), ..refused };
    assert_eq!(stage_after(&queued, &blocked, at(0)), None, "it is asked when its turn comes");
}

#[test]
fn infrastructure_then_migration_then_start_each_begun_in_writing() {
    let both = |stage| Deployment { has_infrastructure: true, has_migration: true, ..deployment(stage) };
    let done = Facts { act: Act::Done, ..facts() };
    assert_eq!(stage_after(&both(Stage::Queued), &facts(), at(0)), Some(Stage::Infrastructure { begun: false }));
    assert_eq!(
        stage_after(&both(Stage::Infrastructure { begun: false }), &done, at(0)),
        Some(Stage::Infrastructure { begun: true })
    );
    assert_eq!(stage_after(&both(Stage::Infrastructure { begun: true }), &facts(), at(0)), None, "it runs");
    assert_eq!(
        stage_after(&both(Stage::Infrastructure { begun: true }), &done, at(0)),
        Some(Stage::Migration { begun: false })
    );
    assert_eq!(stage_after(&both(Stage::Migration { begun: true }), &done, at(0)), Some(Stage::Starting));
}

#[test]
fn an_act_that_nobody_saw_end_is_unknown_and_never_done() {
    let lost = Facts { act: Act::Unknown, ..facts() };
    for stage in [Stage::Infrastructure { begun: true }, Stage::Migration { begun: true }] {
        let Some(Stage::Failed { why }) = stage_after(&deployment(stage), &lost, at(0)) else { panic!("must fail") };
        assert!(why.contains("unknown"), "{why}");
    }
}

#[test]
fn a_version_that_never_gets_healthy_never_has_customers() {
    let broken = Facts { instance: Instance::Broken { why: "exited with 1: no module named flask".into() }, ..facts() };
    let Some(Stage::Failed { why }) = stage_after(&deployment(Stage::Starting), &broken, at(0)) else {
        panic!("must fail")
    };
    assert!(why.contains("flask"));
}

#[test]
fn a_bad_canary_is_rolled_back_and_says_why() {
    let (canary, seen) = sampled(deployment(Stage::Canary { step: 0 }), served(30, 12), served(570, 0));
    let Some(Stage::RollingBack { why }) = stage_after(&canary, &seen, at(2)) else { panic!("must roll back") };
    assert!(why.contains("12 of 30 requests (40.0 %)"), "{why}");
}

#[test]
fn a_paused_canary_still_rolls_back() {
    let (mut canary, seen) = sampled(deployment(Stage::Canary { step: 0 }), served(30, 12), served(570, 0));
    canary.paused = true;
    assert!(matches!(stage_after(&canary, &seen, at(2)), Some(Stage::RollingBack { .. })));
}

#[test]
fn a_quiet_service_goes_on_after_its_patience() {
    let (canary, seen) = sampled(deployment(Stage::Canary { step: 0 }), served(2, 0), served(9, 0));
    assert_eq!(stage_after(&canary, &seen, at(60)), Some(Stage::Canary { step: 1 }));
}

#[test]
fn some_failures_among_few_clients_hold_and_end_in_a_rollback() {
    let (canary, seen) = sampled(deployment(Stage::Canary { step: 0 }), served(5, 1), served(95, 0));
    assert_eq!(stage_after(&canary, &seen, at(300)), None);
    assert!(matches!(stage_after(&canary, &seen, at(600)), Some(Stage::RollingBack { .. })));
}

#[test]
fn rolled_back_is_said_only_when_the_edge_routes_so() {
    let back = deployment(Stage::RollingBack { why: "bad".into() });
    assert_eq!(stage_after(&back, &Facts { routed: false, ..facts() }, at(0)), None);
    assert_eq!(stage_after(&back, &facts(), at(0)), Some(Stage::RolledBack { why: "bad".into() }));
}

#[test]
fn a_disaster_after_going_live_is_taken_back() {
    let (live, seen) = sampled(deployment(Stage::Live), served(40, 30), served(0, 0));
    assert!(matches!(stage_after(&live, &seen, at(5)), Some(Stage::RollingBack { .. })));
}

#[test]
fn whatever_is_over_stays_over() {
    for stage in [Stage::Superseded, Stage::RolledBack { why: "x".into() }, Stage::Failed { why: "x".into() }] {
        assert_eq!(stage_after(&deployment(stage), &facts(), at(9_999)), None);
    }
}

#[test]
fn no_visitor_meets_a_version_that_was_not_probed() {
    let waiting = deployment(Stage::Probing);
    assert_eq!(stage_after(&waiting, &facts(), at(3_600)), None, "somebody is at it");
    assert_eq!(waiting.weight(), 0);
    let forgotten = Facts { unprobed_seconds: PROBED_WITHIN_SECONDS, ..facts() };
    let Some(Stage::Failed { why }) = stage_after(&waiting, &forgotten, at(0)) else { panic!("it must fail") };
    assert!(why.contains("nobody probed") && why.contains("unknown"), "{why}");
    let passed = probed(Outcome::Passed { sentence: "checkout was walked".into() });
    assert_eq!(stage_after(&passed, &forgotten, at(0)), Some(Stage::Canary { step: 0 }), "what is known is known");
}

#[test]
fn a_failed_probe_ends_it_before_it_has_customers() {
    let bad = probed(Outcome::Failed { why: "the probe of journey checkout failed: exit code 1".into() });
    for person in [Deployment { promoted: true, ..bad.clone() }, Deployment { paused: true, ..bad.clone() }, bad] {
        let Some(Stage::Failed { why }) = stage_after(&person, &facts(), at(0)) else { panic!("it must fail") };
        assert!(why.contains("checkout"), "{why}");
    }
}

#[test]
fn a_version_that_breaks_while_it_is_probed_fails() {
    let broken = Facts { instance: Instance::Broken { why: "it ended: 1".into() }, ..facts() };
    let passed = probed(Outcome::Passed { sentence: "fine".into() });
    assert!(matches!(stage_after(&passed, &broken, at(0)), Some(Stage::Failed { .. })));
}

#[test]
fn a_person_may_leave_out_the_canary_and_not_the_probe() {
    let promoted = Deployment { promoted: true, ..deployment(Stage::Starting) };
    assert_eq!(stage_after(&promoted, &facts(), at(0)), Some(Stage::Probing));
    let promoted = Deployment { promoted: true, ..probed(Outcome::NothingToProbe) };
    assert_eq!(stage_after(&promoted, &facts(), at(0)), Some(Stage::Live));
}

#[test]
fn going_back_does_not_wait_for_a_probe() {
    let again = Deployment { promoted: true, live_at: Some(at(-600)), ..deployment(Stage::Starting) };
    assert_eq!(stage_after(&again, &facts(), at(0)), Some(Stage::Live));
}

#[test]
fn what_was_stored_before_probes_were_can_be_read() {
    let mut stored = serde_json::to_value(deployment(Stage::Starting)).unwrap();
    stored.as_object_mut().unwrap().remove("probe");
    assert_eq!(serde_json::from_value::<Deployment>(stored).unwrap(), deployment(Stage::Starting));
}
