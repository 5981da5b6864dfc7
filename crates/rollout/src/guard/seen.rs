//! What a guard saw at a look, as it is kept with the deployment.

use delivery::{EvidenceState, GuardAlarm, GuardLook};
use journeys::{Concurrent, Guarded};
use serde_json::json;

use super::judge::ends;
use super::{Judgement, Outcome, wanting};

/// `seconds` since the new version had its first customers; `outcome` is what became of it.
pub(super) fn look(
    guarded: &Guarded,
    releases: Concurrent,
    seconds: u64,
    judgement: Judgement,
    outcome: &Outcome,
) -> GuardLook {
    let (state, summary, alarm) = match (judgement, outcome) {
        (Judgement::Worse { sentence }, Outcome::Unheeded { why }) => {
            (EvidenceState::Failed, format!("{sentence}; {why}"), Some(GuardAlarm::Unheeded))
        }
        (Judgement::Worse { sentence }, Outcome::TakenBack | Outcome::Stays) => (EvidenceState::Failed, sentence, None),
        (Judgement::Everybody { sentence }, _) => {
            (EvidenceState::Running, format!("holds it: {sentence}"), Some(GuardAlarm::Held))
        }
        (Judgement::Holds, _) => (EvidenceState::Passed, holds(guarded, releases), None),
        (Judgement::Early, _) => {
            let what = wanting(guarded, seconds).unwrap_or_else(|| "its first look".into());
            (EvidenceState::Running, format!("waits for {what}"), None)
        }
    };
    let evidence = json!({
        "steps": guarded.steps,
        "old": { "deployment": releases.old, "persons": guarded.old },
        "new": { "deployment": releases.new, "persons": guarded.new },
        "before": { "deployment": releases.old, "persons": guarded.before },
        "min_persons": guarded.guard.min_persons,
        "min_seconds": guarded.guard.min_seconds,
        "is_settled": guarded.is_settled,
    });
    GuardLook { journey: guarded.journey.clone(), state, summary, evidence, alarm }
}

fn holds(guarded: &Guarded, releases: Concurrent) -> String {
    let told = |persons: &[u64]| ends(persons).map_or_else(String::new, |side| format!("{} of {}", side.x, side.n));
    format!(
        "nothing speaks against it: {} persons on deployment {} came to the end, beside {} on deployment {}",
        told(&guarded.new),
        releases.new,
        told(&guarded.old),
        releases.old
    )
}
