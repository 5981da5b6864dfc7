//! Pure: what a survey is, how posthog-js is told of it, and what customers said. No I/O, no clock.

pub mod survey;

mod answers;
mod parse;
mod posthog;
mod said;
mod words;

pub use answers::{Answer, Score, Value};
pub use parse::{parse, schema};
pub use posthog::{Follows, TARGETING, shape, targeting_key};
pub(crate) use said::content_id;
pub use said::{ABANDONED, ANSWERED, DISMISSED, FEEDBACK, NAMES, SENT, SHOWN, Said, said};
pub use survey::{Kind, Question, Shown, Survey};
pub use words::{cut, tag, tags, text};
