//! SQL of feedback, private to it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::{Db, Error, Migrations, Row, Tx, args};

use crate::model::{Follows, Survey};

/// The context's tables.
pub const MIGRATIONS: Migrations =
    Migrations { context: "feedback", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

/// A survey as it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) survey: Survey,
    pub(crate) follows: Option<Follows>,
    pub(crate) file: String,
    pub(crate) commit: String,
    /// When it was declared first.
    pub(crate) declared: Timestamp,
    pub(crate) retired: Option<Timestamp>,
}

fn read<T: DeserializeOwned>(text: &str, column: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::decode(column, &error))
}

fn text<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::decode("JSON", &error))
}

fn stored(row: &Row) -> Result<Stored, Error> {
    let follows = row.get::<Option<String>>("follows")?;
    Ok(Stored {
        survey: read(&row.get::<String>("definition")?, "definition")?,
        follows: follows.map(|text| read(&text, "follows")).transpose()?,
        file: row.get("file")?,
        commit: row.get("commit_sha")?,
        declared: row.get("declared")?,
        retired: row.get("retired")?,
    })
}

const ALL: &str = "SELECT * FROM feedback_survey ORDER BY survey";

/// All that were ever declared, by name.
pub(crate) async fn all(db: &Db) -> Result<Vec<Stored>, Error> {
    db.all(ALL, args![]).await?.iter().map(stored).collect()
}

pub(crate) async fn all_in(tx: &mut Tx) -> Result<Vec<Stored>, Error> {
    tx.all(ALL, args![]).await?.iter().map(stored).collect()
}

/// Writes it as it stands now.
pub(crate) async fn put(tx: &mut Tx, new: &Stored) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO feedback_survey (survey, definition, follows, file, commit_sha, declared, retired)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (survey) DO UPDATE SET definition = $2, follows = $3, file = $4, commit_sha = $5, declared = $6, retired = $7",
        args![
            new.survey.survey.as_str(),
            text(&new.survey)?,
            new.follows.as_ref().map(text).transpose()?,
            new.file.as_str(),
            new.commit.as_str(),
            new.declared,
            new.retired,
        ],
    )
    .await?;
    Ok(())
}

/// The tags of everything that our people tagged.
pub(crate) async fn tags(db: &Db) -> Result<HashMap<String, Vec<String>>, Error> {
    let rows = db.all("SELECT feedback, tags FROM feedback_tags", args![]).await?;
    rows.iter().map(|row| Ok((row.get("feedback")?, read(&row.get::<String>("tags")?, "tags")?))).collect()
}

/// How many pieces of feedback our people tagged.
pub(crate) async fn tagged(tx: &mut Tx) -> Result<u64, Error> {
    let row = tx.one("SELECT COUNT(*) AS tagged FROM feedback_tags", args![]).await?;
    row.map(|row| row.get("tagged")).transpose().map(Option::unwrap_or_default)
}

pub(crate) async fn put_tags(tx: &mut Tx, feedback: &str, tags: &[String], at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO feedback_tags (feedback, tags, at) VALUES ($1, $2, $3)
         ON CONFLICT (feedback) DO UPDATE SET tags = $2, at = $3",
        args![feedback, text(&tags)?, at],
    )
    .await?;
    Ok(())
}
