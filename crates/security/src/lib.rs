//! What a product is made of, and which advisories speak of it: lockfiles, packages, OSV advisories, findings, SBOM.
//!
//! What is not known never counts as safe: every answer says what was read, what was not, and how old the advisories are.

pub mod model;
pub mod offline;
