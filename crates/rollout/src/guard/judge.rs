//! What a guard says of the persons whom it followed. Pure.

use experiments::stats::blocks::{Arm, AtLeast, Blocks};
use experiments::stats::proportions::Count;
use experiments::stats::{Arms, Interval};
use journeys::{Concurrent, Guarded, Version};

use crate::everybody::does_worse;

/// Of a false rollback by a deployment's guards together (semantics.md, "Time in guards"): most of it for saying that a version is
/// worse, a tenth for saying at once that it is a disaster.
pub(super) const ERROR_BUDGET: f64 = 0.001;
const BREAKER_SHARE: f64 = 0.1;
/// A disaster: customers come to the end less than half as often. Nothing is waited for.
const HALF: AtLeast = AtLeast { times: 0.5, plus: 0.0 };

/// What a guard says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Judgement {
    /// Too few persons, or not long enough.
    Early,
    /// Nothing speaks against the new version.
    Holds,
    /// It is worse.
    Worse { sentence: String },
    /// Customers of the old version do much worse than before, and the new one is not to blame.
    Everybody { sentence: String },
}

/// Decides from the persons alone. `seconds` since the new version had its first customers; `error` is the chance that a version
/// that is no worse is ever called worse. Attribution comes first: only if the versions do not differ it is looked at what was
/// before.
pub(super) fn judge(guarded: &Guarded, releases: Concurrent, seconds: u64, error: f64) -> Judgement {
    let blocks = blocks(guarded);
    let (breaker, test) = (error * BREAKER_SHARE, error * (1.0 - BREAKER_SHARE));
    if blocks.refute(HALF, breaker) {
        return Judgement::Worse { sentence: worse(guarded, releases, &blocks, test) };
    }
    let (Some(old), Some(new)) = (ends(&guarded.old), ends(&guarded.new)) else { return Judgement::Early };
    if old.n.min(new.n) < guarded.guard.min_persons.max(1) || seconds < guarded.guard.min_seconds {
        return Judgement::Early;
    }
    if blocks.refute(AtLeast::AS_GOOD, test) {
        return Judgement::Worse { sentence: worse(guarded, releases, &blocks, test) };
    }
    match ends(&guarded.before) {
        Some(before) if does_worse(before, old, guarded.guard.min_persons) => {
            Judgement::Everybody { sentence: everybody(guarded, releases, before, old) }
        }
        _ => Judgement::Holds,
    }
}

fn blocks(guarded: &Guarded) -> Blocks {
    let arm = |on| if on == Version::Old { Arm::Control } else { Arm::Treatment };
    Blocks::in_order(guarded.in_order.iter().map(|person| (arm(person.on), person.came_through)))
}

/// Who entered, and who came to the end.
pub(super) fn ends(persons: &[u64]) -> Option<Count> {
    Some(Count { n: *persons.first()?, x: *persons.last()? })
}

/// The old version's share is told for the times at which the new one's persons came, so that their difference is the effect.
fn worse(guarded: &Guarded, releases: Concurrent, blocks: &Blocks, error: f64) -> String {
    let Arms { a, b } = blocks.total();
    let was = blocks.control_at_the_same_time().unwrap_or_default();
    let Interval { lower, upper } = blocks.difference(error);
    let points = |share: f64| share * 100.0;
    let step = lost_at(guarded).unwrap_or_default();
    format!(
        "{}: {:.1} % of {} persons on deployment {} came to the end, beside {:.1} % of {} on deployment {} at the same time \
         ({:+.1} points, between {:+.1} and {:+.1} at any look); they are lost at {step:?}",
        guarded.journey,
        points(b.rate()),
        b.n,
        releases.new,
        points(was),
        a.n,
        releases.old,
        points(b.rate() - was),
        points(lower),
        points(upper),
    )
}

fn everybody(guarded: &Guarded, releases: Concurrent, before: Count, now: Count) -> String {
    format!(
        "{}: on deployment {} {:.1} % of {} persons came to the end, before deployment {} it was {:.1} % of {}: it is not the new \
         version",
        guarded.journey,
        releases.old,
        now.rate() * 100.0,
        now.n,
        releases.new,
        before.rate() * 100.0,
        before.n,
    )
}

/// The step to which the new version brings the fewest, compared with the old.
fn lost_at(guarded: &Guarded) -> Option<&str> {
    let share = |persons: &[u64], step: usize| Count { n: persons[step - 1].max(1), x: persons[step] }.rate();
    let loss = |step: &usize| share(&guarded.new, *step) - share(&guarded.old, *step);
    let steps = 1..guarded.steps.len();
    let worst = steps.min_by(|one, other| loss(one).total_cmp(&loss(other)))?;
    guarded.steps.get(worst).map(String::as_str)
}

#[cfg(test)]
mod tests;
