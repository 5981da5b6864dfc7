//! The decision, as one table.

use serde::{Deserialize, Serialize};

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentDecision)]
pub enum Decision {
    /// The treatment is better, and no guardrail is worse: everybody gets it.
    Ship,
    /// The treatment does harm: nobody gets it.
    RollBack,
    /// Nothing can be said yet.
    KeepRunning,
    /// All planned persons came, and neither can be said.
    Inconclusive,
    /// The arms are not what they were to be; nothing that they show counts.
    Invalid,
}

/// Whether the arms can be compared at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    Good,
    Bad,
}

/// Whether it may be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Too few persons, or not long enough.
    Early,
    /// Decided as soon as something shows.
    Due,
    /// As many as were planned were followed to their end.
    Complete,
}

/// Whether the treatment does harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    NotShown,
    Shown,
}

/// Whether any success is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    NotShown,
    Shown,
}

/// Whether the guardrails hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guardrails {
    /// At least one is open.
    Open,
    /// All are no worse than they may be; or there are none.
    Hold,
}

/// What a look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub quality: Quality,
    pub harm: Harm,
    pub time: Time,
    pub success: Success,
    pub guardrails: Guardrails,
}

/// The truth table, from the top. Harm comes before everything: also where arms cannot be compared, taking a treatment back
/// costs less than leaving it.
pub const fn decide(seen: Seen) -> Decision {
    match (seen.harm, seen.quality, seen.time, seen.success, seen.guardrails) {
        (Harm::Shown, _, _, _, _) => Decision::RollBack,
        (_, Quality::Bad, _, _, _) => Decision::Invalid,
        (_, _, Time::Early, _, _) => Decision::KeepRunning,
        (_, _, _, Success::Shown, Guardrails::Hold) => Decision::Ship,
        (_, _, Time::Complete, _, _) => Decision::Inconclusive,
        (_, _, Time::Due, _, _) => Decision::KeepRunning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Seen> {
        let bits = 0..2 * 2 * 3 * 2 * 2_usize;
        bits.map(|n| Seen {
            harm: [Harm::NotShown, Harm::Shown][n % 2],
            quality: [Quality::Good, Quality::Bad][n / 2 % 2],
            success: [Success::NotShown, Success::Shown][n / 4 % 2],
            guardrails: [Guardrails::Open, Guardrails::Hold][n / 8 % 2],
            time: [Time::Early, Time::Due, Time::Complete][n / 16],
        })
    }

    #[test]
    fn ships_in_these_two_cases_and_no_other() {
        let shipped: Vec<Seen> = all().filter(|seen| decide(*seen) == Decision::Ship).collect();
        let good = |time| Seen {
            harm: Harm::NotShown,
            quality: Quality::Good,
            success: Success::Shown,
            guardrails: Guardrails::Hold,
            time,
        };
        assert_eq!(shipped, [good(Time::Due), good(Time::Complete)]);
    }

    #[test]
    fn each_decision_has_as_many_of_the_48_cases_as_the_table_gives_it() {
        let count = |wanted| all().filter(|seen| decide(*seen) == wanted).count();
        // Half of all show harm; of the others half are bad; of the 12 that are left 4 are early, 4 due, 4 complete.
        assert_eq!(count(Decision::RollBack), 24);
        assert_eq!(count(Decision::Invalid), 12);
        assert_eq!(count(Decision::KeepRunning), 4 + 3);
        assert_eq!(count(Decision::Ship), 2);
        assert_eq!(count(Decision::Inconclusive), 3);
    }
}
