//! Values that go into statements and come out of rows, the same for both engines.

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};

use crate::Error;

/// An argument of a statement. Nulls are typed, since PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
    Real(Option<f64>),
}

/// The arguments `$1`, `$2`, … of a statement: `args![name, at, Some(count)]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

macro_rules! from {
    ($type:ty, $variant:ident, $convert:expr) => {
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some($convert(value)))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map($convert))
            }
        }
    };
}

from!(String, Text, |v| v);
from!(&str, Text, str::to_owned);
from!(i64, Int, |v| v);
from!(i32, Int, i64::from);
from!(u32, Int, i64::from);
from!(u64, Int, |v: u64| i64::try_from(v).unwrap_or(i64::MAX));
from!(bool, Bool, |v| v);
from!(Vec<u8>, Bytes, |v| v);
from!(f64, Real, |v| v);
from!(Timestamp, Int, Timestamp::as_microsecond);
from!(serde_json::Value, Text, |v: serde_json::Value| v.to_string());

/// One row of an answer.
#[derive(Debug)]
pub struct Row(pub(crate) Inner);

pub(crate) enum Inner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "SqliteRow",
            Self::Postgres(_) => "PgRow",
        })
    }
}

impl Row {
    /// The value of a column, which must be there and of that type.
    pub fn get<T: Column>(&self, column: &str) -> Result<T, Error> {
        T::read(self, column)
    }

    fn is_null(&self, column: &str) -> Result<bool, Error> {
        let at = |source| Error::Column { column: column.to_owned(), source };
        match &self.0 {
            Inner::Sqlite(row) => Ok(row.try_get_raw(column).map_err(at)?.is_null()),
            Inner::Postgres(row) => Ok(row.try_get_raw(column).map_err(at)?.is_null()),
        }
    }
}

/// A type that a column can be read as.
pub trait Column: Sized {
    /// Reads `column` of `row`.
    fn read(row: &Row, column: &str) -> Result<Self, Error>;
}

macro_rules! column {
    ($($type:ty),*) => { $(
        impl Column for $type {
            fn read(row: &Row, column: &str) -> Result<Self, Error> {
                if row.is_null(column)? {
                    // SQLite would give 0 or an empty text.
                    return Err(Error::decode_text(column, "null".to_owned()));
                }
                let at = |source| Error::Column { column: column.to_owned(), source };
                match &row.0 {
                    Inner::Sqlite(row) => row.try_get(column).map_err(at),
                    Inner::Postgres(row) => row.try_get(column).map_err(at),
                }
            }
        }
    )* };
}

column!(String, i64, bool, Vec<u8>, f64);

impl<T: Column> Column for Option<T> {
    fn read(row: &Row, column: &str) -> Result<Self, Error> {
        if row.is_null(column)? { Ok(None) } else { T::read(row, column).map(Some) }
    }
}

impl Column for u64 {
    fn read(row: &Row, column: &str) -> Result<Self, Error> {
        let value = i64::read(row, column)?;
        Self::try_from(value).map_err(|_| Error::decode_text(column, format!("{value} is negative")))
    }
}

impl Column for u32 {
    fn read(row: &Row, column: &str) -> Result<Self, Error> {
        let value = i64::read(row, column)?;
        Self::try_from(value).map_err(|_| Error::decode_text(column, format!("{value} does not fit 32 bits")))
    }
}

impl Column for Timestamp {
    fn read(row: &Row, column: &str) -> Result<Self, Error> {
        let microseconds = i64::read(row, column)?;
        Self::from_microsecond(microseconds).map_err(|source| Error::decode_text(column, source.to_string()))
    }
}

impl Column for serde_json::Value {
    fn read(row: &Row, column: &str) -> Result<Self, Error> {
        serde_json::from_str(&String::read(row, column)?).map_err(|source| Error::decode(column, &source))
    }
}
