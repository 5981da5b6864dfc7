//! Flags: definitions, segments, evaluation, and what was decided at run time.
//!
//! Two faces. [`Serving`] runs at the edge and needs a snapshot, no store: it evaluates for OpenFeature and PostHog clients.
//! [`Flags`] runs in the control plane: it holds what trunk defines and what people decided (kill, ramp, testers), with the
//! whole history, and gives the edge a snapshot with every change.
//!
//! Invariants:
//! - One revision counts all writes. A write is acknowledged when it is committed *and* in force at the edge.
//! - A kill wins over everything until it is cleared. A ramp survives pushes unless a commit changes that very split.
//! - A held flag is seen by verifiers, testers and the segment `internal` alone, whatever else is decided.
//! - Nobody who has a variant loses it because its share grows; algorithm, seed and cut points of a split are pinned.
//! - A flag that trunk no longer has is *retiring*: it is served and listed until somebody retires it.

pub mod model;

mod allocation;
mod error;
mod explain;
mod exposure;
mod facade;
mod flag;
mod hold;
mod http;
mod segment;
mod serving;
mod snapshot;
mod split;
mod store;
pub mod view;

pub use error::Error;
pub use explain::Explained;
pub use facade::{Applied, By, Flags, Options, Reference, Stage, Written};
pub use hold::{HoldReason, HoldScope, HoldView, INTERNAL};
pub use http::routes;
pub use segment::{SegmentItem, SegmentView};
pub use serving::{Serving, ServingOptions, Surveys, Untaken};
pub use store::MIGRATIONS;

pub(crate) use snapshot::Forced;

/// The name of the snapshot.
pub const SNAPSHOT: &str = "flags";
