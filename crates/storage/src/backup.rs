//! A consistent copy of the control store while it is in use.

use std::path::Path;

use sqlx::query;

use crate::Db;
use crate::Error;
use crate::db::Pools;

impl Db {
    /// Writes a copy to `path`, which must not be there. SQLite only: PostgreSQL has its own tools, and the answer is
    /// `false` there.
    pub async fn backup(&self, path: &Path) -> Result<bool, Error> {
        let Pools::Sqlite { writer, .. } = &self.pools else { return Ok(false) };
        query("VACUUM INTO $1")
            .bind(path.display().to_string())
            .execute(writer)
            .await
            .map_err(Error::database("copy the SQLite file"))?;
        Ok(true)
    }
}
