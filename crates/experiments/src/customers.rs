//! The port to what customers saw and did. [`Live`] answers in production.

use std::fmt::Debug;

use events::{Changed, Events, Persons, WitnessedExposures};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use journeys::model::Since;
use journeys::model::definition::Step;
use journeys::{Deed, Did, Journeys};
use kernel::Problem;

use crate::model::{Division, Metric};

/// An answer about customers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Problem>>;

/// What was known when it was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    pub events: events::Mark,
    /// The revision of each metric's journey.
    pub journeys: Vec<Option<u64>>,
}

/// What experiments ask: of all persons whose signed cookie came back, or of some.
pub trait Customers: Debug + Send + Sync {
    /// Who may be told of otherwise than at `since`; nothing means everybody. What is told of is asked for after this.
    fn changed<'a>(&'a self, metrics: &'a [Metric], since: Option<&'a Mark>) -> Answer<'a, (Mark, Option<Persons>)>;

    /// Who was shown which variant of a flag; and who else was.
    fn shown<'a>(&'a self, flag: &'a str, of: Option<&'a Persons>) -> Answer<'a, WitnessedExposures>;

    /// Who did what a metric counts, each since their own instant; what leads there may have begun from `from_ms` on.
    fn did<'a>(&'a self, metric: &'a Metric, from_ms: i64, of: &'a [Since]) -> Answer<'a, Vec<Did>>;
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
    fn changed<'a>(&'a self, metrics: &'a [Metric], since: Option<&'a Mark>) -> Answer<'a, (Mark, Option<Persons>)> {
        async move {
            let mut journeys = Vec::new();
            for metric in metrics {
                journeys.push(match &metric.journey {
                    Some(journey) => Some(self.journeys.revision(journey).await?),
                    None => None,
                });
            }
            let since = since.filter(|since| since.journeys == journeys).map(|since| since.events);
            let Changed { mark, persons } = self.events.changed(since).await?;
            Ok((Mark { events: mark, journeys }, persons))
        }
        .boxed()
    }

    fn shown<'a>(&'a self, flag: &'a str, of: Option<&'a Persons>) -> Answer<'a, WitnessedExposures> {
        async move { Ok(self.events.witnessed_exposures(flag, of).await?) }.boxed()
    }

    fn did<'a>(&'a self, metric: &'a Metric, from_ms: i64, of: &'a [Since]) -> Answer<'a, Vec<Did>> {
        async move { Ok(self.journeys.did(&deed(metric), from_ms, of).await?) }.boxed()
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
