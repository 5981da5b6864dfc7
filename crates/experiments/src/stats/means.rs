//! Two means.

use serde::Serialize;

use super::special::{t_quantile, t_two_sided};
use super::{Arms, Interval, Moments};

/// A difference with its uncertainty, by a t distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    pub estimate: f64,
    pub se: f64,
    pub dof: f64,
    /// Two-sided.
    pub p: f64,
    #[serde(flatten)]
    pub interval: Interval,
}

impl Difference {
    /// `se` must be positive.
    pub(super) fn of(estimate: f64, se: f64, dof: f64, alpha: f64) -> Self {
        let interval = Interval::around(estimate, t_quantile(alpha, dof) * se);
        Self { estimate, se, dof, p: t_two_sided(estimate / se, dof), interval }
    }

    /// Student's t.
    pub fn t(&self) -> f64 {
        self.estimate / self.se
    }
}

/// Welch's unequal-variances t test (Welch 1947). Nothing if an arm has fewer than two units, or neither varies.
pub fn welch(arms: Arms<Moments>, alpha: f64) -> Option<Difference> {
    let variances = Arms { a: variance_of_mean(&arms.a)?, b: variance_of_mean(&arms.b)? };
    let se = (variances.a + variances.b).sqrt();
    if se <= 0.0 {
        return None;
    }
    Some(Difference::of(arms.b.mean - arms.a.mean, se, satterthwaite(variances, arms.map_n()), alpha))
}

pub(super) fn variance_of_mean(moments: &Moments) -> Option<f64> {
    Some(moments.variance()? / moments.count())
}

/// Degrees of freedom of a sum of two variances (Satterthwaite 1946, eq. 17; Welch 1947, eq. 28).
pub(super) fn satterthwaite(variances: Arms<f64>, n: Arms<f64>) -> f64 {
    let total = variances.a + variances.b;
    total * total / (variances.a * variances.a / (n.a - 1.0) + variances.b * variances.b / (n.b - 1.0))
}

impl Arms<Moments> {
    pub(super) fn map_n(&self) -> Arms<f64> {
        Arms { a: self.a.count(), b: self.b.count() }
    }
}
