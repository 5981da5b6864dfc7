//! Customer stories on the real binary.

#![expect(clippy::unwrap_used, reason = "a story that cannot be told fails")]

mod bad_input;
mod browser;
mod clients;
mod crowd;
mod demo;
mod experiments;
mod feedback;
mod feeds;
mod findings;
mod flags;
mod guarded_kills;
mod guards;
mod ingest;
mod init_and_doctor;
mod isolation;
mod kills;
mod latency;
mod notifications;
mod other_products;
mod page_views;
mod pets;
mod principles;
mod python_scene;
mod released;
mod reverts;
mod safe_keeping;
mod shapes;
mod shift_left;
mod shown;
mod web_clients;
mod zero_downtime;
