//! The audit log: every change of state is one row, written in the transaction of the change.

use jiff::Timestamp;
use kernel::{Clock, Cursor, Page, SystemClock};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{Db, Error, Tx, args};

/// Who did what to what, and why.
#[derive(Debug, Clone)]
pub struct Audit {
    pub who: String,
    /// `noun.verb` in the past tense
    pub what: String,
    pub subject: String,
    pub why: Option<String>,
    pub before: Option<Json>,
    pub after: Option<Json>,
}

/// A row as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct AuditRow {
    /// RFC 3339
    pub at: String,
    pub who: String,
    pub what: String,
    pub subject: String,
    pub why: Option<String>,
    pub before: Option<Json>,
    pub after: Option<Json>,
}

impl Tx {
    /// Appends to the audit log.
    pub async fn audit(&mut self, audit: Audit) -> Result<(), Error> {
        self.execute(
            "INSERT INTO platform_audit (id, at, who, what, subject, why, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                kernel::id::fresh(),
                SystemClock.now(),
                audit.who,
                audit.what,
                audit.subject,
                audit.why,
                audit.before.map(|v| v.to_string()),
                audit.after.map(|v| v.to_string())
            ],
        )
        .await?;
        Ok(())
    }
}

/// The audit log, newest first.
pub async fn audit_page(db: &Db, cursor: Option<&str>, limit: usize) -> Result<Page<AuditRow>, AuditError> {
    let before: String = cursor.map(Cursor::decode).transpose()?.unwrap_or_else(|| "g".to_owned());
    let rows = db
        .all("SELECT * FROM platform_audit WHERE id < $1 ORDER BY id DESC LIMIT $2", args![before, limit as u64 + 1])
        .await?;
    let items = rows.iter().map(|row| {
        let json = |column: &str| row.get::<Option<Json>>(column);
        let shown = AuditRow {
            at: row.get::<Timestamp>("at")?.to_string(),
            who: row.get("who")?,
            what: row.get("what")?,
            subject: row.get("subject")?,
            why: row.get("why")?,
            before: json("before")?,
            after: json("after")?,
        };
        Ok::<_, Error>((row.get::<String>("id")?, shown))
    });
    let items = items.collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, limit, |(id, _)| Cursor::encode(id)).map(|(_, row)| row))
}

/// The log could not be read, or the cursor is not ours.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Cursor(#[from] kernel::Problem),
    #[error(transparent)]
    Store(#[from] Error),
}
