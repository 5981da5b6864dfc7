//! DORA's metrics as they are shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::model::dora::{Frequency, LeadTime, Recovery, ServiceDora, Share};

/// `deploy dora`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Dora)]
pub struct DoraView {
    /// What happened from then on counts …
    pub from: String,
    /// … up to, and without, this.
    pub to: String,
    pub services: Vec<ServiceDora>,
}
