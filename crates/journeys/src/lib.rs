//! Journeys: what customers go through, how many arrive, how long it takes and where they drop off; and which features they use.

pub mod model;
