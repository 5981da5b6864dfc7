//! Strict: no other event of the person lies between. Only chains that end with the last event so far can go on.

use super::{Chain, Evaluator, Event, NEVER, bits, instant_end};

impl Evaluator {
    pub(super) fn strict(&mut self, events: &[Event]) {
        self.best = Chain::NONE;
        for chain in &mut self.at[..=self.rules.steps] {
            chain.times_ms[0] = NEVER;
        }
        let mut start = 0;
        while start < events.len() && self.depth < self.rules.steps {
            let end = instant_end(events, start);
            self.instant.look(events, start, end);
            for chain in &mut self.next[..=self.rules.steps] {
                chain.times_ms[0] = NEVER;
            }
            self.go_on(events[start].time_ms, end - start);
            self.begin(events, start);
            std::mem::swap(&mut self.at, &mut self.next);
            start = end;
        }
    }

    /// A chain takes what it can of an instant; to go on after it, it must have taken all of it. Of chains that began together
    /// the one that has come furthest did its steps first, so it is offered first.
    fn go_on(&mut self, time_ms: i64, size: usize) {
        for from in (1..self.rules.steps).rev() {
            if !self.rules.reaches(self.at[from].start_ms(), time_ms) {
                continue;
            }
            let mut to = from;
            while to < self.rules.steps && to - from < size && self.instant.fill(bits(from, to + 1)).is_some() {
                to += 1;
            }
            if to == from {
                continue;
            }
            let mut chain = Chain::NONE;
            chain.extend(&self.at[from], from, to, time_ms);
            self.offer(&chain, to);
            if to - from == size {
                self.next[to] = chain;
            }
        }
    }

    /// A chain begins with any events of an instant: the others are taken to lie before.
    fn begin(&mut self, events: &[Event], start: usize) {
        let time_ms = events[start].time_ms;
        if !self.rules.entries.contain(time_ms) {
            return;
        }
        for to in 1..=self.rules.steps {
            let Some(first) = self.instant.fill(bits(0, to)) else { break };
            let mut chain = Chain { first, ..Chain::NONE };
            chain.times_ms[..to].fill(time_ms);
            self.offer(&chain, to);
            self.next[to] = chain;
        }
    }

    /// Deeper is better; then earlier there, which whoever came before is; then begun later.
    fn offer(&mut self, chain: &Chain, depth: usize) {
        let is_later = depth == self.depth
            && chain.times_ms[depth - 1] == self.best.times_ms[depth - 1]
            && chain.start_ms() > self.best.start_ms();
        if depth > self.depth || is_later {
            self.depth = depth;
            self.best = *chain;
        }
    }
}
