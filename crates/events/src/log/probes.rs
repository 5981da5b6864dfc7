//! What the verifier's probes did: apart from customers, and counted.

use super::Error;
use super::identity::Trust;
use super::key::PersonSet;
use super::state::Shared;
use crate::record::Aside;

/// Who probed within a time, every run once. Blocks while it reads.
pub(super) fn persons(shared: &Shared, from_ms: i64, to_ms: i64) -> Result<u64, Error> {
    let is_in_time = |time_ms: i64| from_ms <= time_ms && time_ms < to_ms;
    let (segments, resolution, forgotten, mut persons) = {
        let state = shared.read();
        let resolution = state.facts.identities.resolved(Trust::Everything);
        let tail = state.parts.iter().flat_map(|part| &part.rows);
        let probes = tail.filter(|row| row.event.aside == Some(Aside::Synthetic) && is_in_time(row.event.time_ms));
        let persons: PersonSet = probes.map(|row| resolution.of(row.person)).collect();
        (state.segments.clone(), resolution, state.forgotten.clone(), persons)
    };
    for segment in &segments {
        let probes = segment.probes()?.iter().filter(|probe| is_in_time(probe.time_ms));
        let kept = probes.filter(|probe| !forgotten.cover(probe.person, probe.received_ms));
        persons.extend(kept.map(|probe| resolution.of(probe.person)));
    }
    Ok(persons.len() as u64)
}
