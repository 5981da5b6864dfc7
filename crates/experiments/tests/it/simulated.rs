//! The production decision on virtual customers, under virtual time: how often it is wrong, and that it sees what is there.
//!
//! Everything comes from seeds: the same run has the same verdicts.

use experiments::model::{Decision, Definition, Evidence, MetricEvidence, assess, parse};
use experiments::stats::proportions::{Count, two_proportions};
use experiments::stats::{Arms, Moments};

pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const LOOKS: u64 = 50;

/// Steele, Lea & Flood 2014.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How customers behave in one arm.
#[derive(Clone, Copy)]
pub(crate) struct Behaviour {
    converts: f64,
    /// Of those who convert, each spends up to so much.
    spends: f64,
}

fn definition(planned: u64) -> Definition {
    let text = format!(
        "{{ experiment: x, owner: sales, hypothesis: it is better, flag: x, control: 'off', treatment: 'on', within: 1h,
           min_duration: 1d, min_persons: 100, planned_persons: {planned}, metrics: [
             {{ name: paid, role: success, journey: checkout }},
             {{ name: revenue, role: guardrail, event: order placed, sum: price, margin: 20% }} ] }}"
    );
    parse(&text, "x.yaml").unwrap()
}

/// Nobody has come yet.
pub(crate) fn nothing_seen(metrics: &[&str]) -> Evidence {
    let metric = |name: &&str| MetricEvidence { name: (*name).into(), arms: Arms::default() };
    Evidence {
        look: 0,
        started_ms: 0,
        at_ms: 0,
        shown: Arms { a: 0, b: 0 },
        shown_both: 0,
        unwitnessed: 0,
        srm_p_before: 1.0,
        metrics: metrics.iter().map(metric).collect(),
    }
}

/// Plays an experiment of so many looks, in each of which as many persons come, and gives the first look that decided.
fn play(definition: &Definition, seed: u64, arms: Arms<Behaviour>) -> (Decision, u64) {
    let mut random = SplitMix(seed);
    let mut evidence = nothing_seen(&["paid", "revenue"]);
    for look in 1..=LOOKS {
        for _ in 0..definition.planned_persons / LOOKS {
            Fate::next(&mut random, arms).add_to(&mut evidence);
        }
        evidence.look = look;
        evidence.at_ms = i64::try_from(look).unwrap() * DAY_MS;
        let assessment = assess(definition, &evidence);
        if assessment.decision != Decision::KeepRunning {
            return (assessment.decision, look);
        }
        evidence.srm_p_before = assessment.srm.p;
    }
    (Decision::KeepRunning, LOOKS)
}

/// What one person is shown, and does.
#[derive(Clone, Copy)]
pub(crate) struct Fate {
    pub(crate) is_treated: bool,
    pub(crate) converts: bool,
    pub(crate) spent: f64,
}

impl Fate {
    pub(crate) fn next(random: &mut SplitMix, arms: Arms<Behaviour>) -> Self {
        let is_treated = random.unit() < 0.5;
        let behaviour = if is_treated { arms.b } else { arms.a };
        let converts = random.unit() < behaviour.converts;
        // Most spend little: the square of a uniform.
        let spent = if converts { behaviour.spends * random.unit().powi(2) } else { 0.0 };
        Self { is_treated, converts, spent }
    }

    pub(crate) fn add_to(self, evidence: &mut Evidence) {
        *side(&mut evidence.shown, self.is_treated) += 1;
        let values = [if self.converts { 1.0 } else { 0.0 }, self.spent];
        for (metric, value) in evidence.metrics.iter_mut().zip(values) {
            side::<Moments>(&mut metric.arms, self.is_treated).add(value);
        }
    }
}

fn side<T>(arms: &mut Arms<T>, is_treated: bool) -> &mut T {
    if is_treated { &mut arms.b } else { &mut arms.a }
}

pub(crate) fn same(converts: f64) -> Arms<Behaviour> {
    let behaviour = Behaviour { converts, spends: 100.0 };
    Arms { a: behaviour, b: behaviour }
}

fn decisions(experiments: u64, definition: &Definition, arms: impl Fn(u64) -> Arms<Behaviour>) -> Vec<Decision> {
    (0..experiments).map(|seed| play(definition, seed, arms(seed)).0).collect()
}

fn count(decisions: &[Decision], wanted: Decision) -> usize {
    decisions.iter().filter(|decision| **decision == wanted).count()
}

