//! Now: what is changing for customers this minute, and what needs somebody.

use delivery::view::change::ChangeRow;
use delivery::view::status::{Attention, ServiceStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The first page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Now {
    pub at: String,
    pub product: String,
    pub counts: Counts,
    /// Newest first.
    pub on_the_way: Vec<ChangeRow>,
    pub needs_someone: Vec<Attention>,
    pub services: Vec<ServiceStatus>,
    pub commands: Vec<String>,
}

/// The three numbers of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    pub on_the_way: u64,
    pub needs_someone: u64,
    pub held: u64,
}

/// Whether a change stands between trunk and customers: listed as waiting by some service.
pub(crate) fn on_the_way(rows: Vec<ChangeRow>, services: &[ServiceStatus]) -> Vec<ChangeRow> {
    let waits = |row: &ChangeRow| services.iter().any(|s| s.waiting.iter().any(|w| w.commit == row.sha));
    let nothing_known = services.is_empty();
    rows.into_iter().filter(|row| nothing_known || waits(row)).collect()
}

pub(crate) fn counts(on_the_way: &[ChangeRow], needs_someone: &[Attention]) -> Counts {
    Counts {
        on_the_way: on_the_way.len() as u64,
        needs_someone: needs_someone.len() as u64,
        held: on_the_way.iter().filter(|row| row.waits_behind.is_some() || row.why.is_some()).count() as u64,
    }
}
