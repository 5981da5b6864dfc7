//! Who entered a journey, on which release, and whether they came through: for whoever compares persons by what they were shown.

use super::guarded::witnessed;
use super::{Journeys, SETTLED_MS};
use crate::Error;
use crate::model::{Definition, Entries};

/// A person whose time in a journey is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// The key of the resolved person.
    pub person: u64,
    pub at_ms: i64,
    /// The deployment on which they began, if it is known.
    pub release: Option<u64>,
    /// They did all steps within the horizon.
    pub came_through: bool,
}

impl Journeys {
    /// How long a person is followed in a journey by whoever guards with it: the guard's own horizon, else the journey's.
    pub async fn horizon_ms(&self, journey: &str) -> Result<i64, Error> {
        Ok(guarding(self.stored(journey).await?.definition).within_ms())
    }

    /// The persons who entered from `from_ms` on and before `to_ms`, whose signed cookie came back and whose time is over; each
    /// once, by key. The horizon is that of [`Journeys::horizon_ms`], the same for all of them.
    pub async fn entered(&self, journey: &str, from_ms: i64, to_ms: i64) -> Result<Vec<Entered>, Error> {
        let definition = guarding(self.stored(journey).await?.definition);
        let over_ms = self.clock.now().as_millisecond() - definition.within_ms() - SETTLED_MS;
        let entries = Entries { from_ms, to_ms: to_ms.min(over_ms + 1) };
        if entries.from_ms >= entries.to_ms {
            return Ok(Vec::new());
        }
        let evaluated = self.outcomes(&definition, &witnessed(entries)).await?;
        let entered = evaluated.outcomes.iter().map(|outcome| Entered {
            person: outcome.person,
            at_ms: outcome.entered_ms(),
            release: evaluated.release(&outcome),
            came_through: outcome.depth() == definition.steps.len(),
        });
        Ok(entered.collect())
    }
}

/// With the horizon of its guard.
pub(super) fn guarding(definition: Definition) -> Definition {
    let within = definition.guard.as_ref().and_then(|guard| guard.within).unwrap_or(definition.within);
    Definition { within, ..definition }
}
