//! Asymptotic confidence sequences: intervals that may be looked at as often as one likes.
//!
//! Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
//! arXiv 2103.06476v7: eq. 9 (two-sided), 134 (one-sided), 155 (e-value), 161 (tuning). The tuning is fixed before the data.

use serde::{Deserialize, Serialize};

use super::Interval;

/// An estimate after `n` units of both arms together, with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub n: f64,
    pub estimate: f64,
    pub se: f64,
}

/// Two-sided: all effects at once, at all looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TwoSided {
    pub rho: f64,
    pub half_width: f64,
    #[serde(flatten)]
    pub interval: Interval,
    /// Evidence against no effect; its logarithm, for it may be too large to write down.
    pub log_e_value: f64,
    /// Valid at any look.
    pub p: f64,
}

/// On which side an effect is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    /// The treatment is above: a lower bound.
    Greater,
    /// The treatment is below: an upper bound.
    Less,
}

/// One-sided: the bound that the effect stays beyond, at all looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OneSided {
    pub rho: f64,
    pub half_width: f64,
    pub bound: f64,
}

/// The tuning that makes the sequence narrowest at `n_star` units (eq. 161).
pub fn rho(alpha: f64, n_star: f64) -> f64 {
    let twice = -2.0 * alpha.ln();
    ((twice + twice.ln_1p()) / n_star).sqrt()
}

/// How many standard errors the two-sided sequence is wide on either side after `n` units (eq. 9).
pub fn critical(n: f64, rho: f64, alpha: f64) -> f64 {
    boundary(n, rho, 0.5 * (n * rho * rho).ln_1p() - alpha.ln())
}

fn boundary(n: f64, rho: f64, ln_level: f64) -> f64 {
    let information = n * rho * rho;
    (2.0 * (information + 1.0) / information * ln_level).sqrt()
}

/// The two-sided sequence at one look, tuned to `n_star` units.
pub fn two_sided(look: Look, alpha: f64, n_star: f64) -> TwoSided {
    let rho = rho(alpha, n_star);
    let half_width = look.se * critical(look.n, rho, alpha);
    let information = look.n * rho * rho;
    let z = look.estimate / look.se;
    let log_e_value = information / (2.0 * (1.0 + information)) * z * z - 0.5 * information.ln_1p();
    let interval = Interval::around(look.estimate, half_width);
    TwoSided { rho, half_width, interval, log_e_value, p: (-log_e_value).exp().min(1.0) }
}

/// The one-sided sequence at one look (eq. 134), tuned to `n_star` units.
pub fn one_sided(look: Look, alternative: Alternative, alpha: f64, n_star: f64) -> OneSided {
    let rho = rho(2.0 * alpha, n_star);
    let ln_level = ((look.n * rho * rho + 1.0).sqrt() / (2.0 * alpha)).ln_1p();
    let half_width = look.se * boundary(look.n, rho, ln_level);
    let bound = match alternative {
        Alternative::Greater => look.estimate - half_width,
        Alternative::Less => look.estimate + half_width,
    };
    OneSided { rho, half_width, bound }
}
