//! DORA's metrics as they are shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::model::dora::{ByFlags, FlagFailure, Frequency, LeadTime, Recovery, ServiceDora, Share};

/// `deploy dora`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Dora)]
pub struct DoraView {
    /// What happened from then on counts …
    pub from: String,
    /// … up to, and without, this.
    pub to: String,
    pub services: Vec<ServiceDora>,
    /// Windows of the same length before it, the oldest first, as far as they were asked for.
    #[serde(default)]
    pub earlier: Vec<DoraWindow>,
}

/// A window before the one that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DoraWindow {
    pub from: String,
    pub to: String,
    pub services: Vec<ServiceDora>,
}
