//! The outbox: facts are published in the transaction of the change that they speak of, and consumed at least once.
//!
//! Positions of one publisher grow in commit order: SQLite has one writer, on PostgreSQL publishing takes an advisory
//! lock until the end of the transaction. A reader that has seen a position has therefore seen all below it.

use jiff::Timestamp;
use kernel::event::Envelope;
use kernel::{Clock, SystemClock};

use crate::db::Engine;
use crate::{Db, Error, Row, Tx, args};

/// A fact that fails its consumer this often is parked and the ones behind it go on.
pub const TRIES_MAX: u64 = 10;

impl Db {
    /// The position of the newest fact of a publisher; 0 before the first.
    pub async fn position(&self, publisher: &str) -> Result<u64, Error> {
        let sql = "SELECT COALESCE(MAX(position), 0) AS last FROM platform_outbox WHERE publisher = $1";
        Ok(self.one(sql, args![publisher]).await?.map(|row| row.get("last")).transpose()?.unwrap_or(0))
    }
}

impl Tx {
    /// Publishes a fact; gives its position. `kind` is `noun.verb`, for example `run.passed`.
    pub async fn publish(&mut self, publisher: &str, kind: &str, payload: &serde_json::Value) -> Result<u64, Error> {
        if self.engine() == Engine::Postgres {
            // Held until the end of the transaction, so that position order is commit order.
            self.all("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", args![publisher]).await?;
        }
        let last = self
            .one(
                "SELECT COALESCE(MAX(position), 0) AS last FROM platform_outbox WHERE publisher = $1",
                args![publisher],
            )
            .await?;
        let position = last.map(|row| row.get::<u64>("last")).transpose()?.unwrap_or(0) + 1;
        self.execute(
            "INSERT INTO platform_outbox (publisher, position, kind, at, payload) VALUES ($1, $2, $3, $4, $5)",
            args![publisher, position, kind, SystemClock.now(), payload.to_string()],
        )
        .await?;
        Ok(position)
    }

    /// Marks everything up to `position` as consumed; belongs into the transaction that did the work.
    pub async fn acknowledge(&mut self, consumer: &Consumer, position: u64) -> Result<(), Error> {
        self.execute(
            "INSERT INTO platform_consumer (consumer, publisher, position, tries) VALUES ($1, $2, $3, 0)
             ON CONFLICT (consumer, publisher) DO UPDATE SET position = excluded.position, tries = 0, last_error = NULL",
            args![consumer.name, consumer.publisher, position],
        )
        .await?;
        Ok(())
    }
}

/// One reader of one publisher's facts. Its place is kept in the store.
#[derive(Debug, Clone)]
pub struct Consumer {
    db: Db,
    name: &'static str,
    publisher: &'static str,
}

/// What became of a fact that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It comes again.
    TriedAgain { tries: u64 },
    /// It failed too often, is kept aside, and the next ones follow.
    Parked,
}

impl Consumer {
    /// `consumer` reads what `publisher` publishes.
    pub fn new(db: Db, consumer: &'static str, publisher: &'static str) -> Self {
        Self { db, name: consumer, publisher }
    }

    /// The next facts, oldest first; none means that everything was consumed.
    pub async fn next(&self, limit: u64) -> Result<Vec<Envelope>, Error> {
        let rows = self
            .db
            .all(
                "SELECT publisher, position, kind, at, payload FROM platform_outbox
                 WHERE publisher = $1 AND position > COALESCE(
                    (SELECT position FROM platform_consumer WHERE consumer = $2 AND publisher = $1), 0)
                 ORDER BY position LIMIT $3",
                args![self.publisher, self.name, limit],
            )
            .await?;
        rows.iter().map(envelope).collect()
    }

    /// Says that the fact at `position` could not be consumed.
    pub async fn failed(&self, position: u64, error: &str) -> Result<Failed, Error> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "INSERT INTO platform_consumer (consumer, publisher, position, tries, last_error) VALUES ($1, $2, $3, 1, $4)
             ON CONFLICT (consumer, publisher) DO UPDATE SET tries = platform_consumer.tries + 1, last_error = excluded.last_error",
            args![self.name, self.publisher, position - 1, error],
        )
        .await?;
        let row = tx
            .one(
                "SELECT tries FROM platform_consumer WHERE consumer = $1 AND publisher = $2",
                args![self.name, self.publisher],
            )
            .await?;
        let tries: u64 = row.map(|row| row.get("tries")).transpose()?.unwrap_or(1);
        let failed =
            if tries >= TRIES_MAX { self.park(&mut tx, position, error).await? } else { Failed::TriedAgain { tries } };
        tx.commit().await?;
        Ok(failed)
    }

    async fn park(&self, tx: &mut Tx, position: u64, error: &str) -> Result<Failed, Error> {
        tx.execute(
            "INSERT INTO platform_parked (consumer, publisher, position, error, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (consumer, publisher, position) DO NOTHING",
            args![self.name, self.publisher, position, error, SystemClock.now()],
        )
        .await?;
        tx.acknowledge(self, position).await?;
        Ok(Failed::Parked)
    }

    /// Facts that were parked: (position, error).
    pub async fn parked(&self) -> Result<Vec<(u64, String)>, Error> {
        let rows = self
            .db
            .all(
                "SELECT position, error FROM platform_parked WHERE consumer = $1 AND publisher = $2 ORDER BY position",
                args![self.name, self.publisher],
            )
            .await?;
        rows.iter().map(|row| Ok((row.get("position")?, row.get("error")?))).collect()
    }
}

fn envelope(row: &Row) -> Result<Envelope, Error> {
    Ok(Envelope {
        publisher: row.get("publisher")?,
        position: row.get("position")?,
        kind: row.get("kind")?,
        at: row.get::<Timestamp>("at")?,
        payload: row.get("payload")?,
    })
}
