//! What guards look at: two releases beside each other, in the journeys that guard.

use jiff::Timestamp;

use super::{Audience, By, Journeys, ReportQuery};
use crate::model::definition::Guard;
use crate::model::{Definition, Entries};
use crate::{Error, store};

/// Events are there within a second; this long after a person's time is over all of theirs are.
pub const SETTLED_MS: i64 = 2_000;

/// Two releases that had customers at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrent {
    pub old: u64,
    pub new: u64,
    /// From when to when both had some; the end is not in it.
    pub from_ms: i64,
    pub to_ms: i64,
}

/// A journey that guards, with the persons of both releases who entered while both had customers and whose time is over: the
/// guard's own, the same for both.
#[derive(Debug, Clone, PartialEq)]
pub struct Guarded {
    pub journey: String,
    pub guard: Guard,
    pub steps: Vec<String>,
    /// Persons who came so far, by step.
    pub old: Vec<u64>,
    pub new: Vec<u64>,
    /// The time of all who could enter is over: it stays as it is.
    pub is_settled: bool,
}

impl Journeys {
    /// Of every journey that guards. Only persons whose signed cookie came back count, under the release that they began on.
    pub async fn guarded(&self, releases: Concurrent) -> Result<Vec<Guarded>, Error> {
        let mut guarded = Vec::new();
        for stored in store::all(&self.db).await?.into_iter().filter(|stored| stored.retired.is_none()) {
            if let Some(guard) = stored.definition.guard.clone() {
                guarded.push(self.beside(stored.definition, guard, releases).await?);
            }
        }
        Ok(guarded)
    }

    async fn beside(&self, definition: Definition, guard: Guard, releases: Concurrent) -> Result<Guarded, Error> {
        let within = guard.within.unwrap_or(definition.within);
        let definition = Definition { within, ..definition };
        let now_ms = self.clock.now().as_millisecond();
        let over_ms = now_ms - definition.within_ms() - SETTLED_MS;
        let entries = Entries { from_ms: releases.from_ms, to_ms: releases.to_ms.min(over_ms + 1) };
        let steps = definition.steps.iter().map(|step| step.name.clone()).collect();
        let journey = definition.journey.clone();
        let nobody = vec![0; definition.steps.len()];
        let is_settled = over_ms >= releases.to_ms;
        let mut guarded = Guarded { journey, guard, steps, old: nobody.clone(), new: nobody, is_settled };
        if entries.from_ms < entries.to_ms {
            self.count(&mut guarded, &definition, entries, releases).await?;
        }
        Ok(guarded)
    }

    async fn count(
        &self,
        guarded: &mut Guarded,
        definition: &Definition,
        entries: Entries,
        releases: Concurrent,
    ) -> Result<(), Error> {
        let at = |ms| Timestamp::from_millisecond(ms).ok();
        let (from, to) = (at(entries.from_ms), at(entries.to_ms));
        let query = ReportQuery { from, to, by: Some(By::Release), who: Audience::Witnessed };
        let evaluated = self.outcomes(definition, &query).await?;
        for outcome in evaluated.outcomes.iter() {
            let persons = match evaluated.release(&outcome) {
                Some(number) if number == releases.old => &mut guarded.old,
                Some(number) if number == releases.new => &mut guarded.new,
                _ => continue,
            };
            for step in &mut persons[..outcome.depth()] {
                *step += 1;
            }
        }
        Ok(())
    }
}
