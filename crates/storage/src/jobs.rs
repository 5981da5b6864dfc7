//! Jobs: work that must happen later or again, claimed under a lease so that a crash gives it back.

use jiff::{SignedDuration, Timestamp};

use crate::{Db, Error, Row, Tx, args};

/// Pause before the first retry; it doubles with every further one.
const RETRY_FIRST: SignedDuration = SignedDuration::from_secs(1);
const RETRY_MAX: SignedDuration = SignedDuration::from_hours(1);

/// A job to be done.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    pub kind: &'a str,
    /// While a job of this kind and key is pending, another is not added.
    pub key: &'a str,
    pub payload: serde_json::Value,
    pub run_at: Timestamp,
    pub attempts_max: u64,
}

/// A job that was claimed: it is ours until the lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: String,
    pub kind: String,
    pub key: String,
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: u64,
    attempts_max: u64,
    lease: String,
}

impl Tx {
    /// Adds a job with this change; whether it was new.
    pub async fn enqueue(&mut self, job: &NewJob<'_>) -> Result<bool, Error> {
        let rows = self
            .execute(
                "INSERT INTO platform_job (id, kind, key, payload, run_at, attempts, attempts_max, state)
                 VALUES ($1, $2, $3, $4, $5, 0, $6, 'pending') ON CONFLICT (kind, key) WHERE state = 'pending' DO NOTHING",
                args![kernel::id::fresh(), job.kind, job.key, job.payload.to_string(), job.run_at, job.attempts_max],
            )
            .await?;
        Ok(rows > 0)
    }
}

/// The queue, as its workers see it.
#[derive(Debug, Clone)]
pub struct Jobs {
    db: Db,
}

impl Jobs {
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Claims the job of this kind that is due longest, for `lease`. A job whose lease ran out is due again.
    pub async fn claim(&self, kind: &str, now: Timestamp, lease: SignedDuration) -> Result<Option<Job>, Error> {
        let mut tx = self.db.begin().await?;
        let token = kernel::id::fresh();
        let rows = tx
            .all(
                "UPDATE platform_job SET lease = $1, lease_until = $2, attempts = attempts + 1
                 WHERE id = (SELECT id FROM platform_job
                    WHERE kind = $3 AND state = 'pending' AND run_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
                    ORDER BY run_at, id LIMIT 1)
                 AND (lease_until IS NULL OR lease_until <= $4)
                 RETURNING id, kind, key, payload, attempts, attempts_max, lease",
                args![token, now + lease, kind, now],
            )
            .await?;
        tx.commit().await?;
        rows.first().map(job).transpose()
    }

    /// Prolongs the lease; `false` if the job is not ours any more.
    pub async fn renew(&self, job: &Job, until: Timestamp) -> Result<bool, Error> {
        self.own(
            job,
            "UPDATE platform_job SET lease_until = $3 WHERE id = $1 AND lease = $2 AND state = 'pending'",
            until,
        )
        .await
    }

    /// It is done; `false` if it was not ours any more.
    pub async fn finish(&self, job: &Job, now: Timestamp) -> Result<bool, Error> {
        self.own(
            job,
            "UPDATE platform_job SET state = 'done', lease = NULL, lease_until = NULL, run_at = $3
             WHERE id = $1 AND lease = $2 AND state = 'pending'",
            now,
        )
        .await
    }

    async fn own(&self, job: &Job, sql: &'static str, at: Timestamp) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let rows = tx.execute(sql, args![job.id.as_str(), job.lease.as_str(), at]).await?;
        tx.commit().await?;
        Ok(rows > 0)
    }

    /// It failed: it comes again after a pause that doubles, until its attempts are used up. Whether it comes again.
    pub async fn fail(&self, job: &Job, error: &str, now: Timestamp) -> Result<bool, Error> {
        let again = job.attempt < job.attempts_max;
        let state = if again { "pending" } else { "failed" };
        let mut tx = self.db.begin().await?;
        tx.execute(
            "UPDATE platform_job SET state = $3, last_error = $4, run_at = $5, lease = NULL, lease_until = NULL
             WHERE id = $1 AND lease = $2 AND state = 'pending'",
            args![job.id.as_str(), job.lease.as_str(), state, error, now + pause(job.attempt)],
        )
        .await?;
        tx.commit().await?;
        Ok(again)
    }
}

fn pause(attempt: u64) -> SignedDuration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    (RETRY_FIRST * 2_i32.pow(doublings)).min(RETRY_MAX)
}

fn job(row: &Row) -> Result<Job, Error> {
    Ok(Job {
        id: row.get("id")?,
        kind: row.get("kind")?,
        key: row.get("key")?,
        payload: row.get("payload")?,
        attempt: row.get("attempts")?,
        attempts_max: row.get("attempts_max")?,
        lease: row.get("lease")?,
    })
}
