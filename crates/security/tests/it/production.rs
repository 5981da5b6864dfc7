//! Advisories against what is live: findings open once, close, open again, whichever side changes and wherever it is broken off.

use std::time::{Duration, Instant};

use security::{FeedOf, FindingState, Import, Imported, Part, offline};

use crate::bed::{Bed, Document, SOON, by, document, inventory, lines};
use crate::suites;

#[tokio::test]
async fn an_advisory_opens_a_finding_in_what_is_live_and_a_fixed_version_closes_it() {
    let bed = Bed::open().await;
    bed.keep(1, Ok(inventory(&[("left-pad", "0.9.0")]))).await;
    bed.keep(2, Ok(inventory(&[("left-pad", "1.0.0")]))).await;
    bed.keep(3, Ok(inventory(&[("left-pad", "1.0.0"), ("other", "1.0.0")]))).await;
    bed.live(&[3]).await;
    bed.import("1", vec![document("GHSA-1", &["CVE-1"], "left-pad", "1.0.1", SOON)]).await;
    let (found, _) = bed.security.finding("CVE-1").await.unwrap();
    assert_eq!(found.state, FindingState::Open);
    assert_eq!((found.since.deployment, found.since.commit.as_str()), (2, "c2"), "it came with the second");
    assert_eq!(found.bump.as_deref(), Some("1.0.1"));
    assert_eq!(bed.security.without(&found.flaw, "shop", 3).await.unwrap(), Vec::<u64>::new(), "0.9.0 has it too");
    bed.keep(4, Ok(inventory(&[("left-pad", "1.0.1")]))).await;
    bed.live(&[4]).await;
    assert_eq!(bed.states().await, [("GHSA-1 1.0.0".into(), FindingState::Closed)]);
    bed.live(&[3]).await;
    assert_eq!(bed.history("GHSA-1").await, ["opened", "closed", "reopened"]);
    bed.end().await;
}

#[tokio::test]
async fn an_earlier_version_without_the_package_is_one_to_go_back_to() {
    let bed = Bed::open().await;
    bed.keep(1, Ok(inventory(&[("other", "1.0.0")]))).await;
    bed.keep(2, Err("nobody knows".into())).await;
    bed.keep(3, Ok(inventory(&[("left-pad", "1.0.0")]))).await;
    bed.live(&[3]).await;
    bed.import("1", vec![document("GHSA-1", &[], "left-pad", "1.0.1", SOON)]).await;
    let (found, _) = bed.security.finding("GHSA-1").await.unwrap();
    assert_eq!(bed.security.without(&found.flaw, "shop", 3).await.unwrap(), [1], "of the second nothing is known");
    bed.end().await;
}

#[tokio::test]
async fn one_flaw_in_two_databases_is_one_finding_and_one_that_is_withdrawn_closes() {
    let bed = Bed::open().await;
    bed.keep(1, Ok(inventory(&[("left-pad", "1.0.0")]))).await;
    bed.live(&[1]).await;
    bed.import("1", vec![document("CVE-1", &[], "left-pad", "1.0.1", SOON)]).await;
    bed.import("2", vec![document("GHSA-1", &["CVE-1"], "left-pad", "1.0.1", SOON)]).await;
    assert_eq!(bed.states().await, [("GHSA-1 1.0.0".into(), FindingState::Open)]);
    assert_eq!(bed.history("CVE-1").await, ["opened", "changed"]);
    let mut withdrawn = vec![];
    for id in ["CVE-1", "GHSA-1"] {
        let document = document(id, &["CVE-1"], "left-pad", "1.0.1", SOON).bytes.unwrap();
        let text = String::from_utf8(document).unwrap().replacen('{', "{\"withdrawn\":\"2026-02-01T00:00:00Z\",", 1);
        withdrawn.push(Document { name: id.into(), bytes: Ok(text.into_bytes()) });
    }
    bed.import("3", withdrawn).await;
    let (found, _) = bed.security.finding("GHSA-1").await.unwrap();
    assert_eq!(found.closed_why.as_deref(), Some("no advisory speaks of this version any more"));
    bed.end().await;
}

#[tokio::test]
async fn the_same_import_again_changes_nothing_and_an_older_one_takes_nothing_back() {
    let bed = Bed::open().await;
    let old = || vec![document("GHSA-1", &[], "left-pad", "1.0.1", "2026-01-01T00:00:00Z")];
    let new = || vec![document("GHSA-1", &[], "left-pad", "1.0.2", SOON)];
    assert_eq!(bed.import("1", old()).await, Imported { documents: 1, added: 1, ..Imported::default() });
    assert_eq!(bed.import("2", new()).await, Imported { documents: 1, changed: 1, ..Imported::default() });
    assert_eq!(bed.import("3", new()).await, Imported { documents: 1, same: 1, ..Imported::default() });
    assert_eq!(bed.import("4", old()).await, Imported { documents: 1, older: 1, ..Imported::default() });
    bed.end().await;
}

