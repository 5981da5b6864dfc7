//! How bad a finding is, and what a gate lets pass.

use serde::{Deserialize, Serialize};

/// The word for it. Not known is not harmless: it is the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Not a vulnerability: nobody maintains it, or it is unsound.
    Informational,
    Low,
    Medium,
    High,
    Critical,
    /// Nobody has said.
    Unknown,
}

impl Severity {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    /// In how many days somebody is to have mended it, from when it was known; none of what is no vulnerability. What nobody has
    /// rated is due like what is high. They are Trunkline's own; nothing follows from them but that it is told.
    pub const fn due_days(self) -> Option<i64> {
        match self {
            Self::Critical => Some(7),
            Self::High | Self::Unknown => Some(30),
            Self::Medium => Some(90),
            Self::Low => Some(180),
            Self::Informational => None,
        }
    }

    /// What databases write in words; none of them is [`Severity::Informational`].
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "low" => Some(Self::Low),
            "medium" | "moderate" => Some(Self::Medium),
            "high" | "important" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }

    /// What a CVSS vector (v2, v3.x or v4.0) comes to; none if it cannot be read.
    pub fn of_vector(vector: &str) -> Option<Self> {
        let score = vector.parse::<cvss::Cvss>().ok()?.score();
        // The scale of CVSS v3.1, section 5; what scores nothing is low here.
        Some(match score {
            score if score >= 9.0 => Self::Critical,
            score if score >= 7.0 => Self::High,
            score if score >= 4.0 => Self::Medium,
            _ => Self::Low,
        })
    }

    /// The worst of what was said; unknown if nothing was, or nothing but that it is informational and somebody else disagrees.
    pub fn worst(said: impl IntoIterator<Item = Self>) -> Self {
        let said: Vec<Self> = said.into_iter().collect();
        let known = said.iter().copied().filter(|severity| *severity != Self::Unknown).max();
        match known {
            None => Self::Unknown,
            Some(Self::Informational) if said.contains(&Self::Unknown) => Self::Unknown,
            Some(severity) => severity,
        }
    }
}

/// From which severity on a finding fails the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    From(Severity),
    /// Nothing fails.
    Never,
}

impl Threshold {
    /// Whether a finding of this severity fails; one that nobody knows fails every threshold.
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::From(least) => severity >= least,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_weighed_by_their_score() {
        let severity = |vector| Severity::of_vector(vector);
        assert_eq!(severity("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), Some(Severity::Critical));
        assert_eq!(severity("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"), Some(Severity::High));
        assert_eq!(severity("CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"), Some(Severity::Medium));
        assert_eq!(severity("AV:N/AC:L/Au:N/C:P/I:P/A:P"), Some(Severity::High));
        assert_eq!(severity("CVSS:3.1/AV:X"), None);
    }

    #[test]
    fn what_nobody_knows_fails_every_threshold_but_never() {
        let high = Threshold::From(Severity::High);
        let failing = [Severity::High, Severity::Critical, Severity::Unknown];
        assert!(failing.iter().all(|severity| high.fails(*severity)));
        assert!(!high.fails(Severity::Medium) && !high.fails(Severity::Informational));
        assert!(!Threshold::Never.fails(Severity::Unknown));
    }

    #[test]
    fn the_worst_that_was_said_counts() {
        assert_eq!(Severity::worst([Severity::Low, Severity::Unknown, Severity::High]), Severity::High);
        assert_eq!(Severity::worst([Severity::Informational, Severity::Unknown]), Severity::Unknown);
        assert_eq!(Severity::worst([Severity::Informational]), Severity::Informational);
        assert_eq!(Severity::worst([]), Severity::Unknown);
    }
}
