//! How many units it takes, and how small an effect can be seen.

use serde::Serialize;

use super::Arms;
use super::moments::as_f64;
use super::ratio::{Scale, scaled};
use super::relative::Estimate;
use super::sequence;
use super::special::{normal_isf, normal_sf, t_power};

/// What a test is to promise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Two-sided.
    pub alpha: f64,
    pub power: f64,
    /// Units of the treatment for one of the control.
    pub ratio: f64,
}

impl Promise {
    /// How many standard errors an effect must have, without the test's other side.
    fn deviates(&self) -> f64 {
        normal_isf(self.alpha / 2.0) + normal_isf(1.0 - self.power)
    }

    /// The same with it.
    fn deviates_of_both_sides(&self) -> f64 {
        let critical = normal_isf(self.alpha / 2.0);
        least_where(0.0, MOST, |effect| normal_power(critical, effect) >= self.power)
    }
}

/// Units of the control that it takes to see a relative change of a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UnitsForShare {
    /// From the normal approximation with each arm's own variance (Fleiss, Levin & Paik 2003, eq. 4.14 without correction).
    pub n_per_arm_unpooled: f64,
    /// From Cohen's h, the difference of the arcsines (Cohen 1988, eq. 6.2.1).
    pub n_per_arm_arcsine: f64,
}

/// As [`UnitsForShare`] says. Nothing if there is no change, or the changed share is none.
pub fn units_for_share(share: f64, relative: f64, promise: Promise) -> Option<UnitsForShare> {
    let changed = share * (1.0 + relative);
    let is_share = |p: f64| 0.0 < p && p < 1.0;
    if relative == 0.0 || !is_share(share) || !is_share(changed) {
        return None;
    }
    let square = promise.deviates().powi(2);
    let variance = share * (1.0 - share) + changed * (1.0 - changed) / promise.ratio;
    let h = 2.0 * changed.sqrt().asin() - 2.0 * share.sqrt().asin();
    Some(UnitsForShare {
        n_per_arm_unpooled: square * variance / (changed - share).powi(2),
        n_per_arm_arcsine: (promise.deviates_of_both_sides() / h).powi(2) * (1.0 + 1.0 / promise.ratio),
    })
}

/// Power of the two-sided t test of a standardised effect, with `n` units of control (Cohen 1988, chapter 2; noncentral t).
pub fn of_means(effect: f64, n: f64, alpha: f64, ratio: f64) -> f64 {
    let harmonic = 1.0 / (1.0 / n + 1.0 / (n * ratio));
    t_power(alpha, n * (1.0 + ratio) - 2.0, effect.abs() * harmonic.sqrt())
}

/// Units of control for which the t test has the promised power. Nothing without an effect, or if 10^12 are too few.
pub fn units_for_means(effect: f64, promise: Promise) -> Option<f64> {
    let has_power = |n: f64| of_means(effect, n, promise.alpha, promise.ratio) >= promise.power;
    if effect == 0.0 || !has_power(MOST) {
        return None;
    }
    let least = 2.0_f64.max(3.0 / (1.0 + promise.ratio));
    Some(least_where(least, MOST, has_power))
}

/// The smallest standardised effect that `n` units of control show with the promised power.
pub fn effect_for_means(n: f64, promise: Promise) -> f64 {
    least_where(0.0, MOST, |effect| of_means(effect, n, promise.alpha, promise.ratio) >= promise.power)
}

/// That an estimate with this effect, in standard errors, is beyond `critical` on either side.
fn normal_power(critical: f64, effect: f64) -> f64 {
    normal_sf(critical - effect) + normal_sf(critical + effect)
}

/// Nobody has more customers.
const MOST: f64 = 1e12;
/// A bisection over so many orders of magnitude is exact to the last digit by then.
const HALVINGS: usize = 120;

/// The least of what makes `holds` true, which all that is larger does too; `to` does.
fn least_where(from: f64, to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (from, to);
    for _ in 0..HALVINGS {
        // By orders of magnitude first.
        let middle = if high > 2.0 * low.max(1.0) { (low.max(1e-6) * high).sqrt() } else { f64::midpoint(low, high) };
        if high - low <= 1e-12 * high {
            break;
        }
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// How an experiment that goes on is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Looks {
    /// Once, at its end.
    Once,
    /// As often as one likes, by a confidence sequence tuned to so many units.
    AnyTime { n_star: f64 },
}

/// What an experiment that goes on still needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StillNeeded {
    /// Of both arms together; nothing if no number that anybody has would do.
    pub additional_users: Option<f64>,
    /// As a multiple of those who are there.
    pub scaling_factor: Option<f64>,
    pub power_now: f64,
}

/// An experiment that goes on, if units go on to vary as they did: as `GrowthBook`'s mid-experiment power.
#[derive(Debug, Clone, Copy)]
pub struct MidExperiment {
    /// Units of both arms.
    n: f64,
    /// Of the relative lift.
    variance: f64,
    target: f64,
    looks: Looks,
    alpha: f64,
}

impl MidExperiment {
    /// To see a relative change of `target`. Nothing relative to zero, or without any variance.
    pub fn new(arms: Arms<Estimate>, target: f64, looks: Looks, alpha: f64) -> Option<Self> {
        let variances = Arms { a: arms.a.variance, b: arms.b.variance };
        let (_, variance) = scaled(Arms { a: arms.a.mean, b: arms.b.mean }, variances, Scale::Relative)?;
        let n = as_f64(arms.a.n + arms.b.n);
        (variance > 0.0).then_some(Self { n, variance, target, looks, alpha })
    }

    /// The probability that the change shows once there are this many times as many units more.
    pub fn power_with(&self, more: f64) -> f64 {
        let critical = match self.looks {
            Looks::Once => normal_isf(self.alpha / 2.0),
            Looks::AnyTime { n_star } => {
                sequence::critical(self.n * (1.0 + more), sequence::rho(self.alpha, n_star), self.alpha)
            }
        };
        normal_power(critical, self.target.abs() / (self.variance / (1.0 + more)).sqrt())
    }

    /// How many more units it takes for this power.
    pub fn still_needed(&self, power: f64) -> StillNeeded {
        let power_now = self.power_with(0.0);
        let most = MOST / self.n;
        let factor = if power_now >= power {
            Some(0.0)
        } else {
            (self.power_with(most) >= power).then(|| least_where(0.0, most, |more| self.power_with(more) >= power))
        };
        StillNeeded { additional_users: factor.map(|factor| factor * self.n), scaling_factor: factor, power_now }
    }
}
