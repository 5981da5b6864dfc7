//! The incomplete gamma function, for chi-square.

use super::fraction::{continued, counting};

/// P(X > x) for chi-square with `dof` degrees of freedom (> 0).
pub fn chi_square_sf(x: f64, dof: f64) -> f64 {
    assert!(dof > 0.0, "degrees of freedom are positive, not {dof}");
    if x <= 0.0 {
        return 1.0;
    }
    let (a, x) = (dof / 2.0, x / 2.0);
    if x < a + 1.0 { 1.0 - lower(a, x) } else { upper(a, x) }
}

/// `P(a, x)` by its series (DLMF 8.11.4).
fn lower(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for n in counting() {
        term *= x / (a + n);
        sum += term;
        // Each is smaller than the one before by a factor below 1, since x < a + 1.
        if term <= sum * f64::EPSILON {
            break;
        }
    }
    sum * ln_front(a, x).exp()
}

/// `Q(a, x)` by its continued fraction (DLMF 8.9.2).
fn upper(a: f64, x: f64) -> f64 {
    let first = (1.0, x + 1.0 - a);
    let rest = counting().map(|n| (n * (a - n), x + 2.0 * n + 1.0 - a));
    continued(std::iter::once(first).chain(rest)) * ln_front(a, x).exp()
}

/// `ln(x^a e^-x / gamma(a))`.
fn ln_front(a: f64, x: f64) -> f64 {
    a * x.ln() - x - libm::lgamma(a)
}

/// What Stirling's formula leaves of `ln gamma(x)`: `ln gamma(x) - ((x - 1/2) ln x - x + ln(2 pi) / 2)` (DLMF 5.11.1).
/// To an absolute error of 1e-13 for x >= 10.
pub(crate) fn stirling(x: f64) -> f64 {
    let r = 1.0 / (x * x);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::special::normal_two_sided;
    use crate::stats::special::tests::close;

    #[test]
    fn chi_square_with_two_degrees_is_exponential_and_with_one_a_squared_normal() {
        for x in [0.1, 1.0, 3.9, 4.1, 80.0, 700.0] {
            close(chi_square_sf(x, 2.0), (-x / 2.0_f64).exp(), 1e-12);
        }
        close(chi_square_sf(60.0, 1.0), normal_two_sided(60.0_f64.sqrt()), 1e-12);
        close(chi_square_sf(-1.0, 3.0), 1.0, 0.0);
    }

    #[test]
    fn stirlings_rest_is_that_of_the_gamma_function() {
        for x in [10.0_f64, 25.5, 1000.0] {
            let front = (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln();
            close(front + stirling(x), libm::lgamma(x), 1e-14);
        }
    }
}
