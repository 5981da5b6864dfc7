//! The HTTP server that contexts plug their routes into: problems, bodies, pages, documentation, health, limits.
//!
//! Knows no domain word. A context gives its routes with their OpenAPI ([`App::merge`]); what it serves to whom is decided
//! by a middleware that the composition root adds.
//!
//! Invariants: an error is always `application/problem+json` with a kind and, where one helps, a hint; every connection
//! has a time limit for its headers and a bound on its body; shutting down lets running requests end.

mod app;
mod body;
mod document;
mod metrics;
mod problem;
mod serve;

pub use app::{App, Exposition, Readiness, Unready};
pub use body::Body;
pub use metrics::Metrics;
pub use problem::{Error, ProblemBody, Result};
pub use serve::{Limits, serve};
