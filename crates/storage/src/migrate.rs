//! Migrations, per context: applied once, in order, each in a transaction, and never changed afterwards.

use sqlx::raw_sql;

use crate::db::TxInner;
use crate::{Db, Error, Tx, args};

/// The scripts of one context, in order. The same text runs on both engines.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    pub context: &'static str,
    /// (name, SQL), for example `("0001_init", include_str!("../migrations/0001_init.sql"))`
    pub scripts: &'static [(&'static str, &'static str)],
}

/// The platform's own tables.
const PLATFORM: Migrations =
    Migrations { context: "platform", scripts: &[("0001_init", include_str!("../migrations/0001_init.sql"))] };

const REGISTER: &str = "CREATE TABLE IF NOT EXISTS platform_migration (
    context TEXT NOT NULL, name TEXT NOT NULL, checksum BIGINT NOT NULL, PRIMARY KEY (context, name))";

/// One of several control planes migrates at a time; the number means nothing.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7263510001)";

impl Db {
    /// Brings the platform's tables and those of the given contexts up to date. Safe to call at every start.
    pub async fn migrate(&self, contexts: &[Migrations]) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        tx.script(REGISTER).await?;
        tx.commit().await?;
        for context in std::iter::once(&PLATFORM).chain(contexts) {
            self.migrate_context(context).await?;
        }
        Ok(())
    }

    async fn migrate_context(&self, migrations: &Migrations) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        if matches!(tx.inner, TxInner::Postgres(_)) {
            tx.all(POSTGRES_LOCK, args![]).await?;
        }
        let applied = applied(&mut tx, migrations.context).await?;
        if let Some((name, _)) =
            applied.iter().find(|(name, _)| !migrations.scripts.iter().any(|(known, _)| known == name))
        {
            return Err(Error::Newer { context: migrations.context.to_owned(), name: name.clone() });
        }
        for (name, sql) in migrations.scripts {
            let checksum = checksum(sql);
            match applied.iter().find(|(known, _)| known == name) {
                Some((_, recorded)) if *recorded == checksum => {}
                Some(_) => {
                    return Err(Error::Changed { context: migrations.context.to_owned(), name: (*name).to_owned() });
                }
                None => {
                    tx.script(sql).await?;
                    tx.execute(
                        "INSERT INTO platform_migration (context, name, checksum) VALUES ($1, $2, $3)",
                        args![migrations.context, *name, checksum],
                    )
                    .await?;
                }
            }
        }
        tx.commit().await
    }
}

async fn applied(tx: &mut Tx, context: &str) -> Result<Vec<(String, i64)>, Error> {
    let rows = tx
        .all("SELECT name, checksum FROM platform_migration WHERE context = $1 ORDER BY name", args![context])
        .await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("checksum")?))).collect()
}

/// FNV-1a of the text without white space at line ends, as a signed number that both engines keep.
fn checksum(sql: &str) -> i64 {
    let text = sql.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    i64::from_ne_bytes(hash.to_ne_bytes())
}

impl Tx {
    /// Runs several statements without arguments.
    async fn script(&mut self, sql: &'static str) -> Result<(), Error> {
        let failed = Error::database("migrate");
        match &mut self.inner {
            TxInner::Sqlite(tx) => raw_sql(sql).execute(&mut **tx).await.map(|_| ()).map_err(failed),
            TxInner::Postgres(tx) => raw_sql(sql).execute(&mut **tx).await.map(|_| ()).map_err(failed),
        }
    }
}
