//! Requests per second of each version, from what the edge counted over the last seconds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How far back the rate looks.
const LOOKS_BACK: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<HashMap<u64, VecDeque<(Timestamp, u64)>>>);

impl Traffic {
    /// Takes note of the edge's counts. Counts that went back (a restarted edge) begin anew.
    pub(crate) fn see(&self, edge: &edge::EdgeState, now: Timestamp) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|number, _| edge.counts.iter().any(|c| c.deployment == *number));
        for counts in &edge.counts {
            note(seen.entry(counts.deployment).or_default(), now, counts.total.requests);
        }
    }

    /// The rate of a deployment over the last seconds; 0 before there are two looks.
    pub(crate) fn per_second(&self, number: u64) -> f64 {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&number).map_or(0.0, rate)
    }
}

fn note(looks: &mut VecDeque<(Timestamp, u64)>, now: Timestamp, requests: u64) {
    if looks.back().is_some_and(|(_, last)| *last > requests) {
        looks.clear();
    }
    // One look a second is enough.
    if looks.back().is_none_or(|(at, _)| now.duration_since(*at) >= SignedDuration::from_secs(1)) {
        looks.push_back((now, requests));
    }
    while looks.front().is_some_and(|(at, _)| now.duration_since(*at) > LOOKS_BACK) {
        looks.pop_front();
    }
}

fn rate(looks: &VecDeque<(Timestamp, u64)>) -> f64 {
    let (Some((from, first)), Some((to, last))) = (looks.front(), looks.back()) else { return 0.0 };
    let seconds = to.duration_since(*from).as_secs_f64();
    let requests = u32::try_from(last - first).unwrap_or(u32::MAX);
    if seconds > 0.0 { f64::from(requests) / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_over_the_last_seconds_and_survives_a_restart_of_the_edge() {
        let at = |s| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(s);
        let mut looks = VecDeque::new();
        assert!(rate(&looks) < f64::EPSILON);
        for s in 0..20 {
            note(&mut looks, at(s), u64::try_from(s).unwrap() * 50);
        }
        assert!((rate(&looks) - 50.0).abs() < 0.01);
        note(&mut looks, at(20), 3);
        assert!(rate(&looks) < f64::EPSILON);
    }
}
