//! Of which ecosystems each source is a feed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use storage::{Db, Error, Tx, args};

use crate::model::Ecosystem;
use crate::model::freshness::Carried;

/// An import met so many documents of an ecosystem more.
pub(crate) async fn met(
    tx: &mut Tx,
    (source, import): (&str, &str),
    ecosystem: &Ecosystem,
    documents: u64,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO security_carried (source, ecosystem, import, counted, documents, renewed) VALUES ($1, $2, $3, $4, 0, NULL)
         ON CONFLICT (source, ecosystem) DO UPDATE SET import = $3, counted =
             CASE WHEN security_carried.import = $3 THEN security_carried.counted + $4 ELSE $4 END",
        args![source, ecosystem.name(), import, documents],
    )
    .await?;
    Ok(())
}

/// The import ended: what it met is all that its source has.
pub(crate) async fn ended(tx: &mut Tx, source: &str, import: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE security_carried SET documents = counted, renewed = $3 WHERE source = $1 AND import = $2";
    tx.execute(sql, args![source, import, now]).await?;
    tx.execute("DELETE FROM security_carried WHERE source = $1 AND import <> $2", args![source, import]).await?;
    Ok(())
}

/// A source has nothing new.
pub(crate) async fn renewed(tx: &mut Tx, source: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE security_carried SET renewed = $2 WHERE source = $1 AND renewed IS NOT NULL";
    tx.execute(sql, args![source, now]).await?;
    Ok(())
}

/// What sources had when they were last read as a whole.
pub(crate) async fn all(db: &Db) -> Result<BTreeMap<Ecosystem, Vec<Carried>>, Error> {
    let sql = "SELECT * FROM security_carried WHERE renewed IS NOT NULL ORDER BY ecosystem, source";
    let mut all: BTreeMap<Ecosystem, Vec<Carried>> = BTreeMap::new();
    for row in db.all(sql, args![]).await? {
        let carried =
            Carried { source: row.get("source")?, documents: row.get("documents")?, renewed: row.get("renewed")? };
        all.entry(Ecosystem::named(&row.get::<String>("ecosystem")?)).or_default().push(carried);
    }
    Ok(all)
}
