use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1_000 + hours)
}

fn sha(position: u64) -> String {
    format!("{position:07}{}", "a".repeat(33))
}

/// Committed at this hour, on trunk an hour later, verified another hour later.
fn commit(position: u64, hour: i64, mends: &[u64]) -> Commit {
    Commit {
        sha: sha(position),
        position,
        committed: at(hour),
        landed: at(hour + 1),
        verified: Some(at(hour + 2)),
        mends: mends.iter().map(|mended| sha(*mended)[..8].to_uppercase()).collect(),
    }
}

fn version(position: u64, exposed: i64, live: Option<i64>) -> Version {
    Version { number: position, position: Some(position), exposed: at(exposed), live: live.map(at), taken_back: None }
}

fn window(from: i64, to: i64) -> Window {
    Window { from: at(from), to: at(to) }
}

const HOUR: f64 = 3_600.0;

#[test]
fn a_history_by_hand() {
    let history = History {
        since: at(-240),
        // 2 ships inside 3; 5 mends 4, 6 mends 5 before customers have it.
        commits: vec![
            commit(1, 0, &[]),
            commit(2, 10, &[]),
            commit(3, 12, &[]),
            commit(4, 20, &[]),
            commit(5, 30, &[4]),
            commit(6, 31, &[5]),
        ],
        versions: vec![
            version(1, 3, Some(4)),
            version(3, 15, Some(16)),
            // Taken back from its canary after two hours.
            Version { taken_back: Some(TakenBack { done: Some(at(26)) }), ..version(4, 24, None) },
            version(6, 36, Some(37)),
        ],
        turned_off: None,
    };
    let told = measure("shop", &history, window(0, 48));
    // 1: 4 h, 2: 6 h, 3: 4 h, 4: 17 h, 5: 7 h, 6: 6 h.
    assert_eq!(told.lead_time.changes, 6);
    assert_eq!(told.lead_time.median_seconds, Some(6.0 * HOUR));
    assert_eq!(told.lead_time.p90_seconds, Some(17.0 * HOUR));
    assert_eq!(told.lead_time.commit_to_trunk_seconds, Some(HOUR));
    assert_eq!(told.deployment_frequency, Frequency { per_day: Some(2.0), days_with_deployment: 3, deployments: 4 });
    assert_eq!(told.change_failure_rate, Share { rate: Some(0.25), counted: 1, deployments: 4 });
    assert_eq!(
        told.recovery_time,
        Recovery { median_seconds: Some(2.0 * HOUR), p90_seconds: Some(2.0 * HOUR), recovered: 1, open: 0 }
    );
    assert_eq!(told.rework_rate, Share { rate: Some(0.25), counted: 1, deployments: 4 });
}

#[test]
fn what_is_fixed_forward_failed_until_the_fix_is_live() {
    let mut history = History {
        since: at(0),
        commits: vec![commit(1, 0, &[]), commit(2, 10, &[1])],
        versions: vec![version(1, 3, Some(4)), version(2, 13, None)],
        turned_off: None,
    };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!((told.change_failure_rate.counted, told.recovery_time.open), (1, 1), "the fix is in its canary");
    assert!(told.unknown.iter().any(|line| line.contains("not made good yet")), "{:?}", told.unknown);
    history.versions[1].live = Some(at(15));
    let told = measure("shop", &history, window(0, 48));
    assert_eq!(told.recovery_time.median_seconds, Some(12.0 * HOUR));
    assert_eq!(told.rework_rate.counted, 1);
}

#[test]
fn of_nothing_there_is_no_figure_and_what_is_not_known_is_said() {
    let empty = History { since: at(10), commits: vec![], versions: vec![], turned_off: None };
    let told = measure("shop", &empty, window(0, 12));
    assert_eq!(told.lead_time, LeadTime::default());
    assert_eq!(told.change_failure_rate.rate, None);
    assert_eq!(told.recovery_time, Recovery::default());
    assert_eq!(told.deployment_frequency.per_day, None, "two hours are no day");
    assert!(told.unknown[0].contains("before 1970-02-12T02:00:00Z"), "{:?}", told.unknown);
    assert!(told.unknown[1].contains("less than a day"));
}

