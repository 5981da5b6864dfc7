//! The port to what customers saw and did. [`Live`] answers in production.

use std::fmt::Debug;

use events::{Events, ExposureIndex};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use journeys::model::definition::Step;
use journeys::{Deed, Did, Journeys};
use kernel::Problem;

use crate::model::{Division, Metric};

/// An answer about customers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Problem>>;

/// What experiments ask.
pub trait Customers: Debug + Send + Sync {
    /// Who was shown which variant of a flag, of the persons whose signed cookie came back; and how many others were.
    fn shown<'a>(&'a self, flag: &'a str) -> Answer<'a, (ExposureIndex, u64)>;

    /// Who did what a metric counts, from `from_ms` on; under the same keys of persons.
    fn did<'a>(&'a self, metric: &'a Metric, from_ms: i64) -> Answer<'a, Vec<Did>>;
}

/// The port to flags.
pub trait Flags: Debug + Send + Sync {
    /// How this flag divides; the problem says that there is no such flag.
    fn division<'a>(&'a self, flag: &'a str) -> Answer<'a, Division>;
}

/// From the event log and the journeys that trunk declares.
#[derive(Debug, Clone)]
pub struct Live {
    pub events: Events,
    pub journeys: Journeys,
}

impl Customers for Live {
    fn shown<'a>(&'a self, flag: &'a str) -> Answer<'a, (ExposureIndex, u64)> {
        async move { Ok(self.events.witnessed_exposures(flag).await?) }.boxed()
    }

    fn did<'a>(&'a self, metric: &'a Metric, from_ms: i64) -> Answer<'a, Vec<Did>> {
        async move { Ok(self.journeys.did(&deed(metric), from_ms).await?) }.boxed()
    }
}

fn deed(metric: &Metric) -> Deed {
    let Metric { name, journey, step, event, conditions, sum, .. } = metric;
    if let Some(journey) = journey {
        return Deed::Journey { journey: journey.clone(), step: step.clone() };
    }
    let event = event.clone().expect("parsing asks for a journey or an event");
    let step = Step { name: name.clone(), event, conditions: conditions.clone() };
    match sum {
        Some(property) => Deed::Sum(step, property.clone()),
        None => Deed::Event(step),
    }
}
