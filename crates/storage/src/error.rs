//! What can go wrong with the control store.

/// An operation of the control store failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("failed to {operation}")]
    Database {
        operation: &'static str,
        #[source]
        source: sqlx::Error,
    },
    #[error("cannot read column {column}")]
    Column {
        column: String,
        #[source]
        source: sqlx::Error,
    },
    #[error("column {column} holds {what}, which is not what was written")]
    Decode { column: String, what: String },
    #[error("{url} is neither sqlite:PATH nor postgres://…")]
    Address { url: String },
    #[error(
        "the applied migration {context}/{name} is not the one in this program: it was changed after it was released"
    )]
    Changed { context: String, name: String },
    #[error(
        "the store has the migration {context}/{name}, which this program does not know: it was used by a newer one"
    )]
    Newer { context: String, name: String },
    #[error("failed to write the backup {path}")]
    Backup {
        path: std::path::PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// A JSON column that cannot be read.
    pub fn decode(column: &str, source: &serde_json::Error) -> Self {
        Self::decode_text(column, source.to_string())
    }

    pub(crate) fn decode_text(column: &str, what: String) -> Self {
        Self::Decode { column: column.to_owned(), what }
    }

    pub(crate) fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source }
    }
}
