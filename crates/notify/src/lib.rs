//! Notifications: what happened is told to whoever asked for it, by signed webhooks.
//!
//! Owns targets, messages, and the log of what was sent. It knows neither experiments nor deployments: whoever knows them
//! announces ([`Notifications::announce`]).
//!
//! Invariants: an attempt is on record before its first byte is sent, so no two requests carry the same message with the same
//! attempt number; a message waits until it was taken or given up, and both are on record.

pub mod model;

mod error;
mod facade;
mod http;
mod post;
mod send;
mod store;
mod view;

pub use error::Error;
pub use facade::{By, Notifications, Options};
pub use http::routes;
pub use model::{Announcement, Kind, NewTarget, Owner, Pauses};
pub use store::MIGRATIONS;
pub use view::{AttemptView, DeliveryState, DeliveryView, NotificationView, TargetMade, TargetView};
