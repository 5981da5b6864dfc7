//! How a context gives its serving face what it needs: a snapshot goes to the edge under a generation that only grows.
//!
//! Invariant: whoever was told that a snapshot was put, is served by it or by a newer one from then on, also after a restart.

use std::fmt::Debug;
use std::pin::Pin;

use crate::Problem;

/// An answer that takes time.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>;

/// The whole of what one context serves from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The context, for example `flags`.
    pub name: &'static str,
    /// Grows with every change; the edge never goes back.
    pub generation: u64,
    /// Only the context itself knows what they mean.
    pub bytes: Vec<u8>,
}

/// The way to the edge.
pub trait Serving: Debug + Send + Sync {
    /// On the edge's disk and in force there when it returns. An older generation than the one in force changes nothing.
    /// `unavailable` if the edge does not answer in time: then nobody knows whether it has it.
    fn put(&self, snapshot: Snapshot) -> Later<'_, ()>;

    /// The generation in force at the edge.
    fn generation(&self, name: &'static str) -> Later<'_, Option<u64>>;
}
