//! Pure: definitions, the one evaluator, and what is derived from its outcomes. No I/O, no clock.

pub mod definition;
pub mod outcomes;
pub mod pages;
pub mod report;
pub mod scalar;
mod sentence;
pub mod suggestion;
pub mod trend;
pub mod usage;

mod chain;
pub(crate) mod kernel;
mod matcher;
mod parse;

pub use definition::{Definition, Guard, Order, Step};
pub use kernel::{List, Since, Steps, evaluate};
pub use matcher::Matcher;
pub use outcomes::{Entries, Outcome, Outcomes, Place};
pub use parse::{parse, schema};
pub use report::Report;
pub use scalar::Scalar;
