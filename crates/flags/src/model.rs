//! Pure: definitions, compiled rules, evaluation. No I/O, no clock.
//!
//! The way of a flag: the text of a flagd file becomes a [`File`] (`parse`, with places), files and segments become a
//! [`FlagSet`], and that becomes a [`Ruleset`] (`compile`), which answers for a [`Context`] without looking at JSON again.
//!
//! Invariants:
//! - What `@openfeature/flagd-core` 4.0.1 answers, we answer: its JsonLogic engine is the reference, with its quirks.
//! - The algorithm and the seed of a split are part of the definition ([`Pin`]): nothing else decides who is where.
//! - A wrong flag is told with its place and never stops the others.
//! - Everything is bounded: [`limits`].

mod algorithm;
mod check;
mod compile;
mod context;
mod definition;
mod document;
mod evaluate;
mod expr;
mod hash;
pub mod limits;
mod metadata;
mod parse;
mod ruleset;
mod segment;
mod set;
mod split;
mod value;
mod versions;

pub use algorithm::Algorithm;
pub use context::{Context, ContextError};
pub use definition::{Definition, FlagKey, Kind, Origin, Pin, State, Unusable};
pub use document::{Node, Place, Tree};
pub use metadata::{About, Lifetime, Unit};
pub use parse::{File, parse, read, read_value};
pub use ruleset::{ErrorCode, Evaluation, EvaluationError, Reason, Ruleset, Served};
pub use segment::Segment;
pub use set::FlagSet;
pub use split::Split;
