//! Rollout: joins the lineage of a change, from commit to customers, and drives what follows from facts.
//!
//! Owns no data but its place in the other contexts' facts. [`Rollout`] answers with the whole story of a change and of
//! the present moment; its process manager reacts to delivery's facts: a verified change becomes a deployment.
//!
//! Invariant: whatever it does is safe to do twice, so facts may come again.

pub mod lineage;
pub mod marks;
pub mod now;

mod dark;
mod definitions;
mod experiment;
mod facade;
mod guard;
mod http;
mod react;

pub use definitions::Contexts;
pub use facade::{Error, Rollout};
pub use http::routes;
