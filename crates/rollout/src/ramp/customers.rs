//! The port to what customers saw and did. [`Live`] answers in production.

use std::fmt::Debug;

use events::{Events, ExposureIndex};
use experiments::stats::proportions::Count;
use experiments::{Experiments, Stage};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use journeys::{Entered, Journeys, LOOK_BACK_MS};
use kernel::Problem;

use super::evidence::{Seen, Side, measure};
use super::state::{Plan, Ramp};

/// An answer about customers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Problem>>;

/// What ramps ask.
pub trait Customers: Debug + Send + Sync {
    /// Why a ramp of this plan cannot begin, if so: its journeys are not there, or its flag is compared by an experiment.
    fn may_begin<'a>(&'a self, plan: &'a Plan) -> Answer<'a, ()>;

    /// What customers did in each journey of the plan, up to `now_ms`.
    fn seen<'a>(&'a self, ramp: &'a Ramp, now_ms: i64) -> Answer<'a, Vec<Seen>>;
}

/// From the event log and the journeys that trunk declares.
#[derive(Debug, Clone)]
pub struct Live {
    pub events: Events,
    pub journeys: Journeys,
    pub experiments: Experiments,
}

impl Customers for Live {
    fn may_begin<'a>(&'a self, plan: &'a Plan) -> Answer<'a, ()> {
        async move {
            for journey in &plan.journeys {
                self.journeys.horizon_ms(journey).await?;
            }
            let experiments = self.experiments.list().await?;
            let compares = |stage, flag: &str| stage == Stage::Running && flag == plan.flag;
            match experiments.into_iter().find(|row| compares(row.state, &row.flag)) {
                Some(row) => {
                    Err(Problem::conflict(format!("the experiment {:?} compares the variants of this flag", row.key))
                        .hint("its verdict decides about the flag; stop it first, or let it end"))
                }
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn seen<'a>(&'a self, ramp: &'a Ramp, now_ms: i64) -> Answer<'a, Vec<Seen>> {
        async move {
            let exposures = self.events.witnessed_exposures(&ramp.plan.flag, None).await?.exposures;
            let mut all = Vec::new();
            for journey in &ramp.plan.journeys {
                all.push(self.one(ramp, journey, &exposures, now_ms).await?);
            }
            Ok(all)
        }
        .boxed()
    }
}

impl Live {
    async fn one(&self, ramp: &Ramp, journey: &str, exposures: &ExposureIndex, now_ms: i64) -> Result<Seen, Problem> {
        let horizon_ms = self.journeys.horizon_ms(journey).await?;
        let began_ms = ramp.by.at_ms;
        let before = self.journeys.entered(journey, began_ms - LOOK_BACK_MS, began_ms).await?;
        let came = before.iter().filter(|one| one.came_through).count() as u64;
        let before = Count { n: before.len() as u64, x: came };
        let mut legs = Vec::new();
        for leg in &ramp.legs {
            let persons = self.journeys.entered(journey, leg.from_ms, leg.to_ms.unwrap_or(now_ms)).await?;
            let of = |one: Entered| (one, side(&ramp.plan, exposures, one, horizon_ms));
            legs.push(persons.into_iter().map(of).collect());
        }
        Ok(measure(journey, horizon_ms, &legs, before))
    }
}

/// The variant in force when they entered, else the one that they were given while they were followed.
fn side(plan: &Plan, exposures: &ExposureIndex, one: Entered, horizon_ms: i64) -> Option<Side> {
    let first = || exposures.first_ms(one.person).filter(|first_ms| *first_ms <= one.at_ms + horizon_ms);
    let variant = exposures.at(one.person, one.at_ms).or_else(|| exposures.at(one.person, first()?))?;
    match variant {
        variant if variant == plan.treatment => Some(Side::Treatment),
        variant if variant == plan.control => Some(Side::Control),
        _ => None,
    }
}
