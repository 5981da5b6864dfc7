//! Two proportions among customers who come one after another, exactly and at any look, whatever the time of day does.
//!
//! Customers are cut into *blocks*, in the order in which they came. A block is compared with itself alone, so that rates which
//! drift, and shares of the arms which grow, are in both arms of a block alike. Each block is a bet against what is claimed; what
//! all bets together have won is beyond 1 / alpha with a chance of at most alpha, ever, if the claim is true (Ville 1939). The bet
//! is the likelihood of what earlier blocks let expect, beside that of the claim's nearest rates (Turner, Ly & Grünwald 2024,
//! "Generic E-variables for exact sequential k-sample tests", theorem 1), which holds for every claim whose rates are a convex
//! set; claims that are left over bound the difference (Turner & Grünwald 2023, "Exact anytime-valid confidence intervals for
//! contingency tables and beyond").

use super::moments::as_f64;
use super::proportions::Count;
use super::{Arms, Interval};

/// Successes and failures of which nobody knows, in each arm before its first customer (Turner, Ly & Grünwald 2024, section 4).
const PRIOR: f64 = 0.18;
/// So many blocks have one person of each arm at least; of later ones there are fewer and larger ones, so that millions of persons
/// are some thousands of blocks.
const SMALLEST_BLOCKS: u64 = 500;
/// Halvings of a range of rates; a float has no more.
const HALVINGS: usize = 60;
/// Rates keep this far from nobody and everybody.
const EDGE: f64 = 1e-9;
/// A bound of the difference is this exact: a hundredth of a point.
const BOUND_EXACT_TO: f64 = 1e-4;

/// Whose arm a person is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm {
    Control,
    Treatment,
}

/// That the treatment's rate is at least `times` the control's, and `plus`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtLeast {
    pub times: f64,
    pub plus: f64,
}

impl AtLeast {
    /// It is no worse.
    pub const AS_GOOD: Self = Self { times: 1.0, plus: 0.0 };

    fn of(self, control: f64) -> f64 {
        self.times.mul_add(control, self.plus)
    }
}

/// Persons of both arms, each with at least one; whoever came last may wait for a block to be whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks(Vec<Arms<Count>>);

impl Blocks {
    /// Of persons in the order in which they came: their arm, and whether they did it. Later ones do not move earlier ones.
    pub fn in_order(persons: impl IntoIterator<Item = (Arm, bool)>) -> Self {
        let nobody = Count { n: 0, x: 0 };
        let empty = Arms { a: nobody, b: nobody };
        let (mut blocks, mut open, mut compared) = (Vec::new(), empty, 0);
        for (arm, did) in persons {
            let count = if arm == Arm::Control { &mut open.a } else { &mut open.b };
            *count = Count { n: count.n + 1, x: count.x + u64::from(did) };
            let smaller = open.a.n.min(open.b.n);
            if smaller > compared / SMALLEST_BLOCKS {
                compared += smaller;
                blocks.push(std::mem::replace(&mut open, empty));
            }
        }
        Self(blocks)
    }

    /// The persons who are compared.
    pub fn total(&self) -> Arms<Count> {
        let nobody = Count { n: 0, x: 0 };
        self.0.iter().fold(Arms { a: nobody, b: nobody }, |sum, block| sum.with(*block))
    }

    /// The control's rate at the times at which the treatment's persons came; `None` if nobody is compared. Less it, the
    /// treatment's rate is the effect.
    pub fn control_at_the_same_time(&self) -> Option<f64> {
        let expected: f64 = self.0.iter().map(|block| as_f64(block.b.n) * block.a.rate()).sum();
        (!self.0.is_empty()).then(|| expected / as_f64(self.total().b.n))
    }

    /// The most that was ever won by betting against the claim, as its logarithm.
    pub fn ln_won_against(&self, claim: AtLeast) -> f64 {
        let nobody = Count { n: 0, x: 0 };
        let mut before = Arms { a: nobody, b: nobody };
        let (mut won, mut most) = (0.0, 0.0_f64);
        for block in &self.0 {
            won += bet(*block, Arms { a: expected(before.a), b: expected(before.b) }, claim);
            most = most.max(won);
            before = before.with(*block);
        }
        most
    }

