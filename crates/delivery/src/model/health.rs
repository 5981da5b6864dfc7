//! Whether a new version fails its customers more often than the old one beside it.
//!
//! Clients are put into the canary by a hash that knows nothing of them, so if the versions are equally good, a client
//! that meets its first failure is in the canary with probability equal to the canary's weight. For each hazard ratio
//! θ of a small mixture, the likelihood ratio of the failing clients' sides
//!
//! ```text
//! LR_θ = Π (q_θ / q)^[in canary] · ((1 − q_θ) / (1 − q))^[in old],   q = weight,   q_θ = θq / (θq + 1 − q)
//! ```
//!
//! is a non-negative martingale with mean 1 (the sequential log-rank test of Grünwald, Ly, Pérez-Ortiz and
//! ter Schure, "The safe log-rank test", 2021, eq. 2), and so is the mean over θ. By Ville's inequality the chance that
//! it *ever* reaches 1/α is at most α, however often one looks: [`THRESHOLD`] bounds false rollbacks by one in a thousand.
//!
//! Counting clients and not requests keeps one broken client that hammers from rolling anything back.

use serde::{Deserialize, Serialize};

/// Evidence at which a version is bad: a false rollback at most once in a thousand deployments.
pub(crate) const THRESHOLD: f64 = 1_000.0;

/// Evidence from which a step does not go on although it is not enough to roll back.
const SUSPICION: f64 = 10.0;

/// Fewer failing clients than this never roll back by evidence.
const FAILING_CLIENTS_MIN: u64 = 3;

/// Hazard ratios of the mixture, from "twice as many" to "nearly only there".
const RATIOS: [f64; 4] = [2.0, 4.0, 16.0, 64.0];

/// The hard limit for disasters, for example when all clients share few connections: this share of requests failing …
const DISASTER_SHARE: f64 = 0.5;
/// … among at least this many requests …
const DISASTER_REQUESTS_MIN: u64 = 20;
/// … of at least this many clients, while the old version fails less than a tenth of its own.
const DISASTER_CLIENTS_MIN: u64 = 2;

/// What one version answered within the present window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Served {
    pub requests: u64,
    pub failures: u64,
    pub clients: u64,
    pub failed_clients: u64,
}

impl Served {
    fn failing_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { ratio(self.failures, self.requests) }
    }
}

/// Both versions side by side in one window: one boot of the edge and one canary step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Tells windows apart; tallies start again at zero when it changes.
    pub window: String,
    pub new: Served,
    pub old: Served,
}

/// What has been seen so far, over all windows of a deployment. Starts at [`Default`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    log_ratios: [f64; 4],
    last: Option<Sample>,
}

impl Evidence {
    /// The evidence after `sample`, taken while the canary's weight was `weight` (a share, 0 to 1).
    ///
    /// A sample of another window counts from zero; counts that went back within one window add nothing.
    #[must_use]
    pub(crate) fn after(&self, sample: &Sample, weight: f64) -> Self {
        let before = self.last.as_ref().filter(|last| last.window == sample.window);
        let grown = |now: u64, then: fn(&Sample) -> u64| now.saturating_sub(before.map_or(0, then));
        let in_new = grown(sample.new.failed_clients, |s| s.new.failed_clients);
        let in_old = grown(sample.old.failed_clients, |s| s.old.failed_clients);
        let mut log_ratios = self.log_ratios;
        if weight > 0.0 && weight < 1.0 {
            for (log_ratio, theta) in log_ratios.iter_mut().zip(RATIOS) {
                let shifted = theta * weight / (theta * weight + 1.0 - weight);
                *log_ratio +=
                    count(in_new) * (shifted / weight).ln() + count(in_old) * ((1.0 - shifted) / (1.0 - weight)).ln();
            }
        }
        Self { log_ratios, last: Some(sample.clone()) }
    }

    /// How many times likelier what was seen is if the new version is worse than if it is not.
    pub(crate) fn strength(&self) -> f64 {
        self.log_ratios.iter().map(|l| l.exp()).sum::<f64>() / 4.0
    }
}

/// What the numbers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Worse than the old version: roll back.
    Bad,
    /// Something failed, and it is too early to say whether it is the version's fault: hold.
    Unclear,
    /// Enough clients were served and nothing speaks against it.
    Good,
    /// Nothing failed, but fewer clients than asked for were served.
    Quiet,
}

/// Judges one window. `clients_min` is `step_persons`.
pub(crate) fn judge(evidence: &Evidence, sample: &Sample, clients_min: u64) -> Judgement {
    if is_bad(evidence, &sample.new, &sample.old) {
        return Judgement::Bad;
    }
    if sample.new.clients >= clients_min && evidence.strength() < SUSPICION {
        return Judgement::Good;
    }
    if sample.new.failures == 0 { Judgement::Quiet } else { Judgement::Unclear }
}

fn is_bad(evidence: &Evidence, new: &Served, old: &Served) -> bool {
    let proved = evidence.strength() >= THRESHOLD && new.failed_clients >= FAILING_CLIENTS_MIN;
    proved || is_disaster(new, old)
}

