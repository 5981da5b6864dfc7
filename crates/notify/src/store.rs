//! SQL of notifications, private to them.

mod queue;

use ::storage::{Db, Error, Migrations, Row, Tx, args};
use jiff::Timestamp;
use serde_json::Value;

use crate::model::event::Message;
use crate::{Announcement, DeliveryState, Kind};

pub(crate) use queue::{
    BROKEN_OFF, Begun, Due, begin, count, due, finish, give_up_all, insert_delivery, left_open, set_state, waiting_of,
};

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "notify", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

/// A target as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) domain: Option<String>,
    /// Empty: all.
    pub(crate) events: Vec<Kind>,
    pub(crate) allow_private: bool,
    pub(crate) secret: Vec<u8>,
    pub(crate) created: Timestamp,
    pub(crate) created_by: String,
    pub(crate) removed: Option<Timestamp>,
}

impl Target {
    /// Whether it asked for this.
    pub(crate) fn wants(&self, announcement: &Announcement) -> bool {
        let owner = announcement.owner.as_ref().map(|owner| owner.domain.as_str());
        let is_of_domain = self.domain.is_none() || self.domain.as_deref() == owner;
        is_of_domain && (self.events.is_empty() || self.events.contains(&announcement.kind))
    }
}

fn target(row: &Row) -> Result<Target, Error> {
    let events: String = row.get("events")?;
    Ok(Target {
        id: row.get("id")?,
        url: row.get("url")?,
        domain: row.get("domain")?,
        events: events.split(',').filter_map(Kind::parse).collect(),
        allow_private: row.get("allow_private")?,
        secret: row.get("secret")?,
        created: row.get("created")?,
        created_by: row.get("created_by")?,
        removed: row.get("removed")?,
    })
}

pub(crate) async fn insert_target(tx: &mut Tx, new: &Target) -> Result<(), Error> {
    let events: Vec<&str> = new.events.iter().map(|kind| kind.text()).collect();
    tx.execute(
        "INSERT INTO notify_target (id, url, domain, events, allow_private, secret, created, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            new.id.as_str(),
            new.url.as_str(),
            new.domain.as_deref(),
            events.join(","),
            new.allow_private,
            new.secret.clone(),
            new.created,
            new.created_by.as_str()
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove_target(tx: &mut Tx, id: &str, at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE notify_target SET removed = $2 WHERE id = $1", args![id, at]).await?;
    Ok(())
}

/// Those in force, oldest first.
pub(crate) async fn targets(db: &Db) -> Result<Vec<Target>, Error> {
    let sql = "SELECT * FROM notify_target WHERE removed IS NULL ORDER BY id";
    db.all(sql, args![]).await?.iter().map(target).collect()
}

pub(crate) async fn targets_in(tx: &mut Tx) -> Result<Vec<Target>, Error> {
    let sql = "SELECT * FROM notify_target WHERE removed IS NULL ORDER BY id";
    tx.all(sql, args![]).await?.iter().map(target).collect()
}

pub(crate) async fn target_in(tx: &mut Tx, id: &str) -> Result<Option<Target>, Error> {
    tx.one("SELECT * FROM notify_target WHERE id = $1", args![id]).await?.as_ref().map(target).transpose()
}

/// Every target that ever was: (id, address).
pub(crate) async fn addresses(db: &Db) -> Result<Vec<(String, String)>, Error> {
    let rows = db.all("SELECT id, url FROM notify_target", args![]).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("url")?))).collect()
}

/// `false` if the same was told before.
pub(crate) async fn insert_message(tx: &mut Tx, id: &str, new: &Announcement, at: Timestamp) -> Result<bool, Error> {
    let owner = new.owner.as_ref();
    let rows = tx
        .execute(
            "INSERT INTO notify_message (id, fact, kind, subject, content, sentence, at, domain, team, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (fact) DO NOTHING",
            args![
                id,
                new.fact.as_str(),
                new.kind.text(),
                new.subject.as_str(),
                new.content.to_string(),
                new.sentence.as_str(),
                new.at,
                owner.map(|owner| owner.domain.as_str()),
                owner.and_then(|owner| owner.team.as_deref()),
                at
            ],
        )
        .await?;
    Ok(rows > 0)
}

