//! How old what an answer rests on is: by ecosystem, so that one that is dead is not hidden by others that are fetched every hour.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kernel::ManualClock;
use security::model::freshness::FeedState;
use security::model::inventory::Scanned;
use security::model::{Ecosystem, Inventory, Package};
use security::{FeedAge, FeedOf, Here, Import, Part};

use crate::bed::{Bed, Document, by, inventory, lines};

/// An advisory of these ecosystems' package `a`.
fn document(id: &str, ecosystems: &[&str]) -> Document {
    let affected: Vec<_> = ecosystems
        .iter()
        .map(|ecosystem| serde_json::json!({ "package": { "ecosystem": ecosystem, "name": "a" }, "versions": ["1.0.0"] }))
        .collect();
    let text = serde_json::json!({ "id": id, "modified": "2026-01-01T00:00:00Z", "affected": affected });
    Document { name: format!("{id}.json"), bytes: Ok(text.to_string().into_bytes()) }
}

struct Aged {
    bed: Bed,
    clock: ManualClock,
    imports: u64,
}

impl Aged {
    async fn open() -> Self {
        let clock = ManualClock::at("2026-03-01T00:00:00Z".parse().unwrap());
        Self { bed: Bed::with(Arc::new(clock.clone()), Arc::new(Here), None).await, clock, imports: 0 }
    }

    async fn part(&mut self, source: &str, documents: Vec<Document>, part: Part, feed_of: FeedOf) {
        let import = Import { source: source.into(), id: self.imports.to_string(), part, feed_of };
        self.bed.security.import(&import, lines(documents), &by()).await.unwrap();
    }

    async fn import(&mut self, source: &str, documents: Vec<Document>) {
        self.imports += 1;
        self.part(source, documents, Part::Last { etag: None }, FeedOf::Whatever).await;
    }

    fn pass(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    async fn age(&self, ecosystems: &[Ecosystem]) -> FeedAge {
        self.bed.security.age_of(&ecosystems.iter().cloned().collect::<BTreeSet<_>>()).await.unwrap()
    }

    async fn end(self) {
        self.bed.end().await;
    }
}

fn days(age: &FeedAge) -> Option<u64> {
    age.age_seconds.map(|seconds| Duration::from_secs_f64(seconds).as_secs() / 86_400)
}

#[tokio::test]
async fn a_dead_feed_is_not_hidden_by_one_that_is_fresh() {
    let mut aged = Aged::open().await;
    aged.import("crates", vec![document("RUSTSEC-1", &["crates.io"])]).await;
    aged.pass(40);
    aged.import("npm", vec![document("GHSA-1", &["npm"])]).await;
    let age = aged.age(&[Ecosystem::CratesIo, Ecosystem::Npm]).await;
    assert_eq!((days(&age), age.stale), (Some(40), true));
    let wanted = "2 advisories; crates.io is stale: brought up to date 40 days ago, what is new since then is not known; \
                  npm brought up to date 0 seconds ago";
    assert_eq!(age.sentence, wanted);
    let npm = aged.age(&[Ecosystem::Npm]).await;
    assert_eq!((days(&npm), npm.stale), (Some(0), false), "an answer about npm does not rest on the other");
    aged.end().await;
}

#[tokio::test]
async fn an_ecosystem_without_a_feed_is_named() {
    let mut aged = Aged::open().await;
    aged.import("npm", vec![document("GHSA-1", &["npm"])]).await;
    let age = aged.age(&[Ecosystem::Npm, Ecosystem::PyPi]).await;
    assert!(
        age.stale && age.sentence.contains("there is no feed of PyPI, so nothing of it is known"),
        "{}",
        age.sentence
    );
    let states: Vec<FeedState> = age.ecosystems.iter().map(|feed| feed.state).collect();
    assert_eq!(states, [FeedState::Fresh, FeedState::Missing]);
    aged.end().await;
}

#[tokio::test]
async fn a_document_of_somebodys_own_renews_no_feed() {
    let mut aged = Aged::open().await;
    let feed = (0..10).map(|number| document(&format!("GHSA-{number}"), &["npm"])).collect();
    aged.import("npm", feed).await;
    aged.pass(40);
    aged.import("own", vec![document("OWN-1", &["npm"])]).await;
    assert_eq!(days(&aged.age(&[Ecosystem::Npm]).await), Some(40));
    aged.end().await;
}

#[tokio::test]
async fn an_import_that_is_broken_off_renews_nothing() {
    let mut aged = Aged::open().await;
    aged.import("npm", vec![document("GHSA-1", &["npm"])]).await;
    aged.pass(3);
    aged.imports += 1;
    aged.part("npm", vec![document("GHSA-2", &["npm"])], Part::More, FeedOf::Whatever).await;
    let age = aged.age(&[Ecosystem::Npm]).await;
    assert_eq!((days(&age), age.stale), (Some(3), true));
    aged.part("npm", vec![], Part::Last { etag: None }, FeedOf::Whatever).await;
    assert_eq!(days(&aged.age(&[Ecosystem::Npm]).await), Some(0));
    aged.end().await;
}

#[tokio::test]
async fn what_a_mirrors_archive_says_of_other_ecosystems_is_no_feed_of_them() {
    let mut aged = Aged::open().await;
    let both = vec![document("GHSA-1", &["npm", "PyPI"])];
    aged.part("npm", both, Part::Last { etag: None }, FeedOf::One(Ecosystem::Npm)).await;
    assert!(!aged.age(&[Ecosystem::Npm]).await.stale);
    assert!(aged.age(&[Ecosystem::PyPi]).await.stale);
    let packages = vec![Package::registered(Ecosystem::PyPi, "b", "1.0.0")];
    let python = Inventory { files: vec![Scanned::lockfile("uv.lock", packages)], ..Inventory::default() };
    let report = aged.bed.security.judge(&python).await.unwrap();
    assert!(!report.coverage.is_complete(), "nobody can say what else there is of PyPI: {report:?}");
    aged.end().await;
}

#[tokio::test]
async fn the_status_is_as_old_as_the_oldest_feed_of_what_is_live_and_says_what_has_none() {
    let mut aged = Aged::open().await;
    let mut made = inventory(&[("a", "1.0.0")]);
    let packages = vec![Package::registered(Ecosystem::PyPi, "b", "1.0.0")];
    made.files.push(Scanned::lockfile("uv.lock", packages));
    aged.bed.keep(1, Ok(made)).await;
    aged.bed.live(&[1]).await;
    aged.import("npm", vec![document("GHSA-1", &["npm"]), document("GO-1", &["Go"])]).await;
    aged.pass(5);
    aged.import("go", vec![document("GO-1", &["Go"])]).await;
    let status = aged.bed.security.status().await.unwrap();
    assert_eq!((status.age_seconds, status.stale), (Some(5.0 * 86_400.0), true), "{}", status.sentence);
    let unknown: Vec<&str> = status.unknown.iter().filter_map(|gap| gap.path.as_deref()).collect();
    assert_eq!(unknown, ["uv.lock"], "nothing is found in it, because nobody knows anything of it");
    assert_eq!(aged.bed.security.age_in(&[1]).await.unwrap().ecosystems.len(), 2);
    aged.end().await;
}
