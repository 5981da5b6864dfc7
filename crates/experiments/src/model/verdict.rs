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

    /// Each row: harm, quality, success, guardrails, and what follows early, when it is due, and when all have come.
    #[test]
    fn the_table_in_full() {
        use Decision::{Inconclusive as Ends, Invalid as Bad, KeepRunning as Goes, RollBack as Back, Ship};
        use Guardrails::{Hold, Open};
        let (fine, bad) = (Quality::Good, Quality::Bad);
        let (harm, none) = (Harm::Shown, Harm::NotShown);
        let (better, not) = (Success::Shown, Success::NotShown);
        let table = [
            (none, fine, better, Hold, [Goes, Ship, Ship]),
            (none, fine, better, Open, [Goes, Goes, Ends]),
            (none, fine, not, Hold, [Goes, Goes, Ends]),
            (none, fine, not, Open, [Goes, Goes, Ends]),
            (none, bad, better, Hold, [Bad, Bad, Bad]),
            (none, bad, better, Open, [Bad, Bad, Bad]),
            (none, bad, not, Hold, [Bad, Bad, Bad]),
            (none, bad, not, Open, [Bad, Bad, Bad]),
            (harm, fine, better, Hold, [Back, Back, Back]),
            (harm, fine, better, Open, [Back, Back, Back]),
            (harm, fine, not, Hold, [Back, Back, Back]),
            (harm, fine, not, Open, [Back, Back, Back]),
            (harm, bad, better, Hold, [Back, Back, Back]),
            (harm, bad, better, Open, [Back, Back, Back]),
            (harm, bad, not, Hold, [Back, Back, Back]),
            (harm, bad, not, Open, [Back, Back, Back]),
        ];
        assert_eq!(table.len() * 3, all().count(), "every case is in it");
        for (harm, quality, success, guardrails, follows) in table {
            for (time, follows) in [Time::Early, Time::Due, Time::Complete].into_iter().zip(follows) {
                let seen = Seen { quality, harm, time, success, guardrails };
                assert_eq!(decide(seen), follows, "{seen:?}");
            }
        }
    }
}