/// Whether this was told already.
pub(crate) async fn is_told(db: &Db, fact: &str) -> Result<bool, Error> {
    Ok(db.one("SELECT id FROM notify_message WHERE fact = $1", args![fact]).await?.is_some())
}

pub(crate) fn message(row: &Row) -> Result<Message, Error> {
    let kind: String = row.get("kind")?;
    Ok(Message {
        id: row.get("id")?,
        kind: serde_json::from_value(Value::String(kind)).map_err(|error| Error::decode("kind", &error))?,
        subject: row.get("subject")?,
        content: row.get::<Value>("content")?,
        sentence: row.get("sentence")?,
        at: row.get("at")?,
        domain: row.get("domain")?,
        team: row.get("team")?,
    })
}

/// The newest messages before an id, newest first.
pub(crate) async fn messages(db: &Db, before: &str, limit: u64) -> Result<Vec<Message>, Error> {
    let sql = "SELECT * FROM notify_message WHERE id < $1 ORDER BY id DESC LIMIT $2";
    db.all(sql, args![before, limit]).await?.iter().map(message).collect()
}

pub(crate) async fn message_of(db: &Db, id: &str) -> Result<Option<Message>, Error> {
    db.one("SELECT * FROM notify_message WHERE id = $1", args![id]).await?.as_ref().map(message).transpose()
}

/// A delivery as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) message: String,
    pub(crate) target: String,
    pub(crate) state: DeliveryState,
    pub(crate) next_at: Timestamp,
    pub(crate) why: Option<String>,
}

/// An attempt as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) message: String,
    pub(crate) target: String,
    pub(crate) number: u64,
    pub(crate) begun: Timestamp,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) status: Option<u32>,
    pub(crate) error: Option<String>,
    pub(crate) answer: Option<String>,
}

/// Deliveries of the messages from one id to another.
pub(crate) async fn deliveries(db: &Db, first: &str, last: &str) -> Result<Vec<Delivery>, Error> {
    let sql = "SELECT * FROM notify_delivery WHERE message >= $1 AND message <= $2 ORDER BY message, target";
    let read = |row: &Row| {
        Ok(Delivery {
            message: row.get("message")?,
            target: row.get("target")?,
            state: DeliveryState::of(&row.get::<String>("state")?),
            next_at: row.get("next_at")?,
            why: row.get("why")?,
        })
    };
    db.all(sql, args![first, last]).await?.iter().map(read).collect()
}

fn attempt(row: &Row) -> Result<Attempt, Error> {
    Ok(Attempt {
        message: row.get("message")?,
        target: row.get("target")?,
        number: row.get("attempt")?,
        begun: row.get("begun")?,
        ended: row.get("ended")?,
        status: row.get("status")?,
        error: row.get("error")?,
        answer: row.get("answer")?,
    })
}

/// Attempts of the messages from one id to another.
pub(crate) async fn attempts(db: &Db, first: &str, last: &str) -> Result<Vec<Attempt>, Error> {
    let sql = "SELECT * FROM notify_attempt WHERE message >= $1 AND message <= $2 ORDER BY message, target, attempt";
    db.all(sql, args![first, last]).await?.iter().map(attempt).collect()
}

/// The newest attempt at a target.
pub(crate) async fn last_attempt(db: &Db, target: &str) -> Result<Option<Attempt>, Error> {
    let sql = "SELECT * FROM notify_attempt WHERE target = $1 ORDER BY begun DESC, attempt DESC LIMIT 1";
    db.one(sql, args![target]).await?.as_ref().map(attempt).transpose()
}

/// Forgets what was told before. Of flags that expire it stays known that it was said.
pub(crate) async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    for sql in [
        "DELETE FROM notify_attempt WHERE message IN (SELECT id FROM notify_message WHERE created < $1)",
        "DELETE FROM notify_delivery WHERE message IN (SELECT id FROM notify_message WHERE created < $1)",
        "DELETE FROM notify_message WHERE created < $1 AND kind <> 'flag_expiring'",
    ] {
        tx.execute(sql, args![before]).await?;
    }
    Ok(())
}
