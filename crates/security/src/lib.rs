//! What a product is made of, and which advisories speak of it: lockfiles, packages, OSV advisories, findings, SBOM.
//!
//! What is not known never counts as safe: every answer says what was read, what was not, and how old the advisories are.
//! [`Security`] keeps the inventory of every deployment and joins advisories to what is live, whichever of the two changes.

pub mod model;
pub mod offline;
pub mod worker;

mod error;
mod facade;
mod http;
mod mirror;
mod reader;
mod scratch;
mod store;

pub use error::Error;
pub use facade::{
    AdvisoryStatus, By, Deployed, FeedAge, FeedOf, FeedView, FindingEvent, FindingState, Import, ImportView, Imported,
    LiveFinding, Options, PUBLISHER, Part, QuarantinedView, Security, Since, UnknownView, ecosystems_of, span,
};
pub use http::routes;
pub use mirror::Mirror;
pub use offline::{Installed, Line};
pub use reader::{Entries, Here, Reader};
pub use store::MIGRATIONS;
