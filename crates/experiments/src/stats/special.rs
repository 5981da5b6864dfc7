//! Distributions, to a relative error below 1e-10 far into their tails: what the methods ask of the normal, Student's t, its
//! noncentral form, and chi-square.
//!
//! No crate that we found keeps that over the whole range which experiments use (degrees of freedom up to 10^9, tails beyond
//! eight standard deviations); `libm` gives erfc and the gamma function.

mod beta;
mod fraction;
mod gamma;
mod noncentral;

pub(crate) use beta::ln_beta;
pub use beta::{ln_t_two_sided, t_quantile, t_two_sided};
pub use gamma::chi_square_sf;
pub(crate) use gamma::stirling;
pub use noncentral::t_power;

use std::f64::consts::{PI, SQRT_2};

use fraction::{continued, counting};

/// P(Z > z) for a standard normal Z.
pub fn normal_sf(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// Its logarithm, which does not vanish where the probability does: beyond 10 from the continued fraction of Mills' ratio
/// (Abramowitz and Stegun 26.2.14).
pub fn ln_normal_sf(z: f64) -> f64 {
    if z < 10.0 {
        return normal_sf(z).ln();
    }
    let mills = continued([(1.0, z)].into_iter().chain(counting().map(|n| (n, z))));
    -0.5 * z * z - 0.5 * (2.0 * PI).ln() + mills.ln()
}

/// P(|Z| > |z|).
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The z that a standard normal exceeds with probability `p` (0 < p < 1).
///
/// Newton's method on the logarithm of the tail, which is nearly a parabola, from the tail's first term; Halley's second
/// derivative is not needed.
pub fn normal_isf(p: f64) -> f64 {
    assert!(0.0 < p && p < 1.0, "a probability strictly between 0 and 1, not {p}");
    if p > 0.5 {
        return -normal_isf(1.0 - p);
    }
    let target = p.ln();
    let mut z = (-2.0 * (2.0 * p).ln()).sqrt();
    for _ in 0..STEPS {
        let tail = normal_sf(z);
        let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
        let step = (tail.ln() - target) * tail / density;
        z += step;
        if step.abs() <= f64::EPSILON * z.abs() {
            break;
        }
    }
    z
}

/// Newton's method doubles its digits: what is not there after so many steps never will be.
const STEPS: usize = 60;

#[cfg(test)]
pub(in crate::stats) mod tests {
    use super::*;

    /// `got` is within `bound` of `want`, relatively.
    #[track_caller]
    pub(in crate::stats) fn close(got: f64, want: f64, bound: f64) {
        assert!((got - want).abs() <= bound * want.abs(), "{got} is not {want}");
    }

    #[test]
    fn the_normal_and_its_inverse() {
        // Abramowitz and Stegun, tables 26.1 and 26.5; the far tail from its asymptotic series.
        close(normal_isf(0.025), 1.959_963_984_540_054, 1e-15);
        close(normal_isf(0.1), 1.281_551_565_544_600_4, 1e-15);
        close(normal_sf(8.0), 6.220_960_574_271_785e-16, 1e-12);
        close(ln_normal_sf(10.1), normal_sf(10.1).ln(), 1e-14);
        close(ln_normal_sf(37.0), normal_sf(37.0).ln(), 1e-13);
        assert!(normal_isf(0.5).abs() < 1e-15);
        for p in [1e-300, 1e-20, 1e-6, 0.2, 0.499, 0.7, 0.999] {
            close(normal_sf(normal_isf(p)), p, 1e-11);
        }
    }
}
