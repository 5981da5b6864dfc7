//! Pure: what an experiment is, what was seen at a look, and what follows from it. No I/O, no clock.
//!
//! Invariants: the same evidence gives the same assessment, bit for bit; what is decided by is fixed before the first person
//! comes; an estimate that may be looked at every minute says so by a confidence sequence, never by a test that expects one look.

pub mod assess;
pub mod definition;
pub mod evidence;
pub mod keeping;
pub mod measure;
pub mod verdict;

mod comparable;
mod parse;
mod sentence;

pub use assess::{Assessment, assess};
pub use comparable::{Division, comparable};
pub use definition::{Better, Definition, Metric, Role};
pub use evidence::{Evidence, MetricEvidence};
pub use parse::{parse, schema};
pub use verdict::{Decision, Seen, decide};