    /// Whether the claim is refuted with this chance of an error, at all looks together.
    pub fn refute(&self, claim: AtLeast, alpha: f64) -> bool {
        self.ln_won_against(claim) >= -alpha.ln()
    }

    /// Between what and what the difference is, each bound with this chance of an error at all looks together.
    pub fn difference(&self, alpha: f64) -> Interval {
        let turned = Self(self.0.iter().map(|block| Arms { a: block.b, b: block.a }).collect());
        Interval { lower: -turned.upper(alpha), upper: self.upper(alpha) }
    }

    /// Whatever is refuted bounds the difference: who claims more claims that as well.
    fn upper(&self, alpha: f64) -> f64 {
        let refuted = |plus| self.refute(AtLeast { times: 1.0, plus }, alpha);
        let (mut open, mut upper) = if refuted(0.0) { (-1.0, 0.0) } else { (0.0, 1.0) };
        while upper - open > BOUND_EXACT_TO {
            let middle = f64::midpoint(open, upper);
            if refuted(middle) { upper = middle } else { open = middle }
        }
        upper
    }
}

impl Arms<Count> {
    fn with(self, more: Self) -> Self {
        let sum = |one: Count, other: Count| Count { n: one.n + other.n, x: one.x + other.x };
        Self { a: sum(self.a, more.a), b: sum(self.b, more.b) }
    }
}

/// A rate, of what was seen before.
fn expected(before: Count) -> f64 {
    (as_f64(before.x) + PRIOR) / 2.0_f64.mul_add(PRIOR, as_f64(before.n))
}

/// The log of what a block wins against a claim, by rates that are expected.
fn bet(block: Arms<Count>, expected: Arms<f64>, claim: AtLeast) -> f64 {
    if expected.b >= claim.of(expected.a) {
        return 0.0;
    }
    let claimed = nearest(block, expected, claim);
    ratio(block.a, expected.a, claimed.a) + ratio(block.b, expected.b, claimed.b)
}

/// The log of how much likelier the count is at a rate than at another.
fn ratio(count: Count, rate: f64, other: f64) -> f64 {
    as_f64(count.x) * (rate / other).ln() + as_f64(count.n - count.x) * ((1.0 - rate) / (1.0 - other)).ln()
}