#[test]
fn a_clock_that_is_wrong_is_left_out_and_said() {
    let mut ahead = commit(1, 0, &[]);
    ahead.committed = at(40);
    let history =
        History { since: at(0), commits: vec![ahead], versions: vec![version(1, 3, Some(4))], turned_off: None };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!(told.lead_time, LeadTime::default());
    assert!(told.unknown.iter().any(|line| line.ends_with("after they went live: 1")), "{:?}", told.unknown);
}

#[test]
fn a_commit_that_trunk_dropped_brings_nothing_else() {
    let dropped = Version { position: None, ..version(9, 3, Some(4)) };
    let history = History { since: at(0), commits: vec![commit(1, 0, &[])], versions: vec![dropped], turned_off: None };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!((told.lead_time.changes, told.deployment_frequency.deployments), (0, 1));
}

#[test]
fn what_was_made_before_anybody_watched_has_no_lead_time() {
    let history = History {
        since: at(2),
        commits: vec![commit(1, 0, &[])],
        versions: vec![version(1, 3, Some(4))],
        turned_off: None,
    };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!((told.lead_time.changes, told.deployment_frequency.deployments), (0, 1));
    assert!(told.unknown.iter().any(|line| line.ends_with("trunk was watched: 1")), "{:?}", told.unknown);
}

fn histories() -> impl Strategy<Value = History> {
    let commits = vec((0_i64..400, proptest::option::of(1_u64..20)), 1..20);
    let versions = vec((1_u64..20, 0_i64..500, proptest::option::of(0_i64..9), 0_i64..12), 0..20);
    (commits, versions).prop_map(|(commits, versions)| {
        let numbered = (1..).zip(commits);
        let commits = numbered.map(|(n, (hour, mends))| commit(n, hour, mends.as_slice())).collect();
        let versions = (1..).zip(versions).map(|(number, (position, exposed, live, fate))| Version {
            number,
            taken_back: (fate < 4).then(|| TakenBack { done: (fate > 0).then(|| at(exposed + 9 + fate)) }),
            ..version(position, exposed, live.map(|after| exposed + after))
        });
        History { since: at(0), commits, versions: versions.collect(), turned_off: None }
    })
}

