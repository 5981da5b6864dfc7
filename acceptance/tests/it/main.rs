//! Customer stories on the real binary.

#![expect(clippy::unwrap_used, reason = "a story that cannot be told fails")]

mod bad_input;
mod isolation;
mod kills;
mod latency;
mod other_products;
mod pets;
mod reverts;
mod zero_downtime;
