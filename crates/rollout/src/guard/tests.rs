//! The production decision on virtual customers: what is broken is taken back, what is healthy never.

use super::*;

const RELEASES: Concurrent = Concurrent { old: 6, new: 7, from_ms: 0, to_ms: 1 };

/// Steele, Lea & Flood 2014.
struct SplitMix(u64);

impl SplitMix {
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn guarded(min_persons: u64) -> Guarded {
    Guarded {
        journey: "checkout".into(),
        guard: Guard { within: None, min_persons, min_seconds: 60 },
        steps: ["product seen", "checkout", "paid"].map(str::to_owned).to_vec(),
        old: vec![0; 3],
        new: vec![0; 3],
        is_settled: false,
    }
}

/// A canary of a fifth, looked at each second in which ten persons' time is over. Gives the persons of the new version who had
/// come when it was taken back.
fn play(seed: u64, old_pays: f64, new_pays: f64) -> Option<u64> {
    let (mut random, mut guarded) = (SplitMix(seed), guarded(50));
    for second in 1..2_000 {
        for _ in 0..10 {
            let is_new = random.unit() < 0.2;
            let (persons, pays) = if is_new { (&mut guarded.new, new_pays) } else { (&mut guarded.old, old_pays) };
            persons[0] += 1;
            if random.unit() < 0.8 {
                persons[1] += 1;
                persons[2] += u64::from(random.unit() < pays / 0.8);
            }
        }
        if let Judgement::Worse { .. } = judge(&guarded, RELEASES, second, ERROR_BUDGET) {
            return Some(guarded.new[0]);
        }
    }
    None
}

#[test]
fn twelve_points_fewer_are_taken_back_in_all_of_twenty_and_a_healthy_one_in_none() {
    let broken: Vec<_> = (0..20).map(|seed| play(seed, 0.54, 0.42)).collect();
    assert!(broken.iter().all(Option::is_some), "{broken:?}");
    let mut persons: Vec<u64> = broken.into_iter().flatten().collect();
    persons.sort_unstable();
    println!("taken back after {} persons of the new version (median of 20)", persons[10]);
    let healthy: Vec<_> = (0..20).filter_map(|seed| play(seed, 0.54, 0.54)).collect();
    assert!(healthy.is_empty(), "{healthy:?}");
}

#[test]
fn it_says_journey_step_effect_and_persons() {
    let seen = Guarded { old: vec![640, 512, 346], new: vec![212, 170, 40], ..guarded(200) };
    let Judgement::Worse { sentence } = judge(&seen, RELEASES, 60, ERROR_BUDGET) else { panic!("it is worse") };
    assert_eq!(
        sentence,
        "checkout: 18.9 % of 212 persons on deployment 7 came to the end, beside 54.1 % of 640 on deployment 6 at the same time \
         (-35.2 points, between -53.7 and -12.6 at any look); they are lost at \"paid\""
    );
}

#[test]
fn nothing_is_said_before_there_are_persons_enough_and_time_enough() {
    let seen = Guarded { old: vec![640, 512, 346], new: vec![199, 170, 0], ..guarded(200) };
    assert_eq!(judge(&seen, RELEASES, 60, ERROR_BUDGET), Judgement::Early);
    let seen = Guarded { new: vec![212, 170, 0], ..seen };
    assert_eq!(judge(&seen, RELEASES, 59, ERROR_BUDGET), Judgement::Early);
    assert_eq!(judge(&guarded(0), RELEASES, 60, ERROR_BUDGET), Judgement::Early, "nobody came");
    let better = Guarded { old: vec![640, 512, 100], new: vec![212, 170, 150], ..guarded(200) };
    assert_eq!(judge(&better, RELEASES, 60, ERROR_BUDGET), Judgement::Holds);
}

#[test]
fn a_canary_waits_for_whom_the_guards_must_see() {
    let seen = |old: u64, new: u64| Guarded { old: vec![old, 0, 0], new: vec![new, 0, 0], ..guarded(50) };
    let satisfied = |guarded: &[Guarded], seconds| word(guarded, seconds) == GuardWord::Satisfied;
    assert!(satisfied(&[], 0) && satisfied(&[seen(50, 50)], 60));
    assert!(!satisfied(&[seen(50, 50)], 59) && !satisfied(&[seen(50, 50), seen(49, 90)], 60));
    let waiting = word(&[seen(400, 8)], 90);
    assert_eq!(
        waiting,
        GuardWord::Waiting {
            why: "for 42 more persons on either version, followed to the end in the guard of checkout".into(),
            within_seconds: 60,
        }
    );
}
