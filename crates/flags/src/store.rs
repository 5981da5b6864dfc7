//! SQL of flags, private to it.

use storage::Migrations;

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "flags", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };
