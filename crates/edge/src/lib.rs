//! The front door of both addresses, and the keeper of the product's processes.
//!
//! The edge is a process of its own that outlives the control plane. It accepts customers' requests on the **product
//! address** and passes each to an instance of the product, by the routing table; it passes what its [`Extension`] does not
//! answer on the **system address** to the control plane; and it starts, watches, restarts, drains and ends **instances**.
//! A control plane speaks to it with a [`Client`] over an abstract socket.
//!
//! Invariants:
//! - what a customer's request needs is in memory and on disk here: no request waits for the control plane;
//! - intent is on disk before it is acted upon: a killed edge comes back with the same addresses, routes and instances;
//! - routes never go back to an older generation;
//! - a request that was sent and might have had an effect is never sent again;
//! - everything is bounded ([`Limits`]);
//! - what is served from a snapshot is on disk, and never goes back to an older one;
//! - nothing here knows what a change, a canary or a rollback is: there are services, numbered deployments and weights.

mod admin;
mod body;
mod client;
mod disk;
mod edge;
mod error;
mod extension;
mod key;
mod limits;
mod metrics;
mod model;
mod options;
mod own;
pub mod probe;
mod proxy;
mod routing;
mod server;
mod snapshots;
pub mod socket;
mod state;
mod supervise;
mod system;
mod tally;
mod upstream;
mod visitor;

pub use client::Client;
pub use edge::{Extend, serve, serve_with};
pub use error::Error;
pub use extension::{Arrival, Body, BodyError, Extension, Later, NoExtension, Seen};
pub use limits::Limits;
pub use model::{
    Arm, Counts, EdgeState, Health, Instance, InstanceSpec, InstanceState, Latency, PersonSource, Routes, ServiceRoute,
    Tally,
};
pub use options::Options;
pub use probe::Prober;
