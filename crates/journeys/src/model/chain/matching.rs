//! Which events fill which steps, each at most once: maximum matching by augmenting paths (Kuhn 1955).

use super::Event;
use crate::model::definition::STEPS_MAX;

const FREE: usize = usize::MAX;

/// Steps with the events that fill them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matching {
    owners: [usize; STEPS_MAX],
}

impl Matching {
    pub(super) const EMPTY: Self = Self { owners: [FREE; STEPS_MAX] };

    /// Gives `event` a step, moving others if need be. If there is none, nothing changes, and the answer is the steps whose
    /// events compete with it: one of those would have to go.
    pub(super) fn add(&mut self, event: usize, steps_of: impl Fn(usize) -> u32 + Copy) -> Result<(), u32> {
        let mut tried = 0;
        if self.augment(event, steps_of, &mut tried) { Ok(()) } else { Err(tried) }
    }

    /// At most as deep as there are steps.
    fn augment(&mut self, event: usize, steps_of: impl Fn(usize) -> u32 + Copy, tried: &mut u32) -> bool {
        loop {
            let open = steps_of(event) & !*tried;
            if open == 0 {
                return false;
            }
            let step = open.trailing_zeros() as usize;
            *tried |= 1 << step;
            if self.owners[step] == FREE || self.augment(self.owners[step], steps_of, tried) {
                self.owners[step] = event;
                return true;
            }
        }
    }

    /// The event that fills a step.
    pub(super) fn owner(&self, step: usize) -> Option<usize> {
        Some(self.owners[step]).filter(|owner| *owner != FREE)
    }

    /// Takes out the earliest event among those of `steps`.
    pub(super) fn drop_earliest(&mut self, steps: u32) {
        let of = (0..STEPS_MAX).filter(|step| steps & (1 << step) != 0 && self.owners[*step] != FREE);
        if let Some(step) = of.min_by_key(|step| self.owners[*step]) {
            self.owners[step] = FREE;
        }
    }

    /// The events in it, in no order.
    pub(super) fn events(&self) -> impl Iterator<Item = usize> {
        self.owners.iter().copied().filter(|owner| *owner != FREE)
    }
}

/// The events of one instant, as far as they matter.
#[derive(Debug, Default)]
pub(super) struct Instant {
    /// (index in the person's events, steps)
    kept: Vec<(usize, u32)>,
}

impl Instant {
    /// Looks at the events from `start` up to `end`. Of those that can fill a step only the first as many as there are steps
    /// matter: whatever the others take, one of them is left. So a million events of one instant cost no more than a few.
    pub(super) fn look(&mut self, events: &[Event], start: usize, end: usize) {
        self.kept.clear();
        let mut counts = [0_usize; STEPS_MAX];
        for (at, event) in events[start..end].iter().enumerate() {
            let mut is_needed = false;
            let mut open = event.steps;
            while open != 0 {
                let step = open.trailing_zeros() as usize;
                open &= open - 1;
                is_needed |= counts[step] < STEPS_MAX;
                counts[step] += 1;
            }
            if is_needed {
                self.kept.push((start + at, event.steps));
            }
        }
    }

    /// Whether its events can fill all of `wanted`; then also which event fills the lowest of them.
    pub(super) fn fill(&self, wanted: u32) -> Option<usize> {
        let mut missing = wanted.count_ones() as usize;
        if missing > self.kept.len() {
            return None;
        }
        let mut matching = Matching::EMPTY;
        for (at, (_, steps)) in self.kept.iter().enumerate() {
            if steps & wanted != 0 && matching.add(at, |at| self.kept[at].1 & wanted).is_ok() {
                missing -= 1;
                if missing == 0 {
                    return matching.owner(wanted.trailing_zeros() as usize).map(|owner| self.kept[owner].0);
                }
            }
        }
        None
    }
}
