//! The port to the event log: what journeys ask of it. [`events::Events`] answers in production.

use std::fmt::Debug;

use events::{Events, ExposureIndex, Names, Rows, Select};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};

/// An answer of the log.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, events::Error>>;

/// What journeys ask.
pub trait Log: Debug + Send + Sync {
    /// Rows without doubles, each under its resolved person; what probes and bots did is left out.
    fn rows(&self, select: Select) -> Answer<'_, Rows>;

    /// Who was given which variant of a flag; under the same keys of persons as rows.
    fn exposures<'a>(&'a self, flag: &'a str) -> Answer<'a, ExposureIndex>;

    /// Which events there were.
    fn names(&self, from_ms: i64, to_ms: i64) -> Answer<'_, Names>;

    /// How many probes there were within a time; `None` if it is not known.
    fn synthetic_persons(&self, from_ms: i64, to_ms: i64) -> Answer<'_, Option<u64>>;
}

impl Log for Events {
    fn rows(&self, select: Select) -> Answer<'_, Rows> {
        self.rows(select).boxed()
    }

    fn exposures<'a>(&'a self, flag: &'a str) -> Answer<'a, ExposureIndex> {
        self.exposures(flag).boxed()
    }

    fn names(&self, from_ms: i64, to_ms: i64) -> Answer<'_, Names> {
        self.names(from_ms, to_ms).boxed()
    }

    fn synthetic_persons(&self, from_ms: i64, to_ms: i64) -> Answer<'_, Option<u64>> {
        self.synthetic_persons(from_ms, to_ms).map_ok(Some).boxed()
    }
}