/// Of the rates that are claimed those that are nearest to the expected ones, for a block of these sizes: by Kullback and Leibler.
/// They are on the line that bounds the claim. The divergence is convex along it, so that its slope is looked for.
fn nearest(block: Arms<Count>, expected: Arms<f64>, claim: AtLeast) -> Arms<f64> {
    let (a_n, b_n) = (as_f64(block.a.n), as_f64(block.b.n));
    if claim == AtLeast::AS_GOOD {
        let both = a_n.mul_add(expected.a, b_n * expected.b) / (a_n + b_n);
        return Arms { a: both, b: both };
    }
    let slope = |a: f64| {
        let b = claim.of(a);
        a_n * (a - expected.a) / (a * (1.0 - a)) + claim.times * b_n * (b - expected.b) / (b * (1.0 - b))
    };
    let mut low = (-claim.plus / claim.times).max(0.0) + EDGE;
    let mut high = ((1.0 - claim.plus) / claim.times).min(1.0) - EDGE;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    Arms { a: high, b: claim.of(high).clamp(EDGE, 1.0 - EDGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: AtLeast = AtLeast { times: 0.5, plus: 0.0 };

    fn count(n: u64, x: u64) -> Count {
        Count { n, x }
    }

    /// The mean of what a block wins, over all that may come of it at these rates.
    fn mean_won(sizes: (u64, u64), expected: Arms<f64>, claim: AtLeast, rates: Arms<f64>) -> f64 {
        let chance = |n: u64, x: u64, rate: f64| {
            let ways: f64 = (0..x).map(|i| as_f64(n - i) / as_f64(i + 1)).product();
            ways * rate.powf(as_f64(x)) * (1.0 - rate).powf(as_f64(n - x))
        };
        let mut mean = 0.0;
        for a in 0..=sizes.0 {
            for b in 0..=sizes.1 {
                let block = Arms { a: count(sizes.0, a), b: count(sizes.1, b) };
                mean += chance(sizes.0, a, rates.a) * chance(sizes.1, b, rates.b) * bet(block, expected, claim).exp();
            }
        }
        mean
    }

    /// This is what makes the error what it is said to be: exact, by counting all cases.
    #[test]
    fn no_rates_of_the_claim_let_a_bet_win_on_average() {
        let claims = [AtLeast::AS_GOOD, HALF, AtLeast { times: 1.0, plus: -0.2 }, AtLeast { times: 1.0, plus: 0.1 }];
        let steps = [0.02, 0.2, 0.5, 0.8, 0.98];
        for (claim, sizes) in claims.into_iter().zip([(1, 1), (9, 1), (1, 4), (3, 2)]) {
            for expected in steps.into_iter().flat_map(|a| steps.map(|b| Arms { a, b })) {
                for rates in steps.into_iter().flat_map(|a| steps.map(|b| Arms { a, b })) {
                    let mean = mean_won(sizes, expected, claim, rates);
                    assert!(
                        rates.b < claim.of(rates.a) || mean <= 1.0 + 1e-6,
                        "{claim:?} {expected:?} {rates:?}: {mean}"
                    );
                }
                let on_the_line = Arms { a: 0.5, b: claim.of(0.5) };
                assert!(mean_won(sizes, expected, claim, on_the_line) <= 1.0 + 1e-6, "{claim:?} {expected:?}");
            }
        }
    }

    #[test]
    fn a_bet_against_what_is_false_wins() {
        let expected = Arms { a: 0.6, b: 0.2 };
        assert!(mean_won((1, 1), expected, AtLeast::AS_GOOD, expected) > 1.05);
        assert!(mean_won((2, 2), expected, HALF, expected) > 1.0);
    }

    #[test]
    fn blocks_have_both_arms_and_later_persons_do_not_move_them() {
        let person = |i: u64| {
            let arm = if i.is_multiple_of(5) { Arm::Treatment } else { Arm::Control };
            (arm, i.is_multiple_of(3))
        };
        let (some, more) = (Blocks::in_order((0..4_000).map(person)), Blocks::in_order((0..40_000).map(person)));
        assert_eq!(some.0, more.0[..some.0.len()]);
        assert!(more.0.iter().all(|block| block.a.n > 0 && block.b.n > 0));
        assert!(more.0.len() < 2_000, "{} blocks", more.0.len());
        let Arms { a, b } = more.total();
        assert!((39_000..=40_000).contains(&(a.n + b.n)), "{a:?} {b:?}");
    }

    #[test]
    fn bounds_agree_with_the_test_and_narrow() {
        let of = |people: u64| {
            let persons = (0..people).map(|i| match i % 2 {
                0 => (Arm::Control, i % 20 < 12),
                _ => (Arm::Treatment, i % 20 < 6),
            });
            Blocks::in_order(persons)
        };
        let (few, many) = (of(200), of(20_000));
        assert!(many.refute(AtLeast::AS_GOOD, 0.001));
        let (wide, narrow) = (few.difference(0.001), many.difference(0.001));
        assert!(narrow.contains(-0.3) && narrow.upper < -0.25 && narrow.lower > -0.35, "{narrow:?}");
        assert!(wide.lower < narrow.lower && narrow.upper < wide.upper, "{wide:?} {narrow:?}");
        assert_eq!(wide.upper <= 0.0, few.refute(AtLeast::AS_GOOD, 0.001));
        let nothing = Blocks::default().difference(0.001);
        assert_eq!((nothing.lower, nothing.upper), (-1.0, 1.0));
    }
}
