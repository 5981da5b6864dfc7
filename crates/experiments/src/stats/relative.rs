//! Relative lift: told by Fieller's interval, decided on the absolute scale.

use super::means::{Difference, satterthwaite};
use super::moments::as_f64;
use super::proportions::Count;
use super::ratio::{Scale, scaled};
use super::special::normal_isf;
use super::{Arms, Interval, Moments};

/// A mean and the variance of its estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub n: u64,
    pub mean: f64,
    pub variance: f64,
}

impl Estimate {
    /// Of values; nothing of fewer than two.
    pub fn of_values(moments: &Moments) -> Option<Self> {
        Some(Self { n: moments.n, mean: moments.mean, variance: moments.variance()? / moments.count() })
    }

    /// Of a share; nothing of no units.
    pub fn of_share(count: Count) -> Option<Self> {
        let rate = count.rate();
        (count.n > 0).then(|| Self { n: count.n, mean: rate, variance: rate * (1.0 - rate) / as_f64(count.n) })
    }
}

/// A relative lift. `g` says how far the control's mean is from being indistinguishable from zero: from 1 on the interval has no
/// bound, and is not told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fieller {
    pub lift: f64,
    pub g: f64,
    pub interval: Option<Interval>,
}

/// Fieller's interval for `mean_b / mean_a - 1` (Fieller 1954): all lifts that the contrast `mean_b - (1 + lift) mean_a` does not
/// speak against, so that it leaves out 0 exactly if the test of the difference does. Nothing relative to zero.
pub fn fieller(arms: Arms<Estimate>, alpha: f64) -> Option<Fieller> {
    fieller_at(arms, normal_isf(alpha / 2.0))
}

/// The same with `critical` standard errors on either side, as a confidence sequence has them.
pub fn fieller_at(Arms { a, b }: Arms<Estimate>, critical: f64) -> Option<Fieller> {
    if a.mean == 0.0 {
        return None;
    }
    let square = critical * critical;
    let g = square * a.variance / (a.mean * a.mean);
    let lift = b.mean / a.mean - 1.0;
    let root = |sign: f64| {
        let inside = square
            * (b.variance / (a.mean * a.mean) * (1.0 - g) + a.variance * (lift + 1.0).powi(2) / (a.mean * a.mean));
        ((lift + 1.0) + sign * inside.sqrt()) / (1.0 - g) - 1.0
    };
    Some(Fieller { lift, g, interval: (g < 1.0).then(|| Interval { lower: root(-1.0), upper: root(1.0) }) })
}

/// The lift by the delta method, as `GrowthBook` tells it: relative to the control's absolute value, with the degrees of freedom of
/// the means. Nothing relative to zero, or if nothing varies. It is not what is decided by: its intervals are too narrow while
/// there are few units.
pub fn delta(arms: Arms<Estimate>, alpha: f64) -> Option<Difference> {
    let Arms { a, b } = arms;
    let variances = Arms { a: a.variance, b: b.variance };
    let (lift, variance) = scaled(Arms { a: a.mean, b: b.mean }, variances, Scale::Relative)?;
    let n = Arms { a: as_f64(a.n), b: as_f64(b.n) };
    let is_usable = variances.a > 0.0 && variances.b > 0.0 && a.n > 1 && b.n > 1;
    is_usable.then(|| Difference::of(lift, variance.sqrt(), satterthwaite(variances, n), alpha))
}
