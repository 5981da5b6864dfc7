//! The queue: what waits, what is being sent, and what came of it.

use ::storage::{Db, Error, Row, Tx, args};
use jiff::Timestamp;

use super::{Target, message, target};
use crate::DeliveryState;
use crate::model::event::Message;
use crate::model::retry::Outcome;

/// What is said of an attempt that Trunkline did not see the end of.
pub(crate) const BROKEN_OFF: &str = "it is not known whether this arrived: sending was broken off";

pub(crate) async fn insert_delivery(
    tx: &mut Tx,
    message: &str,
    target: &str,
    state: DeliveryState,
    at: Timestamp,
    why: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO notify_delivery (message, target, state, attempts, failures, next_at, why) VALUES ($1, $2, $3, 0, 0, $4, $5)
         ON CONFLICT (message, target) DO NOTHING",
        args![message, target, state.text(), at, why],
    )
    .await?;
    Ok(())
}

/// How many deliveries to a target are in this state.
pub(crate) async fn count(db: &Db, target: &str, state: DeliveryState) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) AS n FROM notify_delivery WHERE target = $1 AND state = $2";
    db.one(sql, args![target, state.text()]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// How many messages wait for a target.
pub(crate) async fn waiting_of(tx: &mut Tx, target: &str) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) AS n FROM notify_delivery WHERE target = $1 AND state IN ('waiting', 'sending')";
    tx.one(sql, args![target]).await?.map_or(Ok(0), |row| row.get("n"))
}

/// A delivery, by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) message: String,
    pub(crate) target: String,
}

fn keys(row: &Row) -> Result<Due, Error> {
    Ok(Due { message: row.get("message")?, target: row.get("target")? })
}

/// The oldest message that is due, of each target.
pub(crate) async fn due(db: &Db, now: Timestamp) -> Result<Vec<Due>, Error> {
    let sql = "SELECT MIN(message) AS message, target FROM notify_delivery
               WHERE state = 'waiting' AND next_at <= $1 GROUP BY target ORDER BY 1";
    db.all(sql, args![now]).await?.iter().map(keys).collect()
}

/// What is on record as being sent: (delivery, number of the attempt).
pub(crate) async fn left_open(db: &Db) -> Result<Vec<(Due, u64)>, Error> {
    let rows = db.all("SELECT * FROM notify_delivery WHERE state = 'sending'", args![]).await?;
    rows.iter().map(|row| Ok((keys(row)?, row.get("attempts")?))).collect()
}

/// All that an attempt needs.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) message: Message,
    pub(crate) target: Target,
    pub(crate) attempt: u64,
}

/// Writes down that the next attempt begins; `None` if it is not for us to make.
pub(crate) async fn begin(tx: &mut Tx, due: &Due, now: Timestamp) -> Result<Option<Begun>, Error> {
    let key = || args![due.message.as_str(), due.target.as_str()];
    let rows = tx
        .all(
            "UPDATE notify_delivery SET state = 'sending', attempts = attempts + 1
             WHERE message = $1 AND target = $2 AND state = 'waiting' RETURNING attempts",
            key(),
        )
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let number: u64 = row.get("attempts")?;
    tx.execute(
        "INSERT INTO notify_attempt (message, target, attempt, begun) VALUES ($1, $2, $3, $4)",
        args![due.message.as_str(), due.target.as_str(), number, now],
    )
    .await?;
    let told = tx.one("SELECT * FROM notify_message WHERE id = $1", args![due.message.as_str()]).await?;
    let to = tx.one("SELECT * FROM notify_target WHERE id = $1", args![due.target.as_str()]).await?;
    let (Some(told), Some(to)) = (told, to) else { return Ok(None) };
    Ok(Some(Begun { message: message(&told)?, target: target(&to)?, attempt: number }))
}

/// Writes down what came of an attempt; how many failed by now, this one included.
pub(crate) async fn finish(
    tx: &mut Tx,
    due: &Due,
    attempt: u64,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<u64, Error> {
    let (status, error, answer) = match outcome {
        Outcome::Answered { status, answer, .. } => (Some(u32::from(*status)), None, Some(answer.as_str())),
        Outcome::Failed(why) => (None, Some(why.as_str()), None),
        Outcome::BrokenOff => (None, Some(BROKEN_OFF), None),
    };
    tx.execute(
        "UPDATE notify_attempt SET ended = $4, status = $5, error = $6, answer = $7
         WHERE message = $1 AND target = $2 AND attempt = $3",
        args![due.message.as_str(), due.target.as_str(), attempt, now, status, error, answer],
    )
    .await?;
    let failed = u64::from(*outcome != Outcome::BrokenOff);
    let sql =
        "UPDATE notify_delivery SET failures = failures + $3 WHERE message = $1 AND target = $2 RETURNING failures";
    let rows = tx.all(sql, args![due.message.as_str(), due.target.as_str(), failed]).await?;
    rows.first().map_or(Ok(failed), |row| row.get("failures"))
}

/// Moves a delivery on. `at` is when it is sent again, or when it ended.
pub(crate) async fn set_state(
    tx: &mut Tx,
    due: &Due,
    state: DeliveryState,
    at: Timestamp,
    why: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE notify_delivery SET state = $3, next_at = $4, why = $5 WHERE message = $1 AND target = $2",
        args![due.message.as_str(), due.target.as_str(), state.text(), at, why],
    )
    .await?;
    Ok(())
}

/// Gives up all that waits for a target.
pub(crate) async fn give_up_all(tx: &mut Tx, target: &str, now: Timestamp, why: &str) -> Result<u64, Error> {
    let sql =
        "UPDATE notify_delivery SET state = 'given_up', next_at = $2, why = $3 WHERE target = $1 AND state = 'waiting'";
    tx.execute(sql, args![target, now, why]).await
}
