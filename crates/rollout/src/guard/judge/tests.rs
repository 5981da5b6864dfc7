//! The production decision on virtual customers: what is broken is taken back, what is healthy never.

use experiments::stats::bernoulli::{Tuning, confidence_sequence};
use journeys::Followed;
use journeys::model::definition::Guard;

use super::*;
use crate::chance::SplitMix;

const RELEASES: Concurrent = Concurrent { old: 6, new: 7, from_ms: 0, to_ms: 1 };
const STEPS: usize = 3;
/// A prime: steps over all numbers of persons that are used here, far apart.
const SPREAD: u64 = 7_919;

fn guarded(min_persons: u64) -> Guarded {
    Guarded {
        journey: "checkout".into(),
        guard: Guard { within: None, min_persons, min_seconds: 60 },
        steps: ["product seen", "checkout", "paid"].map(str::to_owned).to_vec(),
        old: vec![0; STEPS],
        new: vec![0; STEPS],
        in_order: Vec::new(),
        before: vec![0; STEPS],
        is_settled: false,
    }
}

fn enters(guarded: &mut Guarded, on: Version, depth: usize) {
    let persons = if on == Version::Old { &mut guarded.old } else { &mut guarded.new };
    for step in &mut persons[..depth] {
        *step += 1;
    }
    guarded.in_order.push(Followed { on, came_through: depth == STEPS });
}

/// Persons by step on either version, both spread evenly over the same time.
fn followed(old: [u64; STEPS], new: [u64; STEPS], min_persons: u64) -> Guarded {
    let mut guarded = guarded(min_persons);
    let depth = |steps: [u64; STEPS], i: u64| steps.iter().filter(|step| i * SPREAD % steps[0] < **step).count();
    let of =
        |on, steps: [u64; STEPS]| (0..steps[0]).map(move |i| ((2 * i + 1) * 1_000_000 / steps[0], on, depth(steps, i)));
    let mut persons: Vec<_> = of(Version::Old, old).chain(of(Version::New, new)).collect();
    persons.sort_by_key(|(at, _, _)| *at);
    for (_, on, depth) in persons {
        enters(&mut guarded, on, depth);
    }
    assert_eq!((&guarded.old, &guarded.new), (&old.to_vec(), &new.to_vec()));
    guarded
}

/// What a shop is like in a second of a canary.
struct Second {
    weight: f64,
    old_pays: f64,
    new_pays: f64,
}

/// Ten persons a second; looked at every ten seconds. What a decision says first, and after how many persons of the new version.
fn play<T>(seed: u64, shop: impl Fn(u64) -> Second, decide: impl Fn(&Guarded, u64) -> Option<T>) -> Option<(T, u64)> {
    let (mut random, mut guarded) = (SplitMix(seed), guarded(50));
    for second in 1..2_000 {
        let now = shop(second);
        for _ in 0..10 {
            let is_new = random.unit() < now.weight;
            let (on, pays) = if is_new { (Version::New, now.new_pays) } else { (Version::Old, now.old_pays) };
            let depth = match random.unit() {
                share if share < pays => 3,
                share if share < 0.8 => 2,
                _ => 1,
            };
            enters(&mut guarded, on, depth);
        }
        if second % 10 == 0
            && let Some(said) = decide(&guarded, second)
        {
            return Some((said, guarded.new[0]));
        }
    }
    None
}

fn is_worse(guarded: &Guarded, second: u64) -> Option<String> {
    match judge(guarded, RELEASES, second, ERROR_BUDGET) {
        Judgement::Worse { sentence } => Some(sentence),
        _ => None,
    }
}

#[test]
fn twelve_points_fewer_are_taken_back_in_all_of_twenty_and_a_healthy_one_in_none() {
    let steady = |new_pays| move |_| Second { weight: 0.2, old_pays: 0.54, new_pays };
    let broken: Vec<_> = (0..20).map(|seed| play(seed, steady(0.42), is_worse)).collect();
    assert!(broken.iter().all(Option::is_some), "{broken:?}");
    let mut persons: Vec<u64> = broken.into_iter().flatten().map(|(_, persons)| persons).collect();
    persons.sort_unstable();
    println!("taken back after {} persons of the new version (median of 20)", persons[10]);
    let healthy: Vec<_> = (0..20).filter_map(|seed| play(seed, steady(0.54), is_worse)).collect();
    assert!(healthy.is_empty(), "{healthy:?}");
}

