//! The one evaluator: the chain of steps that one person went.
//!
//! A chain is events that fill step 1, 2, … k in this order, each event used once, the last at most `within` after the first
//! (inclusive), the first within the range of entries. Events of one instant may be taken in any order. Reported is the
//! deepest chain; of those the first to get there; of those the one that began last; of those the one that did each step first.
//! (`docs/adr/0010-journey-semantics.md`)

mod any;
mod matching;
mod ordered;
mod strict;
#[cfg(test)]
mod tests;

use super::definition::{Order, STEPS_MAX};
use super::outcomes::{Entries, Place};

/// No chain.
const NEVER: i64 = i64::MIN;

/// One event of a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) time_ms: i64,
    pub(super) sequence: u64,
    /// Bit k is set if it can fill step k (from 0).
    pub(super) steps: u32,
    pub(super) place: Place,
}

/// What a chain must keep to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) order: Order,
    pub(super) steps: usize,
    pub(super) within_ms: i64,
    pub(super) entries: Entries,
}

impl Rules {
    /// Whether an event is soon enough after its chain's start.
    const fn reaches(&self, start_ms: i64, time_ms: i64) -> bool {
        start_ms != NEVER && time_ms.saturating_sub(start_ms) <= self.within_ms
    }
}

/// A chain of some depth.
#[derive(Debug, Clone, Copy)]
struct Chain {
    times_ms: [i64; STEPS_MAX],
    /// Of its first event, in the person's events.
    first: usize,
}

impl Chain {
    const NONE: Self = Self { times_ms: [NEVER; STEPS_MAX], first: 0 };

    const fn start_ms(&self) -> i64 {
        self.times_ms[0]
    }

    /// The same chain, whose steps from `depth` up to `to` were done at `time_ms`.
    fn extend(&mut self, from: &Self, depth: usize, to: usize, time_ms: i64) {
        self.times_ms[..depth].copy_from_slice(&from.times_ms[..depth]);
        self.times_ms[depth..to].fill(time_ms);
        self.first = from.first;
    }
}

/// What is kept from event to event; made once and used for every person.
#[derive(Debug)]
pub(super) struct Evaluator {
    rules: Rules,
    /// At k: of the chains of depth k, the one that began last.
    at: Box<[Chain; STEPS_MAX + 1]>,
    best: Chain,
    depth: usize,
    instant: matching::Instant,
    next: Box<[Chain; STEPS_MAX + 1]>,
}

/// What became of one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gone<'a> {
    pub(super) times_ms: &'a [i64],
    pub(super) first: Place,
    /// When the last window closes, if not all steps were done.
    pub(super) open_until_ms: Option<i64>,
}

impl Evaluator {
    pub(super) fn new(rules: Rules) -> Self {
        let none = Box::new([Chain::NONE; STEPS_MAX + 1]);
        Self { rules, at: none.clone(), next: none, best: Chain::NONE, depth: 0, instant: matching::Instant::default() }
    }

    /// The chain of a person whose events are given in order of (time, sequence); `None` if they did not enter.
    ///
    /// For strict order all events of the person must be there, also those that fill no step.
    pub(super) fn evaluate(&mut self, events: &[Event]) -> Option<Gone<'_>> {
        self.depth = 0;
        match self.rules.order {
            Order::Ordered => self.ordered(events),
            Order::Strict => self.strict(events),
            Order::Any => self.any(events),
        }
        if self.depth == 0 {
            return None;
        }
        let times_ms = &self.best.times_ms[..self.depth];
        Some(Gone { times_ms, first: events[self.best.first].place, open_until_ms: self.open_until(events) })
    }

    /// When the window of their last entry closes.
    fn open_until(&self, events: &[Event]) -> Option<i64> {
        if self.depth == self.rules.steps {
            return None;
        }
        let entering = if self.rules.order == Order::Any { u32::MAX } else { 1 };
        let enters = |event: &&Event| event.steps & entering != 0 && self.rules.entries.contain(event.time_ms);
        let last = events.iter().rev().find(enters)?;
        Some(last.time_ms.saturating_add(self.rules.within_ms))
    }
}

/// The bits of the steps from `from` up to `to`.
const fn bits(from: usize, to: usize) -> u32 {
    ((1 << to) - 1) & !((1 << from) - 1)
}

/// The events from `start` on that have its time.
fn instant_end(events: &[Event], start: usize) -> usize {
    let time_ms = events[start].time_ms;
    events[start..].iter().position(|event| event.time_ms != time_ms).map_or(events.len(), |n| start + n)
}
