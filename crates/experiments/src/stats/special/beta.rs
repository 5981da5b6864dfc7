//! The incomplete beta function, for Student's t.

use std::f64::consts::{LN_2, PI};

use super::fraction::{continued, counting};
use super::gamma::stirling;
use super::{STEPS, ln_normal_sf, normal_isf};

/// From here on Stirling's formula is exact enough.
const LARGE: f64 = 10.0;
/// From so many degrees of freedom on, Student's t is told by the normal: the fraction would lose digits in `1 - x`.
const NEARLY_NORMAL: f64 = 1e5;
/// A quantile is there when it moves by no more than this share of itself.
const SETTLED: f64 = 1e-14;

/// P(|T| > |t|) for Student's t with `dof` degrees of freedom (> 0).
pub fn t_two_sided(t: f64, dof: f64) -> f64 {
    ln_t_two_sided(t, dof).exp()
}

/// Its logarithm, which does not vanish where the probability does.
///
/// `I_x(dof / 2, 1 / 2)` at `x = dof / (dof + t^2)` (DLMF 8.17.6).
pub fn ln_t_two_sided(t: f64, dof: f64) -> f64 {
    assert!(dof > 0.0, "degrees of freedom are positive, not {dof}");
    if dof >= NEARLY_NORMAL {
        return ln_2_normal(t, dof);
    }
    let (a, b, odds) = (dof / 2.0, 0.5, t * t / dof);
    if odds.is_infinite() {
        return f64::NEG_INFINITY;
    }
    if odds == 0.0 {
        return 0.0;
    }
    let x = 1.0 / (1.0 + odds);
    let ln_front = -a * odds.ln_1p() - b * (1.0 / odds).ln_1p() - ln_beta(a, b);
    if x < (a + 1.0) / (a + b + 2.0) {
        ln_front - a.ln() + fraction(a, b, x).ln()
    } else {
        let inside = (ln_front - b.ln() + fraction(b, a, odds / (1.0 + odds)).ln()).exp();
        (-inside).ln_1p()
    }
}

/// The z that is to the normal what t is to Student's t (Hill, Algorithm 395, CACM 13, 1970), and its tail; the terms that are left
/// out are below 1e-20 here.
fn ln_2_normal(t: f64, dof: f64) -> f64 {
    let less = dof - 0.5;
    let square = less * (t * t / dof).ln_1p();
    LN_2 + ln_normal_sf(square.sqrt() * (1.0 + (square + 3.0) / (48.0 * less * less)))
}

/// The t that |T| exceeds with probability `p` (0 < p < 1), with `dof` degrees of freedom.
///
/// Newton's method on the logarithm of the tail, from Abramowitz and Stegun 26.7.5.
pub fn t_quantile(p: f64, dof: f64) -> f64 {
    assert!(0.0 < p && p < 1.0, "a probability strictly between 0 and 1, not {p}");
    let target = p.ln();
    let z = normal_isf(p / 2.0);
    let mut t = z + (z * z * z + z) / (4.0 * dof);
    for _ in 0..STEPS {
        let ln_tail = ln_t_two_sided(t, dof);
        let ln_density = -0.5 * (dof + 1.0) * (t * t / dof).ln_1p() - 0.5 * dof.ln() - ln_beta(dof / 2.0, 0.5);
        let step = (ln_tail - target) * (ln_tail - ln_density).exp() / 2.0;
        // With few degrees of freedom tails are long, and a whole step may jump over zero.
        let next = (t + step).max(t / 2.0);
        let is_there = (next - t).abs() <= SETTLED * t;
        t = next;
        if is_there {
            break;
        }
    }
    t
}

/// `ln B(a, b)`, without the cancellation that three gamma functions of large arguments have.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < LARGE {
        return libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    }
    let sum = small + large;
    let common = (large - 0.5) * (-small / sum).ln_1p() + stirling(large) - stirling(sum);
    if small < LARGE {
        return libm::lgamma(small) + common + small - small * sum.ln();
    }
    common + stirling(small) + (small - 0.5) * (small / sum).ln() + 0.5 * (2.0 * PI / sum).ln()
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22). Settles fast where `x < (a + 1) / (a + b + 2)`.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let odd = move |m: f64| -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
    let even = move |m: f64| m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
    let rest = counting().flat_map(|m| [even(m), odd(m)]);
    continued([1.0, odd(0.0)].into_iter().chain(rest).map(|part| (part, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::special::normal_two_sided;
    use crate::stats::special::tests::close;

    #[test]
    fn one_degree_of_freedom_is_cauchy_and_very_many_are_normal() {
        for t in [1e-9_f64, 0.3, 1.0, 12.7, 1e3] {
            close(t_two_sided(t, 1.0), 2.0 / PI * (1.0 / t).atan(), 1e-12);
        }
        for t in [0.1, 1.96, 7.0] {
            close(t_two_sided(t, 1e12), normal_two_sided(t), 1e-9);
        }
        // Either way of computing it, where one takes over from the other.
        for t in [0.01, 2.0, 9.0, 30.0] {
            close(ln_t_two_sided(t, NEARLY_NORMAL), ln_t_two_sided(t, NEARLY_NORMAL * 0.999_999_999), 1e-9);
        }
        close(t_two_sided(0.0, 5.0), 1.0, 0.0);
        close(t_two_sided(f64::INFINITY, 5.0), 0.0, 0.0);
    }

    #[test]
    fn a_quantile_has_its_probability() {
        for dof in [1.0, 2.5, 30.0, 1e4, 1e6] {
            for p in [0.9, 0.05, 1e-3, 1e-12] {
                close(t_two_sided(t_quantile(p, dof), dof), p, 1e-10);
            }
        }
        // From tables of Student's t.
        close(t_quantile(0.05, 10.0), 2.228_138_851_986_274, 1e-12);
    }

    #[test]
    fn ln_beta_of_large_arguments() {
        // B(a, 1) = 1 / a and B(a, 2) = 1 / (a (a + 1)).
        for a in [12.0_f64, 1e3, 1e9] {
            close(ln_beta(a, 1.0), -a.ln(), 1e-13);
            close(ln_beta(a, 2.0), -(a * (a + 1.0)).ln(), 1e-13);
        }
        close(ln_beta(20.0, 30.0), libm::lgamma(20.0) + libm::lgamma(30.0) - libm::lgamma(50.0), 1e-12);
    }
}
