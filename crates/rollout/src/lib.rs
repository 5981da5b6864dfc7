//! Rollout: joins the lineage of a change, from commit to customers, and drives what follows from facts.
//!
//! Owns the record of guarded ramps, and its place in the other contexts' facts. [`Rollout`] answers with the whole story of
//! a change and of the present moment; its process manager reacts to delivery's facts: a verified change becomes a deployment.
//!
//! Invariant: whatever it does is safe to do twice, so facts may come again.

pub mod finding;
pub mod inventory;
pub mod lineage;
pub mod marks;
pub mod now;
pub mod ramp;

mod announce;
#[cfg(test)]
mod chance;
mod dark;
mod definitions;
mod division;
mod everybody;
mod experiment;
mod facade;
mod gate;
mod guard;
mod holds;
mod http;
mod react;
mod repositories;
mod turned_off;

pub use announce::Announcer;
pub use definitions::Contexts;
pub use division::Divisions;
pub use facade::{Error, Rollout};
pub use finding::Findings;
pub use gate::{PrinciplesGate, VulnerabilityGate, principles_judgement, unreadable, vulnerabilities_judgement};
pub use http::routes;
pub use inventory::Inventories;
pub use lineage::feedback::Readers;
pub use ramp::MIGRATIONS;
pub use repositories::Repositories;
