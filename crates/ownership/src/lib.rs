//! Ownership: which domain owns a path, a table, an event, a flag, a journey, an experiment or a survey, and which principles hold
//! because of it.
//!
//! Everything that asks for an owner asks one relation (`model::Relation`), so the map, the checks and the waivers cannot
//! disagree. [`offline`] answers from files alone; [`Ownership`] answers for what is on trunk, and keeps what files do not
//! hold: who agreed, which waivers were granted at run time, what a principle stopped.

pub mod model;
pub mod offline;
pub mod view;

mod error;
mod facade;
mod http;
mod store;
mod trunk;

pub use error::Error;
pub use facade::{By, Change, Held, Options, Ownership, WaiverWish};
pub use http::routes;
pub use store::{MIGRATIONS, Stage};
pub use trunk::{Answer, At, Trunk};