/// 5.65 %: alpha and three standard errors of 10,000 runs.
#[test]
fn two_thousand_experiments_without_effect_are_rarely_decided() {
    let definition = definition(2_000);
    let rates = [0.05, 0.2, 0.5];
    let decisions = decisions(2_000, &definition, |seed| same(rates[usize::try_from(seed % 3).unwrap()]));
    let [shipped, taken_back, invalid] =
        [Decision::Ship, Decision::RollBack, Decision::Invalid].map(|wanted| count(&decisions, wanted));
    println!("of 2,000 without effect: {shipped} shipped, {taken_back} rolled back, {invalid} invalid");
    assert!(shipped + taken_back + invalid <= 113, "more than 5.65 %");
}

/// The known-bad variant: the z test that expects one look, at each of the fifty.
#[test]
fn a_peeked_z_test_would_be_wrong_in_more_than_a_fifth() {
    let wrong = (0..2_000_u64).filter(|seed| peeked(*seed)).count();
    println!("of 2,000 without effect, a peeked z test decides {wrong}");
    assert!(wrong > 400, "{wrong}");
}

fn peeked(seed: u64) -> bool {
    let mut random = SplitMix(seed);
    let mut arms = Arms { a: Count { n: 0, x: 0 }, b: Count { n: 0, x: 0 } };
    (0..LOOKS).any(|_| {
        for _ in 0..40 {
            let is_treated = random.unit() < 0.5;
            let count = side(&mut arms, is_treated);
            count.n += 1;
            count.x += u64::from(random.unit() < 0.2);
        }
        two_proportions(arms, 0.05).p_pooled.is_some_and(|p| p < 0.05)
    })
}

/// Effects of twelve points, as the demo has them.
#[test]
fn what_is_better_ships_what_is_worse_is_rolled_back_and_what_is_the_same_is_neither() {
    let definition = definition(2_000);
    let effect = |points: f64| {
        move |_| Arms {
            a: Behaviour { converts: 0.5, spends: 100.0 },
            b: Behaviour { converts: 0.5 + points / 100.0, spends: 100.0 },
        }
    };
    let better = decisions(20, &definition, effect(12.0));
    let worse = decisions(20, &definition, effect(-12.0));
    let same = decisions(20, &definition, effect(0.0));
    assert!(count(&better, Decision::Ship) >= 18, "{better:?}");
    assert_eq!(count(&worse, Decision::RollBack), 20, "{worse:?}");
    assert!(count(&same, Decision::Ship) <= 1 && count(&same, Decision::RollBack) <= 1, "{same:?}");
}

#[test]
fn arms_of_the_wrong_size_are_invalid() {
    let definition = definition(2_000);
    let arms = Arms { a: Moments::of_ones(700, 350), b: Moments::of_ones(500, 300) };
    let evidence = Evidence {
        look: 1,
        started_ms: 0,
        at_ms: 9 * DAY_MS,
        shown: Arms { a: 700, b: 500 },
        shown_both: 0,
        unwitnessed: 0,
        srm_p_before: 1.0,
        metrics: vec![MetricEvidence { name: "paid".into(), arms }, MetricEvidence { name: "revenue".into(), arms }],
    };
    let assessment = assess(&definition, &evidence);
    assert_eq!(assessment.decision, Decision::Invalid, "{assessment:?}");
    assert!(
        assessment.sentence.starts_with("500 persons were shown \"on\" and 700 \"off\""),
        "{}",
        assessment.sentence
    );
    let crossed = Evidence { shown: Arms { a: 600, b: 600 }, shown_both: 40, ..evidence };
    let assessment = assess(&definition, &crossed);
    assert_eq!(assessment.decision, Decision::Invalid);
    assert!(assessment.sentence.starts_with("3.2 % of the persons were shown both"), "{}", assessment.sentence);
}

#[test]
fn what_was_stored_is_assessed_as_it_was_bit_for_bit() {
    let definition = definition(2_000);
    let mut random = SplitMix(3);
    let mut evidence = Evidence {
        look: 1,
        at_ms: 9 * DAY_MS,
        unwitnessed: 3,
        srm_p_before: 0.123_456_789_012_345_67,
        ..nothing_seen(&["paid", "revenue"])
    };
    for _ in 0..2_000 {
        Fate::next(&mut random, same(0.3)).add_to(&mut evidence);
        let stored = serde_json::to_string(&evidence).unwrap();
        let read: Evidence = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, evidence);
    }
    let read: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
    assert_eq!(assess(&definition, &read), assess(&definition, &evidence));
}
