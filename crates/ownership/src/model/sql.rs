//! What SQL does to tables.

mod token;
mod writes;

pub(crate) use writes::{Write, writes, writes_of_literal};
