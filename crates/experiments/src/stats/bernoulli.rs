//! A share of rare events, exactly and at any look.

use super::Interval;
use super::moments::as_f64;
use super::proportions::Count;
use super::special::ln_beta;

/// Halvings of an interval: a float has no more.
const HALVINGS: usize = 200;

/// The beta-binomial confidence sequence (Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 2021, proposition 7 with
/// g = p and h = 1 - p): for each share p, a mixture of bets whose mean is p and whose weight is tuned to `t_opt` trials. It
/// leaves out the shares against which the mixture has won more than 1 / alpha; valid at all looks together, for any count.
pub fn confidence_sequence(count: Count, tuning: Tuning, alpha: f64) -> Interval {
    let weight = tuning.weight();
    let speaks_against = |p: f64| ln_martingale(count, p, weight) > -alpha.ln();
    let rate = if count.n == 0 { 0.5 } else { count.rate() };
    Interval {
        lower: if count.x == 0 { 0.0 } else { edge(0.0, rate, speaks_against) },
        upper: if count.x == count.n { 1.0 } else { edge(1.0, rate, speaks_against) },
    }
}

/// Fixed before the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// The number of trials at which the sequence is to be narrowest.
    pub t_opt: f64,
    /// At this error.
    pub alpha_opt: f64,
}

impl Tuning {
    /// How many imagined trials the mixture stands for: the normal mixture's tuning at the variance of `t_opt` trials, per
    /// variance of one, less one.
    fn weight(self) -> f64 {
        let twice = -2.0 * self.alpha_opt.ln();
        (self.t_opt / (twice + twice.ln_1p()) - 1.0).max(1e-3)
    }
}

/// The log of what the mixture has won against `p` (0 < p < 1).
pub fn ln_martingale(count: Count, p: f64, weight: f64) -> f64 {
    let (ones, zeros) = (as_f64(count.x), as_f64(count.n - count.x));
    let (prior_ones, prior_zeros) = (weight * p, weight * (1.0 - p));
    ln_beta(prior_ones + ones, prior_zeros + zeros)
        - ln_beta(prior_ones, prior_zeros)
        - ones * p.ln()
        - zeros * (-p).ln_1p()
}

/// Where it begins to speak against what lies between `outside` and `inside`.
fn edge(mut outside: f64, mut inside: f64, speaks_against: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(outside, inside);
        if middle <= outside.min(inside) || middle >= outside.max(inside) {
            break;
        }
        if speaks_against(middle) { outside = middle } else { inside = middle }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_everything_have_an_open_end() {
        let tuning = Tuning { t_opt: 1000.0, alpha_opt: 0.05 };
        let of = |x, n| confidence_sequence(Count { n, x }, tuning, 0.05);
        assert_eq!(of(0, 0), Interval { lower: 0.0, upper: 1.0 });
        let (none, all) = (of(0, 50), of(50, 50));
        assert!(none.lower <= 0.0 && none.upper < 0.3, "{none:?}");
        assert!((all.lower - (1.0 - none.upper)).abs() < 1e-9 && all.upper >= 1.0, "{all:?}");
    }
}