proptest! {
    #[test]
    fn shares_are_shares_and_every_failure_is_recovered_or_open(history in histories()) {
        let told = measure("shop", &history, window(0, 600));
        let deployments = told.deployment_frequency.deployments;
        prop_assert_eq!(deployments, history.versions.len() as u64);
        for share in [&told.change_failure_rate, &told.rework_rate] {
            prop_assert!(share.counted <= share.deployments && share.deployments == deployments);
            prop_assert!(share.rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
        }
        prop_assert_eq!(told.recovery_time.recovered + told.recovery_time.open, told.change_failure_rate.counted);
        let taken_back = history.versions.iter().filter(|version| version.taken_back.is_some()).count() as u64;
        prop_assert!(told.change_failure_rate.counted >= taken_back);
        prop_assert!(told.lead_time.median_seconds <= told.lead_time.p90_seconds);
        prop_assert!(told.lead_time.changes <= history.commits.len() as u64);
    }

    #[test]
    fn two_halves_count_what_the_whole_counts(history in histories(), cut in 0_i64..600) {
        let [whole, before, after] = [(0, 600), (0, cut), (cut, 600)].map(|(from, to)| measure("shop", &history, window(from, to)));
        let sum = |of: fn(&ServiceDora) -> u64| of(&before) + of(&after);
        prop_assert_eq!(whole.deployment_frequency.deployments, sum(|told| told.deployment_frequency.deployments));
        prop_assert_eq!(whole.change_failure_rate.counted, sum(|told| told.change_failure_rate.counted));
        prop_assert_eq!(whole.rework_rate.counted, sum(|told| told.rework_rate.counted));
        prop_assert_eq!(whole.lead_time.changes, sum(|told| told.lead_time.changes));
    }

    #[test]
    fn neither_the_order_of_the_records_nor_the_date_matters(history in histories(), days in 0_i64..1_000) {
        let told = measure("shop", &history, window(0, 600));
        let mut turned = history.clone();
        turned.commits.reverse();
        turned.versions.reverse();
        prop_assert_eq!(&measure("shop", &turned, window(0, 600)), &told);
        let later = SignedDuration::from_hours(24 * days);
        for commit in &mut turned.commits {
            commit.committed += later;
            commit.landed += later;
            commit.verified = commit.verified.map(|at| at + later);
        }
        for version in &mut turned.versions {
            version.exposed += later;
            version.live = version.live.map(|at| at + later);
            version.taken_back = version.taken_back.map(|back| TakenBack { done: back.done.map(|at| at + later) });
        }
        turned.since += later;
        let moved = measure("shop", &turned, Window { from: at(0) + later, to: at(600) + later });
        prop_assert_eq!(moved, told);
    }

    #[test]
    fn where_nothing_is_taken_back_or_mended_nothing_failed(mut history in histories()) {
        history.commits.iter_mut().for_each(|commit| commit.mends.clear());
        history.versions.iter_mut().for_each(|version| version.taken_back = None);
        let told = measure("shop", &history, window(0, 600));
        prop_assert_eq!((told.change_failure_rate.counted, told.rework_rate.counted), (0, 0));
        prop_assert_eq!(told.recovery_time, Recovery::default());
    }
}

fn turned_off(position: u64, since: i64, off: i64) -> TurnedOff {
    let text = str::to_owned;
    TurnedOff {
        flag: text("gift-wrap"),
        commit: sha(position),
        since: at(since),
        off: at(off),
        who: text("ann"),
        why: text("orders without address"),
    }
}

#[test]
fn a_flag_that_was_turned_off_is_a_failure_and_the_figures_without_it_are_told_too() {
    let history = History {
        since: at(0),
        commits: vec![commit(1, 0, &[]), commit(2, 10, &[]), commit(3, 12, &[])],
        versions: vec![version(1, 3, Some(4)), version(3, 15, Some(16))],
        // Both came with the second version, which failed once.
        turned_off: Some(vec![turned_off(3, 22, 25), turned_off(2, 20, 21)]),
    };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!(told.change_failure_rate, Share { rate: Some(0.5), counted: 1, deployments: 2 });
    assert_eq!((told.recovery_time.median_seconds, told.recovery_time.recovered), (Some(HOUR), 1));
    let [failure] = told.by_flags.failures.as_slice() else { panic!("{:?}", told.by_flags) };
    assert_eq!(
        (failure.deployment, failure.flag.as_str(), failure.since.as_str()),
        (3, "gift-wrap", at(20).to_string().as_str())
    );
    assert_eq!(told.by_flags.change_failure_rate, Share { rate: Some(0.0), counted: 0, deployments: 2 });
    assert_eq!(told.by_flags.recovery_time, Recovery::default());
}

#[test]
fn what_failed_anyway_does_not_fail_twice() {
    let back = Version { taken_back: Some(TakenBack { done: Some(at(9)) }), ..version(1, 3, Some(4)) };
    let history = History {
        since: at(0),
        commits: vec![commit(1, 0, &[])],
        versions: vec![back],
        turned_off: Some(vec![turned_off(1, 5, 6)]),
    };
    let told = measure("shop", &history, window(0, 48));
    assert_eq!((told.change_failure_rate.counted, told.by_flags.failures.len()), (1, 0));
    assert_eq!(told.recovery_time.median_seconds, Some(6.0 * HOUR), "from the first customer to the version before");
}

#[test]
fn a_flag_of_no_version_here_counts_nowhere_and_not_to_know_is_said() {
    let of = |turned_off| {
        let versions = vec![version(1, 3, Some(4))];
        let history = History { since: at(0), commits: vec![commit(1, 0, &[])], versions, turned_off };
        measure("shop", &history, window(0, 48))
    };
    assert_eq!(of(Some(vec![turned_off(9, 5, 6)])).change_failure_rate.counted, 0);
    let says = |told: &ServiceDora| told.unknown.iter().any(|line| line.starts_with("which flags were turned off"));
    assert!(says(&of(None)) && !says(&of(Some(vec![]))));
}

#[test]
fn windows_before_one_follow_each_other() {
    let now = window(20, 30);
    assert_eq!((now.back(1), now.back(2)), (window(10, 20), window(0, 10)));
}
