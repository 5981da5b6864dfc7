//! Ordered: for each depth the chain that began last is kept, since whatever can extend another can extend it too.

use super::{Evaluator, Event, NEVER, bits, instant_end};
use crate::model::definition::STEPS_MAX;

impl Evaluator {
    pub(super) fn ordered(&mut self, events: &[Event]) {
        for chain in &mut self.at[..=self.rules.steps] {
            chain.times_ms[0] = NEVER;
        }
        let mut start = 0;
        while start < events.len() && self.depth < self.rules.steps {
            let end = instant_end(events, start);
            if end - start == 1 {
                self.one(events[start], start);
            } else {
                self.several(events, start, end);
            }
            start = end;
        }
    }

    /// From the deepest step down, so that one event does not fill two.
    fn one(&mut self, event: Event, index: usize) {
        let mut open = event.steps;
        while open != 0 {
            let step = open.ilog2() as usize;
            open &= !(1 << step);
            self.reach(step, step + 1, event.time_ms, index);
        }
    }

    /// Several events of one instant: depth `to` is reached from depth `from` if they can fill all steps between. The lower
    /// `from`, the later its chain began; and the lowest `from` that will do grows with `to`.
    fn several(&mut self, events: &[Event], start: usize, end: usize) {
        self.instant.look(events, start, end);
        let time_ms = events[start].time_ms;
        let mut from = usize::from(!self.rules.entries.contain(time_ms));
        let mut ways = [(0, 0); STEPS_MAX + 1];
        for (to, way) in ways.iter_mut().enumerate().take(self.rules.steps + 1).skip(1) {
            let mut first = None;
            while from < to && first.is_none() {
                first = self.instant.fill(bits(from, to));
                from += usize::from(first.is_none());
            }
            *way = (from, first.unwrap_or(start));
        }
        for (to, (from, first)) in ways.into_iter().enumerate().take(self.rules.steps + 1).skip(1).rev() {
            if from < to {
                self.reach(from, to, time_ms, first);
            }
        }
    }

    /// Extends the chain of depth `from` up to depth `to`, unless a chain that began as late is there.
    fn reach(&mut self, mut from: usize, to: usize, time_ms: i64, first: usize) {
        let start_ms = match from {
            0 if self.rules.entries.contain(time_ms) => time_ms,
            0 => return,
            _ => self.at[from].start_ms(),
        };
        if !self.rules.reaches(start_ms, time_ms) || start_ms <= self.at[to].start_ms() {
            return;
        }
        // Of equal starts, the one that has come furthest did its steps first.
        while from > 0 && from + 1 < to && self.at[from + 1].start_ms() == start_ms {
            from += 1;
        }
        let (lower, upper) = self.at.split_at_mut(to);
        upper[0].extend(&lower[from], from, to, time_ms);
        if from == 0 {
            upper[0].first = first;
        }
        if to > self.depth {
            self.depth = to;
            self.best = upper[0];
        }
    }
}