#[tokio::test]
async fn what_is_no_advisory_is_kept_aside_and_counted() {
    let bed = Bed::open().await;
    let bad = Document { name: "bad\u{1b}.json".into(), bytes: Ok(b"{".to_vec()) };
    let unread = Document { name: "huge.json".into(), bytes: Err("it has more than 16 MiB".into()) };
    let good = document("GHSA-1", &[], "left-pad", "1.0.1", SOON);
    let imported = bed.import("1", vec![bad, good, unread]).await;
    assert_eq!((imported.documents, imported.added, imported.quarantined), (3, 1, 2));
    let status = bed.security.status().await.unwrap();
    assert_eq!((status.count, status.quarantined, status.stale), (1, 2, false));
    let paths: Vec<&str> = status.quarantine.iter().map(|document| document.path.as_str()).collect();
    assert_eq!(paths, ["bad\u{fffd}.json", "huge.json"]);
    bed.end().await;
}

#[tokio::test]
async fn what_is_live_and_not_known_is_said() {
    let bed = Bed::open().await;
    assert!(bed.security.status().await.unwrap().stale, "without advisories nothing is known");
    bed.keep(1, Err("package-lock.json:3:1: it was cut off".into())).await;
    bed.live(&[1]).await;
    let unknown = bed.security.unknown().await.unwrap();
    assert_eq!((unknown.len(), unknown[0].reason.contains("cut off")), (1, true), "{unknown:?}");
    bed.end().await;
}

/// A small generator, so that a moment can be met again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// Breaks an import off at fifty moments, each time taking it up again from the beginning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_broken_off_anywhere_converges_and_opens_each_finding_once() {
    let seed = std::env::var("TRUNKLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}");
    let mut random = Random(seed);
    let bed = Bed::open().await;
    let names: Vec<String> = (0..120).map(|number| format!("package-{number}")).collect();
    let packages: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    bed.keep(1, Ok(inventory(&packages))).await;
    bed.live(&[1]).await;
    let documents = |round: u64| -> Vec<Document> {
        // Newer each time, so that there is something to write in every round.
        let modified = format!("2026-01-01T00:{:02}:{:02}Z", round / 60, round % 60);
        names.iter().map(|name| document(&format!("GHSA-{name}"), &[], name, "2.0.0", &modified)).collect()
    };
    let mut broken = 0;
    for round in 0..50 {
        let security = bed.security.clone();
        let part = documents(round);
        let task = tokio::spawn(async move {
            let import = Import {
                source: "here".into(),
                id: round.to_string(),
                part: Part::Last { etag: None },
                feed_of: FeedOf::Whatever,
            };
            security.import(&import, lines(part), &by()).await.map(drop)
        });
        tokio::time::sleep(Duration::from_micros(random.below(150_000))).await;
        task.abort();
        broken += u64::from(task.await.is_err());
    }
    bed.import("last", documents(50)).await;
    let findings = bed.security.findings().await.unwrap();
    assert_eq!(findings.len(), names.len());
    for found in &findings {
        let history = bed.history(&found.key).await;
        let opened = history.iter().filter(|what| *what == "opened").count();
        assert_eq!((found.state, opened), (FindingState::Open, 1), "{}: {history:?}", found.flaw.id);
    }
    assert!(broken > 0, "no import was broken off: the moments are wrong");
    println!("{broken} of 50 imports were broken off");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_the_advisories_are_imported_in_seconds_and_found_in_what_is_live_at_once() {
    let Some(osv) = suites::path("osv") else { return };
    let bed = Bed::open().await;
    let mut documents = Vec::new();
    offline::each::<kernel::Problem>(&osv, &mut |name, bytes| {
        documents.push(Document { name, bytes });
        Ok(())
    })
    .unwrap();
    let count = documents.len();
    let began = Instant::now();
    let mut documents = documents.into_iter();
    let mut imported = Imported::default();
    while documents.len() > 0 {
        let part: Vec<_> = documents.by_ref().take(2_000).collect();
        let last = if documents.len() == 0 { Part::Last { etag: None } } else { Part::More };
        let import = Import { source: "osv".into(), id: "1".into(), part: last, feed_of: FeedOf::Whatever };
        imported = bed.security.import(&import, lines(part), &by()).await.unwrap();
    }
    println!("{count} documents in {:?}", began.elapsed());
    assert_eq!(imported.documents, count as u64);
    bed.keep(1, Ok(inventory(&[("lodash", "4.17.4")]))).await;
    bed.live(&[1]).await;
    let before = bed.security.findings().await.unwrap().len();
    let began = Instant::now();
    bed.import("2", vec![document("GHSA-new", &[], "lodash", "9.0.0", SOON)]).await;
    let joined = began.elapsed();
    println!("one more is found in {joined:?}");
    assert_eq!(bed.security.findings().await.unwrap().len(), before + 1);
    assert!(joined < Duration::from_secs(2), "{joined:?}");
    bed.end().await;
}
