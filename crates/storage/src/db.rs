//! The control store on either engine: reads from a pool, writes one transaction at a time.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, Transaction, query};
use tokio::sync::watch;

use crate::value::Inner;
use crate::{Error, Row, Value};

/// Connections that read; SQLite readers never wait for the writer.
const READERS: u32 = 4;
/// How long a statement waits for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(5);
/// How long a caller waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(30);

/// Which engine holds the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// `sqlite` or `postgres`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The control store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pub(crate) pools: Pools,
    changed: Arc<watch::Sender<u64>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// One writer and several readers of one file.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut statement = query($sql);
        for value in $args {
            statement = match value {
                Value::Text(value) => statement.bind(value),
                Value::Int(value) => statement.bind(value),
                Value::Bool(value) => statement.bind(value),
                Value::Bytes(value) => statement.bind(value),
                Value::Real(value) => statement.bind(value),
            };
        }
        statement
    }};
}

impl Db {
    /// Opens `sqlite:PATH` (made if it is not there) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let pools = if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgPoolOptions::new().max_connections(2 * READERS).acquire_timeout(ACQUIRE);
            Pools::Postgres(options.connect(url).await.map_err(Error::database("connect to PostgreSQL"))?)
        } else {
            return Err(Error::Address { url: url.to_owned() });
        };
        Ok(Self { pools, changed: Arc::new(watch::Sender::new(0)) })
    }

    async fn open_sqlite(url: &str) -> Result<Pools, Error> {
        let failed = || Error::database("open the SQLite file");
        let options = SqliteConnectOptions::from_str(url)
            .map_err(failed())?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("journal_size_limit", "67108864");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .after_release(|writer, _| Box::pin(is_sound(writer)));
        let writer = writer.connect_with(options.clone()).await.map_err(failed())?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE);
        let readers = readers.connect_with(options.read_only(true)).await.map_err(failed())?;
        Ok(Pools::Sqlite { writer, readers })
    }

    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a read.
    pub async fn all(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, Error> {
        let failed = Error::database("read");
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let rows = bound!(sql, args).fetch_all(readers).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Sqlite(row))).collect())
            }
            Pools::Postgres(pool) => {
                let rows = bound!(sql, args).fetch_all(pool).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Postgres(row))).collect())
            }
        }
    }

    /// The first row of a read.
    pub async fn one(&self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>, Error> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Begins a write. On SQLite there is one at a time; it waits for its turn and never fails half way for a lock.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let failed = Error::database("begin a transaction");
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                TxInner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?)
            }
            Pools::Postgres(pool) => TxInner::Postgres(pool.begin().await.map_err(failed)?),
        };
        Ok(Tx { inner, changed: Arc::clone(&self.changed) })
    }

    /// Changes its value after every commit: wakes whoever reads the outbox. It carries no data and may skip values.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Closes all connections; later calls fail.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Whether a writer that comes back may be used again. On a full disk SQLite ends a transaction by itself; the driver then
/// believes for ever that it is within it, and such a connection is closed.
async fn is_sound(writer: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // What a dropped transaction still has to undo is undone before this returns.
    writer.ping().await?;
    Ok(!writer.is_in_transaction())
}

/// A write transaction of one context. Dropping it without [`Tx::commit`] undoes it.
#[derive(Debug)]
pub struct Tx {
    pub(crate) inner: TxInner,
    changed: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
pub(crate) enum TxInner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self.inner {
            TxInner::Sqlite(_) => Engine::Sqlite,
            TxInner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, args: Vec<Value>) -> Result<u64, Error> {
        let failed = Error::database("write");
        match &mut self.inner {
            TxInner::Sqlite(tx) => Ok(bound!(sql, args).execute(&mut **tx).await.map_err(failed)?.rows_affected()),
            TxInner::Postgres(tx) => Ok(bound!(sql, args).execute(&mut **tx).await.map_err(failed)?.rows_affected()),
        }
    }

    /// All rows, with what this transaction wrote.
    pub async fn all(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, Error> {
        let failed = Error::database("read in a transaction");
        match &mut self.inner {
            TxInner::Sqlite(tx) => {
                let rows = bound!(sql, args).fetch_all(&mut **tx).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Sqlite(row))).collect())
            }
            TxInner::Postgres(tx) => {
                let rows = bound!(sql, args).fetch_all(&mut **tx).await.map_err(failed)?;
                Ok(rows.into_iter().map(|row| Row(Inner::Postgres(row))).collect())
            }
        }
    }

    /// The first row, with what this transaction wrote.
    pub async fn one(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>, Error> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Makes it durable, then wakes readers of the outbox.
    pub async fn commit(self) -> Result<(), Error> {
        let failed = Error::database("commit");
        match self.inner {
            TxInner::Sqlite(tx) => tx.commit().await.map_err(failed)?,
            TxInner::Postgres(tx) => tx.commit().await.map_err(failed)?,
        }
        self.changed.send_modify(|n| *n += 1);
        Ok(())
    }
}
