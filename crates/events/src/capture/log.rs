//! The log as capture needs it; tests put one in its place that fails when told to.

use bytes::Bytes;
use columnar::wal::{Error, Writer};

#[derive(Debug, Clone)]
pub(super) enum Log {
    Wal(Writer),
    #[cfg(test)]
    Fake(std::sync::Arc<fake::Fake>),
}

impl Log {
    /// Durable when it returns.
    pub(super) async fn append(&self, records: Vec<Bytes>) -> Result<(), Error> {
        match self {
            Self::Wal(writer) => writer.append(records).await,
            #[cfg(test)]
            Self::Fake(fake) => fake.append(records),
        }
    }

    /// Goes out with the next group.
    pub(super) fn enqueue(&self, record: Bytes) -> Result<(), Error> {
        match self {
            Self::Wal(writer) => writer.enqueue(record),
            #[cfg(test)]
            Self::Fake(fake) => fake.append(vec![record]),
        }
    }
}

#[cfg(test)]
pub(super) mod fake {
    use std::sync::Mutex;

    use super::{Bytes, Error};

    /// Keeps what is appended, or fails.
    #[derive(Debug, Default)]
    pub(in crate::capture) struct Fake {
        pub(in crate::capture) kept: Mutex<Vec<Bytes>>,
        pub(in crate::capture) failing: Mutex<Option<fn() -> Error>>,
    }

    impl Fake {
        pub(super) fn append(&self, records: Vec<Bytes>) -> Result<(), Error> {
            if let Some(error) = *self.failing.lock().unwrap() {
                return Err(error());
            }
            self.kept.lock().unwrap().extend(records);
            Ok(())
        }
    }
}
