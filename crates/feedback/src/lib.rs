//! Feedback: what customers say, joined to what they saw and did.
//!
//! Two faces. [`Serving`] runs at the edge and needs a snapshot, no store: it gives posthog-js the surveys, decides who is asked,
//! and takes words. [`Feedback`] runs in the control plane: it holds what trunk declares, finds what was said, and joins it.
//!
//! Invariants: words are kept in the event log and nowhere else, so whatever reaches a person's events reaches their words; what
//! joins them to a person, a variant, a release and a journey is resolved when they are read; asking makes no exposure.

pub mod model;

mod error;
mod facade;
mod http;
mod keep;
mod serving;
mod snapshot;
mod store;

pub use error::Error;
pub use facade::{
    Changes, Extent, Feedback, FeedbackPage, Given, Item, Options, Owners, Passed, Query, QuestionResult, Scope,
    Subject, SurveyFigures, SurveyRow, SurveyState, SurveyView, Written, check,
};
pub use http::routes;
pub use serving::{Serving, ServingOptions};
pub use store::MIGRATIONS;

/// The name of the snapshot.
pub const SNAPSHOT: &str = "feedback";
