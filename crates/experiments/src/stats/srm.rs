//! Sample ratio mismatch: whether the arms have as many units as they were to have.

use serde::Serialize;

use super::moments::as_f64;
use super::special::{chi_square_sf, stirling};

/// Pearson's test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChiSquare {
    pub statistic: f64,
    pub dof: f64,
    pub p: f64,
}

/// Pearson's chi-square at one look (Fabijan et al., KDD 2019). Arms of weight 0 are to have no units and are left out, with
/// theirs. Nothing if fewer than two arms have a weight, or nobody came.
pub fn chi_square(observed: &[u64], weights: &[f64]) -> Option<ChiSquare> {
    let arms: Vec<_> = observed.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).collect();
    let total = as_f64(arms.iter().map(|(n, _)| **n).sum());
    let weight: f64 = arms.iter().map(|(_, weight)| **weight).sum();
    if arms.len() < 2 || total == 0.0 {
        return None;
    }
    let parts = arms.iter().map(|(n, share)| {
        let expected = total * **share / weight;
        (as_f64(**n) - expected).powi(2) / expected
    });
    let (statistic, dof) = (parts.sum(), as_f64(arms.len() as u64 - 1));
    Some(ChiSquare { statistic, dof, p: chi_square_sf(statistic, dof) })
}

/// The sequential test: the log of the evidence that units fall otherwise than by `weights` (all positive), after `counts`.
///
/// Lindon & Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, eq. 8: a Dirichlet prior of mean
/// `weights` and this concentration, against exactly `weights`. Its reciprocal is a p-value at all looks together. Written in
/// differences, so that millions of units leave the last digits.
pub fn ln_bayes_factor(counts: &[u64], weights: &[f64], concentration: f64) -> f64 {
    let weight: f64 = weights.iter().sum();
    let total = as_f64(counts.iter().sum());
    let all = ln_rising(concentration, total);
    let arms = counts.iter().zip(weights).map(|(count, share)| {
        let (n, share) = (as_f64(*count), share / weight);
        let prior = concentration * share;
        // n ln((prior + n) / ((concentration + total) share)), near 0 without a mismatch.
        let apart = (n - total * share) / ((concentration + total) * share);
        ln_rising(prior, n) + n * apart.ln_1p()
    });
    arms.sum::<f64>() - all
}

/// `ln gamma(a + n) - ln gamma(a) - n ln(a + n) + n`: by Stirling's formula from a = 10 on.
fn ln_rising(a: f64, n: f64) -> f64 {
    if a < 10.0 {
        return libm::lgamma(a + n) - libm::lgamma(a) - n * (a + n).ln() + n;
    }
    (a - 0.5) * (n / a).ln_1p() + stirling(a + n) - stirling(a)
}

/// The test over looks: the smallest p-value so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize)]
pub struct Sequential {
    pub p: f64,
}

impl Default for Sequential {
    fn default() -> Self {
        Self { p: 1.0 }
    }
}

impl Sequential {
    /// Another look, at all that came until then.
    #[must_use]
    pub fn look(self, ln_bayes_factor: f64) -> Self {
        Self { p: self.p.min((-ln_bayes_factor).exp()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_concentrations_agree_with_large_ones_where_they_meet() {
        // Just on either side of where Stirling's formula takes over.
        let (below, above) =
            (ln_bayes_factor(&[40, 61], &[0.5, 0.5], 19.999_999), ln_bayes_factor(&[40, 61], &[0.5, 0.5], 20.0));
        assert!((below - above).abs() < 1e-6, "{below} {above}");
    }

    #[test]
    fn arms_without_a_weight_are_left_out() {
        let test = chi_square(&[50, 50, 7], &[1.0, 1.0, 0.0]).unwrap();
        assert_eq!((test.statistic, test.dof), (0.0, 1.0));
        assert_eq!(chi_square(&[50, 7], &[1.0, 0.0]), None);
        assert_eq!(chi_square(&[0, 0], &[1.0, 1.0]), None);
    }
}
