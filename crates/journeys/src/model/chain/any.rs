//! Any order: how many steps the events of one window can fill, each event one.
//!
//! Sets of events that fill different steps are independent in a transversal matroid (Edmonds and Fulkerson 1965). Of those
//! sets we keep one whose events are as late as can be: a new event that fits nowhere replaces the earliest of those that it
//! competes with. Then the depth of a window is how many of the kept events lie in it, for every start of the window at once,
//! and the work is linear in events.

use super::matching::Matching;
use super::{Chain, Evaluator, Event, instant_end};

impl Evaluator {
    pub(super) fn any(&mut self, events: &[Event]) {
        self.best = Chain::NONE;
        let steps_of = |at: usize| events[at].steps;
        let mut latest = Matching::EMPTY;
        let mut window = 0;
        let mut last_entry_ms = None;
        let mut start = 0;
        while start < events.len() && self.depth < self.rules.steps {
            let end = instant_end(events, start);
            for at in (start..end).filter(|at| events[*at].steps != 0) {
                if let Err(competing) = latest.add(at, steps_of) {
                    latest.drop_earliest(competing);
                    let fits = latest.add(at, steps_of);
                    assert!(fits.is_ok(), "a step of those that it competes for is free");
                }
                if self.rules.entries.contain(events[at].time_ms) {
                    last_entry_ms = Some(events[at].time_ms);
                }
            }
            if let Some(last_entry_ms) = last_entry_ms {
                window = self.first_entry(events, window, events[start].time_ms);
                self.count(events, &latest, window, end, last_entry_ms);
            }
            start = end;
        }
    }

    /// The first event, from `from` on, at which a window that holds `time_ms` may begin.
    fn first_entry(&self, events: &[Event], from: usize, time_ms: i64) -> usize {
        let earliest_ms = time_ms.saturating_sub(self.rules.within_ms).max(self.rules.entries.from_ms);
        let is_early = |event: &Event| event.steps == 0 || event.time_ms < earliest_ms;
        events[from..].iter().position(|event| !is_early(event)).map_or(events.len(), |n| from + n)
    }

    /// The widest window holds most; of those that hold as many, the one that begins last is reported.
    fn count(&mut self, events: &[Event], latest: &Matching, window: usize, end: usize, last_entry_ms: i64) {
        let Some(from_ms) = events.get(window).map(|event| event.time_ms) else { return };
        if window >= end || !self.rules.entries.contain(from_ms) {
            return;
        }
        let mut held = [i64::MIN; super::STEPS_MAX];
        let mut depth = 0;
        for at in latest.events().filter(|at| events[*at].time_ms >= from_ms) {
            held[depth] = events[at].time_ms;
            depth += 1;
        }
        if depth <= self.depth {
            return;
        }
        // Within the window lie as many as are needed; the earliest of them may be too late to enter.
        let earliest_ms = held[..depth].iter().copied().min().unwrap_or(from_ms);
        let start_ms = earliest_ms.min(last_entry_ms);
        self.replay(events, start_ms, end, depth);
    }

    /// When each further step was done, from the start of the window on.
    fn replay(&mut self, events: &[Event], start_ms: i64, end: usize, depth: usize) {
        let begins = events[..end].partition_point(|event| event.time_ms < start_ms);
        let mut matching = Matching::EMPTY;
        let mut done = 0;
        for at in (begins..end).filter(|at| events[*at].steps != 0) {
            if done < depth && matching.add(at, |at| events[at].steps).is_ok() {
                if done == 0 {
                    self.best.first = at;
                }
                self.best.times_ms[done] = events[at].time_ms;
                done += 1;
            }
        }
        assert_eq!(done, depth, "the window holds as many as were counted");
        self.depth = depth;
    }
}
