//! What is known of who was given which variant: the one question that flags ask of events.

use std::collections::{BTreeMap, BTreeSet};

use crate::facade::Options;
use crate::view::ExposureDay;

/// Persons by variant and day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exposures {
    pub(crate) persons: u64,
    pub(crate) by_variant: BTreeMap<String, u64>,
    /// Day (`2026-11-24`) to variant to persons.
    days: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Exposures {
    pub(crate) fn into_days(self) -> Vec<ExposureDay> {
        self.days.into_iter().map(|(day, variants)| ExposureDay { day, variants }).collect()
    }

    /// Variants that anybody was given on that day or later.
    pub(crate) fn variants_since(&self, day: &str) -> BTreeSet<&str> {
        let days = self.days.iter().filter(|(other, _)| other.as_str() >= day);
        days.flat_map(|(_, variants)| variants.keys().map(String::as_str)).collect()
    }
}

/// What events know of a flag; `None` is "not known".
pub(crate) async fn of(options: &Options, flag: &str) -> Option<Exposures> {
    let counts = match options.events.as_ref()?.flag_counts(flag).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::warn!(%error, flag, "who was exposed to a flag is not known");
            return None;
        }
    };
    Some(Exposures {
        persons: counts.variants.values().sum(),
        by_variant: counts.variants,
        days: counts.days.into_iter().map(|day| (day.day, day.variants)).collect(),
    })
}
