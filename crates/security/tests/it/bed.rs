//! What the tests of a whole security need: a store, inventories, advisories.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use kernel::{Clock, SystemClock};
use security::model::inventory::Scanned;
use security::model::{Ecosystem, Inventory, Package};
use security::{
    By, Deployed, FeedOf, FindingState, Here, Import, Imported, Line, Mirror, Options, Part, Reader, Security,
};
use storage::testing::TestDb;

/// A document as it is sent.
pub(crate) struct Document {
    pub(crate) name: String,
    /// Or why it could not be read.
    pub(crate) bytes: Result<Vec<u8>, String>,
}

/// Documents as they are sent.
pub(crate) fn lines(documents: Vec<Document>) -> Vec<u8> {
    let mut lines = Vec::new();
    for Document { name, bytes } in documents {
        let (document, unreadable) = match bytes {
            Ok(bytes) => (Some(String::from_utf8(bytes).unwrap()), None),
            Err(why) => (None, Some(why)),
        };
        serde_json::to_writer(&mut lines, &Line { name, document, unreadable }).unwrap();
        lines.push(b'\n');
    }
    lines
}

/// Security over a store of its own.
pub(crate) struct Bed {
    test: TestDb,
    pub(crate) security: Security,
}

pub(crate) fn by() -> By {
    By { who: "ann".into(), why: None }
}

pub(crate) fn inventory(packages: &[(&str, &str)]) -> Inventory {
    let packages =
        packages.iter().map(|(name, version)| Package::registered(Ecosystem::Npm, *name, *version)).collect();
    Inventory { files: vec![Scanned::lockfile("package-lock.json", packages)], ..Inventory::default() }
}

/// An advisory of npm: `package` is affected before `fixed`.
pub(crate) fn document(id: &str, aliases: &[&str], package: &str, fixed: &str, modified: &str) -> Document {
    let text = serde_json::json!({
        "id": id, "modified": modified, "aliases": aliases, "summary": format!("{package} is bad"),
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
            "database_specific": { "severity": "HIGH" },
        }],
    });
    Document { name: format!("{id}.json"), bytes: Ok(text.to_string().into_bytes()) }
}

pub(crate) const SOON: &str = "2026-01-02T00:00:00Z";

impl Bed {
    pub(crate) async fn open() -> Self {
        Self::with(Arc::new(SystemClock), Arc::new(Here), None).await
    }

    pub(crate) async fn with(clock: Arc<dyn Clock>, reader: Arc<dyn Reader>, mirror: Option<Mirror>) -> Self {
        let test = storage::testing::sqlite().await;
        test.db.migrate(&[security::MIGRATIONS]).await.unwrap();
        let scratch = std::env::temp_dir();
        let security = Security::open(Options { db: test.db.clone(), clock, reader, mirror, scratch });
        Self { test, security }
    }

    pub(crate) async fn keep(&self, number: u64, inventory: Result<Inventory, String>) {
        let deployed = Deployed {
            deployment: number,
            service: "shop".into(),
            repository: "shop".into(),
            commit: format!("c{number}"),
            digest: format!("sha256:{number}"),
            since: Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap()).unwrap(),
        };
        self.security.keep(&deployed, inventory).await.unwrap();
    }

    pub(crate) async fn live(&self, numbers: &[u64]) {
        self.security.live(&numbers.iter().copied().collect::<BTreeSet<_>>()).await.unwrap();
    }

    pub(crate) async fn import(&self, id: &str, documents: Vec<Document>) -> Imported {
        let import =
            Import { source: "here".into(), id: id.into(), part: Part::Last { etag: None }, feed_of: FeedOf::Whatever };
        self.security.import(&import, lines(documents), &by()).await.unwrap()
    }

    pub(crate) async fn states(&self) -> Vec<(String, FindingState)> {
        let findings = self.security.findings().await.unwrap();
        findings.into_iter().map(|found| (format!("{} {}", found.flaw.id, found.flaw.version), found.state)).collect()
    }

    /// What happened to the only finding.
    pub(crate) async fn history(&self, name: &str) -> Vec<String> {
        let (_, history) = self.security.finding(name).await.unwrap();
        history.into_iter().map(|event| event.what).collect()
    }

    pub(crate) async fn end(self) {
        drop(self.security);
        self.test.db.close().await;
    }
}
