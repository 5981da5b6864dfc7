//! A first journey: pages that the edge itself counts, so that there is something to see before a line of code is changed.

/// Where it is written.
pub const FIRST_JOURNEY_FILE: &str = "journeys/first-visit.yaml";

/// The text of a first journey.
pub const FIRST_JOURNEY: &str = "\
# What customers go through. The edge counts the pages that it serves as `page viewed`; put the events of your product here
# as soon as it sends them. All keys: trunkline init --schema journey
journey: first-visit
within: 1h
steps:
  - { name: came, event: page viewed }
  - { name: looked further, event: page viewed }
# probe: node probes/first-visit.mjs   # walks it on every new version before any customer gets that
";
