//! The pure part: types, readers of text, version order, matching. No I/O, no clock.

pub mod advisories;
pub mod advisory;
pub mod cyclonedx;
pub mod ecosystem;
pub mod freshness;
pub mod installed;
pub mod inventory;
pub mod join;
pub mod lockfile;
pub mod matching;
pub mod package;
pub mod place;
pub mod plain;
pub mod purl;
pub mod report;
pub mod severity;
pub mod version;

pub use advisories::{Advisories, Feed, Quarantined};
pub use advisory::Advisory;
pub use ecosystem::Ecosystem;
pub use inventory::{Inventory, Skipped};
pub use lockfile::{Content, Format};
pub use package::{Origin, Package};
pub use report::{Finding, Report};
pub use severity::{Severity, Threshold};
