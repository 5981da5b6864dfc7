//! Journeys: what customers go through, how many arrive, how long it takes and where they drop off; and which features they use.
//!
//! Everything that is told of a journey comes from one evaluator (`model::evaluate`): report, trend, breakdown and list of
//! persons cannot disagree.

pub mod model;
pub mod offline;

mod error;
mod facade;
mod http;
mod log;
mod store;

pub use error::Error;
pub use facade::{
    Applied, Audience, By, Concurrent, Deed, Did, Entered, Figures, Followed, Guarded, JourneyRow, JourneyView,
    Journeys, JourneysOptions, LOOK_BACK_MS, PersonOutcome, PersonRow, PersonsQuery, ReportQuery, RevisionView,
    SETTLED_MS, Stage, TrendQuery, Version, check,
};
pub use http::routes;
pub use log::{Answer, Log};
pub use store::MIGRATIONS;
