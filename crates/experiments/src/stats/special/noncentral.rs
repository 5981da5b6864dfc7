//! The noncentral t, for power.

use std::f64::consts::PI;

use super::fraction::counting;
use super::gamma::stirling;
use super::{normal_sf, t_quantile};

/// Points at which the integrand is looked at; it is smooth and falls to nothing at both ends.
const POINTS: f64 = 2_000.0;
/// Standard deviations of the chi distribution on either side of its middle.
const REACH: f64 = 12.0;

/// The power of a two-sided t test: the probability that |T'| exceeds the critical value at `alpha` if T' has `dof` degrees of
/// freedom and this noncentrality.
///
/// T' = (Z + noncentrality) / S with S^2 = chi-square / dof, so that it is the mean of a normal tail over S. The trapezoidal
/// rule on a smooth integrand that vanishes at both ends errs by less than any power of its step (Trefethen & Weideman 2014).
pub fn t_power(alpha: f64, dof: f64, noncentrality: f64) -> f64 {
    let critical = t_quantile(alpha, dof);
    let spread = (0.5 / dof).sqrt();
    let (from, to) = ((1.0 - REACH * spread).max(0.0), 1.0 + REACH * spread);
    let step = (to - from) / POINTS;
    let inside = counting().take_while(|n| *n < POINTS).map(|n| {
        let s = from + step * n;
        ln_density(s, dof).exp() * (normal_sf(critical * s - noncentrality) + normal_sf(critical * s + noncentrality))
    });
    inside.sum::<f64>() * step
}

/// Of S: `2 (dof/2)^(dof/2) / gamma(dof/2) s^(dof-1) e^(-dof s^2 / 2)`, with Stirling's formula in place of the gamma function,
/// so that nothing large is left to cancel.
fn ln_density(s: f64, dof: f64) -> f64 {
    let a = dof / 2.0;
    let ln_gamma_rest =
        if a < 10.0 { libm::lgamma(a) - ((a - 0.5) * a.ln() - a) } else { 0.5 * (2.0 * PI).ln() + stirling(a) };
    2.0_f64.ln() + 0.5 * a.ln() - ln_gamma_rest + (dof - 1.0) * s.ln() - a * (s * s - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::special::normal_isf;
    use crate::stats::special::tests::close;

    #[test]
    fn without_an_effect_power_is_alpha() {
        for dof in [3.0, 20.0, 400.0, 1e6] {
            close(t_power(0.05, dof, 0.0), 0.05, 1e-8);
        }
    }

    #[test]
    fn with_very_many_units_it_is_the_normal_power() {
        let (z, effect) = (normal_isf(0.025), 2.8);
        close(t_power(0.05, 1e9, effect), normal_sf(z - effect) + normal_sf(z + effect), 1e-8);
    }
}
