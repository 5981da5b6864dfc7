//! Events: what customers do, who they are and what they were shown: the event log, the stickiest data of the product.
//!
//! Two faces. [`Capture`] runs at the edge and needs a log and snapshots, no store: it takes events in the formats of
//! others, and exposures, and acknowledges what is durable. [`Events`] runs in the control plane: it turns the log into
//! segments without doubles, knows which ids are one person, and answers.

pub mod record;

mod capture;
mod http;
mod log;
mod wire;

pub use capture::{Arrival, Capture, CaptureOptions, Limits, Rate, Seen, StaticFiles, Variants, exposure_key};
pub use http::routes;
pub use log::{
    Changed, DayCount, Deletion, Error, EventRows, Events, EventsOptions, ExposureIndex, FlagCounts, FlagDay,
    ImportReport, MIGRATIONS, Mark, NameCount, Names, PersonView, Persons, Properties, RecentEvent, RejectedLine,
    Rejection, RejectionCount, Rejections, Release, Releases, Retention, Rows, Select, Who, WitnessedExposures,
};
