//! Who owns what, and what follows from it. Pure: no I/O, no clock.

pub mod catalog;
pub mod check;
mod code;
pub mod codeowners;
mod declared;
mod manifest;
mod map;
pub(crate) mod objection;
mod parsed;
mod pattern;
mod place;
mod principle;
mod product;
pub(crate) mod proposal;
mod relation;
mod sql;
mod thing;
pub mod verdict;
pub mod waiver;
mod yaml;

pub use catalog::Catalog;
pub use check::Check;
pub use codeowners::CodeOwners;
pub use declared::{Flag, Journey, Owned};
pub use map::{Map, Row, Unowned};
pub use objection::not_approved_hint;
pub use parsed::{Parsed, SOURCE_BYTES_MAX, is_read, parse};
pub use pattern::Pattern;
pub use place::{Place, Word};
pub use principle::{Gate, Mode, Principle, Radar, Ring};
pub use product::{Files, Product};
pub use proposal::{added, propose};
pub use relation::{Domain, Owner, Relation};
pub use thing::{Thing, ThingKind};
pub use verdict::{Granted, Judgement, Severity, Violation, judge};
pub use waiver::{Approval, Brought, Waiver};
