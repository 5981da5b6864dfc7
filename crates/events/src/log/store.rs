//! SQL of events, private to it. No id of a person is ever in it, so that forgetting one needs no vacuum: only keys are.

use std::collections::HashMap;

use storage::{Audit, Db, Error, Migrations, Row, Tx, args};

use super::answers::Release;
use super::key::PersonKey;

/// The tables of events.
pub const MIGRATIONS: Migrations =
    Migrations { context: "events", scripts: &[("0001_init", include_str!("../../migrations/0001_init.sql"))] };

/// A live segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentRow {
    pub(super) id: u64,
    /// Grows with every merge.
    pub(super) level: u64,
    /// Of its events' times; meaningless without any.
    pub(super) min_ms: i64,
    pub(super) max_ms: i64,
}

/// The key of person keys: made once.
pub(super) async fn person_key(db: &Db) -> Result<PersonKey, Error> {
    let mut tx = db.begin().await?;
    tx.execute(
        "INSERT INTO events_setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        args!["person_key", uuid::Uuid::new_v4().as_bytes().to_vec()],
    )
    .await?;
    let row = tx.one("SELECT value FROM events_setting WHERE name = $1", args!["person_key"]).await?;
    tx.commit().await?;
    let bytes: Vec<u8> = row.map(|row| row.get("value")).transpose()?.unwrap_or_default();
    let bytes = bytes.try_into().map_err(|_| Error::Decode { column: "value".into(), what: "no key".into() })?;
    Ok(PersonKey::new(bytes))
}

/// Up to and with which file each log is in segments.
pub(super) async fn places(db: &Db) -> Result<HashMap<String, u64>, Error> {
    let rows = db.all("SELECT log, file FROM events_place", args![]).await?;
    rows.iter().map(|row| Ok((row.get("log")?, row.get("file")?))).collect()
}

pub(super) async fn set_place(tx: &mut Tx, log: &str, file: u64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO events_place (log, file) VALUES ($1, $2) ON CONFLICT (log) DO UPDATE SET file = EXCLUDED.file",
        args![log, file],
    )
    .await?;
    Ok(())
}

pub(super) async fn segments(db: &Db) -> Result<Vec<SegmentRow>, Error> {
    let rows = db.all("SELECT id, level, min_ms, max_ms FROM events_segment ORDER BY id", args![]).await?;
    let row = |row: &Row| {
        Ok(SegmentRow {
            id: row.get("id")?,
            level: row.get("level")?,
            min_ms: row.get("min_ms")?,
            max_ms: row.get("max_ms")?,
        })
    };
    rows.iter().map(row).collect()
}

pub(super) async fn add_segment(tx: &mut Tx, row: SegmentRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO events_segment (id, level, min_ms, max_ms) VALUES ($1, $2, $3, $4)",
        args![row.id, row.level, row.min_ms, row.max_ms],
    )
    .await?;
    Ok(())
}

pub(super) async fn remove_segment(tx: &mut Tx, id: u64) -> Result<(), Error> {
    tx.execute("DELETE FROM events_segment WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Persons to be forgotten, with the instant up to which.
pub(super) async fn forgotten(db: &Db) -> Result<HashMap<u64, i64>, Error> {
    let rows = db.all("SELECT person, at_ms FROM events_forgotten", args![]).await?;
    rows.iter().map(|row| Ok((row.get::<i64>("person")?.cast_unsigned(), row.get("at_ms")?))).collect()
}

pub(super) async fn forget(db: &Db, persons: &[u64], at_ms: i64, by: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    for person in persons {
        tx.execute(
            "INSERT INTO events_forgotten (person, at_ms) VALUES ($1, $2)
             ON CONFLICT (person) DO UPDATE SET at_ms = EXCLUDED.at_ms",
            args![person.cast_signed(), at_ms],
        )
        .await?;
    }
    let subject = persons.first().map(|key| format!("{key:016x}")).unwrap_or_default();
    audit(&mut tx, by, "person.forgotten", subject).await?;
    tx.commit().await
}

pub(super) async fn audit(tx: &mut Tx, who: &str, what: &str, subject: String) -> Result<(), Error> {
    let what = what.to_owned();
    tx.audit(Audit { who: who.to_owned(), what, subject, why: None, before: None, after: None }).await
}

pub(super) async fn forgot(db: &Db, persons: &[u64]) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    for person in persons {
        tx.execute("DELETE FROM events_forgotten WHERE person = $1", args![person.cast_signed()]).await?;
    }
    tx.commit().await
}

pub(super) async fn releases(db: &Db) -> Result<Vec<Release>, Error> {
    let rows = db.all("SELECT * FROM events_release ORDER BY deployment", args![]).await?;
    let release = |row: &Row| {
        Ok(Release {
            deployment: row.get("deployment")?,
            service: row.get("service")?,
            commit: row.get("sha")?,
            digest: row.get("digest")?,
            from_ms: row.get("from_ms")?,
            to_ms: row.get("to_ms")?,
        })
    };
    rows.iter().map(release).collect()
}

pub(super) async fn set_releases(db: &Db, releases: &[Release]) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    for release in releases {
        tx.execute(
            "INSERT INTO events_release (deployment, service, sha, digest, from_ms, to_ms) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (deployment) DO UPDATE SET service = EXCLUDED.service, sha = EXCLUDED.sha,
             digest = EXCLUDED.digest, from_ms = EXCLUDED.from_ms, to_ms = EXCLUDED.to_ms",
            args![
                release.deployment,
                release.service.as_str(),
                release.commit.as_str(),
                release.digest.clone(),
                release.from_ms,
                release.to_ms
            ],
        )
        .await?;
    }
    tx.commit().await
}