/// A canary whose weight grows while the evening comes, in which fewer pay.
fn evening(new_pays_less: f64) -> impl Fn(u64) -> Second {
    move |second| {
        let (weight, old_pays) = match second {
            0..700 => (0.05, 0.70),
            700..1_400 => (0.25, 0.50),
            _ => (0.50, 0.30),
        };
        Second { weight, old_pays, new_pays: old_pays - new_pays_less }
    }
}

/// What the two versions' persons of all steps together would say: known to be wrong.
fn pooled(guarded: &Guarded, _second: u64) -> Option<()> {
    let tuning = Tuning { t_opt: 200.0, alpha_opt: ERROR_BUDGET / 2.0 };
    let [was, is] = [&guarded.old, &guarded.new]
        .map(|persons| confidence_sequence(ends(persons).unwrap(), tuning, ERROR_BUDGET / 2.0));
    (is.upper < was.lower).then_some(())
}

#[test]
fn a_day_that_changes_while_the_weight_grows_is_not_taken_for_the_version() {
    let healthy: Vec<_> = (0..20).filter_map(|seed| play(seed, evening(0.0), is_worse)).collect();
    assert!(healthy.is_empty(), "{healthy:?}");
    let fooled = (0..20).filter(|seed| play(*seed, evening(0.0), pooled).is_some()).count();
    assert_eq!(fooled, 20, "all persons together take the evening for the version");
    let broken = (0..20).filter(|seed| play(*seed, evening(0.12), is_worse).is_some()).count();
    assert_eq!(broken, 20);
}

#[test]
fn a_disaster_waits_for_no_number_of_persons_and_no_time() {
    let seen = followed([120, 100, 72], [45, 40, 0], 200);
    let Judgement::Worse { sentence } = judge(&seen, RELEASES, 5, ERROR_BUDGET) else { panic!("nobody pays") };
    assert!(sentence.starts_with("checkout: 0.0 % of 45 persons on deployment 7"), "{sentence}");
    assert_eq!(judge(&followed([120, 100, 72], [45, 40, 20], 200), RELEASES, 5, ERROR_BUDGET), Judgement::Early);
}

#[test]
fn it_says_journey_step_effect_and_persons() {
    let seen = followed([640, 512, 346], [212, 170, 40], 200);
    let Judgement::Worse { sentence } = judge(&seen, RELEASES, 60, ERROR_BUDGET) else { panic!("it is worse") };
    assert_eq!(
        sentence,
        "checkout: 18.9 % of 212 persons on deployment 7 came to the end, beside 54.1 % of 638 on deployment 6 at the same time \
         (-35.3 points, between -47.9 and -20.7 at any look); they are lost at \"paid\""
    );
}

#[test]
fn nothing_is_said_before_there_are_persons_enough_and_time_enough() {
    let few = followed([640, 512, 346], [199, 170, 80], 200);
    assert_eq!(judge(&few, RELEASES, 60, ERROR_BUDGET), Judgement::Early);
    let soon = followed([640, 512, 346], [212, 170, 80], 200);
    assert_eq!(judge(&soon, RELEASES, 59, ERROR_BUDGET), Judgement::Early);
    assert_eq!(judge(&guarded(0), RELEASES, 60, ERROR_BUDGET), Judgement::Early, "nobody came");
    let better = followed([640, 512, 100], [212, 170, 150], 200);
    assert_eq!(judge(&better, RELEASES, 60, ERROR_BUDGET), Judgement::Holds);
}

#[test]
fn what_happens_to_everybody_is_not_the_versions_doing() {
    let seen = Guarded { before: vec![3_000, 2_400, 1_620], ..followed([640, 512, 130], [212, 170, 44], 200) };
    let Judgement::Everybody { sentence } = judge(&seen, RELEASES, 60, ERROR_BUDGET) else { panic!("nobody pays") };
    assert_eq!(
        sentence,
        "checkout: on deployment 6 20.3 % of 640 persons came to the end, before deployment 7 it was 54.0 % of 3000: it is not \
         the new version"
    );
    let both = Guarded { before: seen.before, ..followed([640, 512, 130], [212, 170, 0], 200) };
    let said = judge(&both, RELEASES, 60, ERROR_BUDGET);
    assert!(matches!(said, Judgement::Worse { .. }), "the version comes first: {said:?}");
}
