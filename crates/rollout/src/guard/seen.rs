//! What a guard saw at a look, as it is kept with the deployment.

use delivery::{EvidenceState, GuardLook};
use journeys::{Concurrent, Guarded};
use serde_json::json;

use super::{Judgement, ends, wanting};

/// `seconds` since the new version had its first customers.
pub(super) fn look(guarded: &Guarded, releases: Concurrent, seconds: u64, judgement: Judgement) -> GuardLook {
    let (state, summary) = match judgement {
        Judgement::Worse { sentence } => (EvidenceState::Failed, sentence),
        Judgement::Holds => (EvidenceState::Passed, holds(guarded, releases)),
        Judgement::Early => {
            let what = wanting(guarded, seconds).unwrap_or_else(|| "its first look".into());
            (EvidenceState::Running, format!("waits for {what}"))
        }
    };
    let evidence = json!({
        "steps": guarded.steps,
        "old": { "deployment": releases.old, "persons": guarded.old },
        "new": { "deployment": releases.new, "persons": guarded.new },
        "min_persons": guarded.guard.min_persons,
        "min_seconds": guarded.guard.min_seconds,
        "is_settled": guarded.is_settled,
    });
    GuardLook { journey: guarded.journey.clone(), state, summary, evidence }
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
