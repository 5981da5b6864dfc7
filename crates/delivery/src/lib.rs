//! Delivery: trunk, pipeline runs, artifacts, infrastructure and deployments.
//!
//! Owns what happens between a commit on trunk and the version that customers get, and the way back. [`Delivery`] is the
//! whole surface: verbs of the domain, answers in the shapes of contracts.md, facts through the outbox.
//!
//! Invariants:
//! - One version of a service is live; a second takes visitors only as the candidate of a recorded deployment.
//! - What is done was recorded before: routes and instances are derived from the record, a begun migration or apply of
//!   which nothing more is known is *unknown*, never done.
//! - A commit that was taken back ships again only after a revert, a `Fixes:` or a person's word.
//! - Whatever the product needs to go on serving is at the edge; delivery may be away at any time.

pub mod config;
pub mod definitions;
pub mod gate;
pub mod git;
pub mod provenance;
pub mod recognise;
pub mod space;
pub mod verify;
pub mod view;

mod again;
mod deploy;
mod engine;
mod error;
mod facade;
mod guards;
mod http;
mod model;
mod pipeline;
mod probe;
mod query;
mod settled;
mod standing;
mod store;
mod switches;
mod traffic;
mod trunk;

pub use definitions::Definitions;
pub use edge::probe::fresh_run;
pub use engine::{Fact, Options};
pub use error::Error;
pub use facade::{By, Delivery, Resumed, RolledBack};
pub use guards::{GuardAlarm, GuardLook, GuardWord};
pub use http::routes;
pub use model::deployment::{Outcome, Overruled};
pub use probe::{Probe, ProbeResult, Probing};
pub use standing::{Arrival, Standing};
pub use store::MIGRATIONS;
pub use store::evidence::{EvidenceKind, EvidenceState};
pub use store::secret::SecretName;
pub use switches::{Switches, TurnedOff};