/// Whether the version fails so badly that no statistics are needed; the only rule once nothing runs beside it.
pub(crate) fn is_disaster(new: &Served, old: &Served) -> bool {
    new.requests >= DISASTER_REQUESTS_MIN
        && new.failed_clients >= DISASTER_CLIENTS_MIN
        && new.failing_share() >= DISASTER_SHARE
        && old.failing_share() < 0.1
}

/// The reason of a rollback in one sentence.
pub(crate) fn sentence(sample: &Sample, evidence: &Evidence) -> String {
    let share = |s: &Served| format!("{} of {} requests ({:.1} %)", s.failures, s.requests, s.failing_share() * 100.0);
    format!(
        "the new version failed {} for {} of {} clients, the old one beside it {} for {} of {}; evidence {}",
        share(&sample.new),
        sample.new.failed_clients,
        sample.new.clients,
        share(&sample.old),
        sample.old.failed_clients,
        sample.old.clients,
        strength_text(evidence.strength()),
    )
}

fn strength_text(strength: f64) -> String {
    if strength >= 1e6 { "above 1,000,000 to 1".to_owned() } else { format!("{strength:.0} to 1") }
}

#[expect(clippy::cast_precision_loss, reason = "counts of clients stay far below 2^52")]
fn count(n: u64) -> f64 {
    n as f64
}

fn ratio(part: u64, whole: u64) -> f64 {
    count(part) / count(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn served(clients: u64, failed: u64) -> Served {
        Served { requests: clients, failures: failed, clients, failed_clients: failed }
    }

    fn sample(new: Served, old: Served) -> Sample {
        Sample { window: "47/0".into(), new, old }
    }

    #[test]
    fn failures_only_in_the_canary_are_bad_soon() {
        let seen = sample(served(30, 3), served(570, 0));
        let evidence = Evidence::default().after(&seen, 0.05);
        assert_eq!(judge(&evidence, &seen, 200), Judgement::Bad, "{}", evidence.strength());
    }

    #[test]
    fn the_same_share_of_failures_on_both_sides_is_not_bad() {
        let seen = sample(served(500, 50), served(9_500, 950));
        let evidence = Evidence::default().after(&seen, 0.05);
        assert_eq!(judge(&evidence, &seen, 200), Judgement::Good, "{}", evidence.strength());
    }

    #[test]
    fn one_client_that_hammers_rolls_nothing_back() {
        let hammer = Served { requests: 500, failures: 400, clients: 50, failed_clients: 1 };
        let seen = sample(hammer, served(950, 0));
        let evidence = Evidence::default().after(&seen, 0.05);
        assert_eq!(judge(&evidence, &seen, 200), Judgement::Unclear);
    }

    #[test]
    fn few_connections_that_nearly_always_fail_are_a_disaster() {
        let new = Served { requests: 40, failures: 30, clients: 2, failed_clients: 2 };
        let seen = sample(new, served(30, 0));
        assert_eq!(judge(&Evidence::default().after(&seen, 0.05), &seen, 200), Judgement::Bad);
    }

    #[test]
    fn a_new_window_counts_from_zero_and_keeps_the_evidence() {
        let first = sample(served(30, 2), served(570, 0));
        let evidence = Evidence::default().after(&first, 0.05);
        let again = evidence.after(&first, 0.05);
        assert_eq!(evidence, again, "the same sample twice adds nothing");
        let next = Sample { window: "47/1".into(), ..sample(served(10, 1), served(30, 0)) };
        assert!(evidence.after(&next, 0.25).strength() > evidence.strength());
    }

    #[test]
    fn an_identical_version_is_hardly_ever_rolled_back() {
        let rolled_back = (0..2_000).filter(|seed| simulated_rollback(*seed, 0.05, 0.02)).count();
        assert!(rolled_back <= 4, "{rolled_back} of 2,000 identical versions were rolled back");
    }

    /// Plays 4,000 clients, of whom a share `failing` fails whatever version they get, and looks after each.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    fn simulated_rollback(seed: u64, weight: f64, failing: f64) -> bool {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut uniform = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut evidence, mut new, mut old) = (Evidence::default(), Served::default(), Served::default());
        (0..4_000).any(|_| {
            let side = if uniform() < weight { &mut new } else { &mut old };
            let failed = u64::from(uniform() < failing);
            *side = served(side.clients + 1, side.failed_clients + failed);
            let sample = sample(new, old);
            evidence = evidence.after(&sample, weight);
            judge(&evidence, &sample, 200) == Judgement::Bad
        })
    }

    proptest! {
        #[test]
        fn evidence_is_never_not_a_number(new in 0_u64..1000, old in 0_u64..1000, weight in 0.0..=1.0_f64) {
            let strength = Evidence::default().after(&sample(served(1000, new), served(1000, old)), weight).strength();
            prop_assert!(!strength.is_nan() && strength >= 0.0);
        }
    }
}
