//! A ratio of two sums over units: revenue per order, clicks per page view.

use serde::Deserialize;

use super::means::{Difference, satterthwaite};
use super::moments::as_f64;
use super::{Arms, Moments};

/// Numerator and denominator of one arm's units, and how they go together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pairs {
    pub numerator: Moments,
    pub denominator: Moments,
    /// Sum of the products of both deviations from their means.
    pub products: f64,
}

/// What databases keep of them.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct PairSums {
    pub n: u64,
    pub m_sum: f64,
    pub m_sum_squares: f64,
    pub d_sum: f64,
    pub d_sum_squares: f64,
    pub md_sum_products: f64,
}

impl From<PairSums> for Pairs {
    fn from(sums: PairSums) -> Self {
        let denominator = Moments::from_sums(sums.n, sums.d_sum, sums.d_sum_squares);
        Self {
            numerator: Moments::from_sums(sums.n, sums.m_sum, sums.m_sum_squares),
            denominator,
            products: (-sums.m_sum).mul_add(denominator.mean, sums.md_sum_products),
        }
    }
}

impl Pairs {
    fn ratio(&self) -> f64 {
        self.numerator.mean / self.denominator.mean
    }

    /// By the delta method (Deng, Knoblich & Lu, KDD 2018, eq. 4): units are independent, what they do within is not.
    fn variance_of_ratio(&self) -> Option<f64> {
        let covariance = self.products / as_f64(self.numerator.n.checked_sub(1).filter(|n| *n > 0)?);
        let ratio = self.ratio();
        let spread =
            self.numerator.variance()? - 2.0 * ratio * covariance + ratio * ratio * self.denominator.variance()?;
        Some(spread / (self.denominator.mean * self.denominator.mean) / self.numerator.count())
    }
}

/// On which scale a difference is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    #[default]
    Absolute,
    /// As a share of the control's absolute value, by the delta method.
    Relative,
}

/// The difference of two ratios. Nothing if an arm has fewer than two units or no denominator, or nothing varies.
pub fn ratio(arms: Arms<Pairs>, scale: Scale, alpha: f64) -> Option<Difference> {
    let Arms { a, b } = arms;
    if a.denominator.mean == 0.0 || b.denominator.mean == 0.0 {
        return None;
    }
    let variances = Arms { a: a.variance_of_ratio()?, b: b.variance_of_ratio()? };
    let dof = satterthwaite(variances, Arms { a: a.numerator.count(), b: b.numerator.count() });
    let (estimate, variance) = scaled(Arms { a: a.ratio(), b: b.ratio() }, variances, scale)?;
    (variance > 0.0).then(|| Difference::of(estimate, variance.sqrt(), dof, alpha))
}

/// A difference of two means with these variances, and its own, on a scale. Nothing relative to zero.
pub(super) fn scaled(means: Arms<f64>, variances: Arms<f64>, scale: Scale) -> Option<(f64, f64)> {
    let Arms { a, b } = means;
    let diff = b - a;
    match scale {
        Scale::Absolute => Some((diff, variances.a + variances.b)),
        Scale::Relative if a == 0.0 => None,
        Scale::Relative => {
            let square = a * a;
            Some((diff / a.abs(), variances.b / square + variances.a * b * b / (square * square)))
        }
    }
}
