//! What guards look at: two releases beside each other, in the journeys that guard.

use jiff::Timestamp;

use super::entered::guarding;
use super::{Audience, By, Journeys, ReportQuery};
use crate::model::definition::Guard;
use crate::model::{Definition, Entries};
use crate::{Error, store};

/// How far before something that is guarded begins it is looked at what customers did.
pub const LOOK_BACK_MS: i64 = 86_400_000;

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
    /// The persons of both, in the order in which they entered.
    pub in_order: Vec<Followed>,
    /// Persons of the old release by step who entered in the day before, when it was alone.
    pub before: Vec<u64>,
    /// The time of all who could enter is over: it stays as it is.
    pub is_settled: bool,
}

/// A person whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    pub on: Version,
    /// They did all steps within the horizon.
    pub came_through: bool,
}

/// Of two releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Old,
    New,
}

impl Concurrent {
    fn version(self, release: Option<u64>) -> Option<Version> {
        match release? {
            number if number == self.old => Some(Version::Old),
            number if number == self.new => Some(Version::New),
            _ => None,
        }
    }
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
        let definition = guarding(definition);
        let now_ms = self.clock.now().as_millisecond();
        let over_ms = now_ms - definition.within_ms() - SETTLED_MS;
        let entries = Entries { from_ms: releases.from_ms, to_ms: releases.to_ms.min(over_ms + 1) };
        let steps = definition.steps.iter().map(|step| step.name.clone()).collect();
        let journey = definition.journey.clone();
        let nobody = vec![0; definition.steps.len()];
        let is_settled = over_ms >= releases.to_ms;
        let before = nobody.clone();
        let mut guarded = Guarded {
            journey,
            guard,
            steps,
            old: nobody.clone(),
            new: nobody,
            in_order: Vec::new(),
            before,
            is_settled,
        };
        if entries.from_ms < entries.to_ms {
            self.count(&mut guarded, &definition, entries, releases).await?;
            self.count_before(&mut guarded, &definition, releases).await?;
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
        let evaluated = self.outcomes(definition, &witnessed(entries)).await?;
        let mut persons = Vec::new();
        for outcome in evaluated.outcomes.iter() {
            let Some(on) = releases.version(evaluated.release(&outcome)) else { continue };
            let counts = if on == Version::Old { &mut guarded.old } else { &mut guarded.new };
            add(counts, outcome.depth());
            let came_through = outcome.depth() == definition.steps.len();
            persons.push((outcome.entered_ms(), outcome.person, Followed { on, came_through }));
        }
        persons.sort_unstable_by_key(|(entered_ms, person, _)| (*entered_ms, *person));
        guarded.in_order = persons.into_iter().map(|(_, _, followed)| followed).collect();
        Ok(())
    }

    async fn count_before(
        &self,
        guarded: &mut Guarded,
        definition: &Definition,
        releases: Concurrent,
    ) -> Result<(), Error> {
        // Whoever had still time to do a step when the new version came was not followed without it.
        let to_ms = releases.from_ms - definition.within_ms();
        let entries = Entries { from_ms: to_ms - LOOK_BACK_MS, to_ms };
        let evaluated = self.outcomes(definition, &witnessed(entries)).await?;
        for outcome in evaluated.outcomes.iter() {
            if releases.version(evaluated.release(&outcome)) == Some(Version::Old) {
                add(&mut guarded.before, outcome.depth());
            }
        }
        Ok(())
    }
}

/// One more person who came so far.
fn add(persons: &mut [u64], depth: usize) {
    for step in &mut persons[..depth] {
        *step += 1;
    }
}

/// Persons who entered then and whose signed cookie came back, by the release that they began on.
pub(super) fn witnessed(entries: Entries) -> ReportQuery {
    let at = |ms| Timestamp::from_millisecond(ms).ok();
    ReportQuery { from: at(entries.from_ms), to: at(entries.to_ms), by: Some(By::Release), who: Audience::Witnessed }
}
