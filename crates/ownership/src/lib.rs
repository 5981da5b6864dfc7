//! Ownership: which domain owns a path, a table, an event, a flag or a journey, and which principles hold because of it.
//!
//! Everything that asks for an owner asks one relation (`model::Relation`), so the map, the checks and the waivers cannot
//! disagree.

pub mod model;
pub mod offline;
