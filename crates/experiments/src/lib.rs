//! Experiments: whether a change made customers better off, and what follows from it.
//!
//! Everything that is said of an experiment is worked out by one pure function from evidence that is stored with it
//! (`model::assess`); what follows is one table (`model::verdict`).

pub mod model;
pub mod stats;

mod customers;
mod error;
mod facade;
mod http;
mod store;

pub use customers::{Answer, Customers, Flags, Live, Mark};
pub use error::Error;
pub use facade::{
    ArmView, By, Choice, Course, Decided, ExperimentRow, ExperimentView, Experiments, Extent, LookView, Options,
    PUBLISHER, RunView, Stage, Turn, VerdictView, check,
};
pub use http::routes;
pub use store::MIGRATIONS;
