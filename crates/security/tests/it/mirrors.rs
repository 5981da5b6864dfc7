//! A mirror that is asked over HTTP: what it answers is taken in as a whole or not at all, and what it does wrong is told.

use std::io::{Cursor, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::SignedDuration;
use kernel::ManualClock;
use security::model::Ecosystem;
use security::{AdvisoryStatus, Here, Mirror};

use crate::bed::{Bed, SOON, document};

/// What the mirror does next.
#[derive(Debug, Clone)]
enum Behaviour {
    /// Gives this archive, unless who asks has it by its tag.
    Serves {
        etag: &'static str,
        archive: Vec<u8>,
    },
    /// Says that more is coming than does.
    BreaksOff(Vec<u8>),
    Fails,
}

#[derive(Debug, Clone)]
struct Remote {
    behaviour: Arc<Mutex<Behaviour>>,
    /// How often a whole archive was given.
    given: Arc<AtomicU64>,
}

async fn answer(State(remote): State<Remote>, headers: HeaderMap) -> Response {
    let behaviour = remote.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Serves { etag, .. } if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag) => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        Behaviour::Serves { etag, archive } => {
            remote.given.fetch_add(1, Ordering::Relaxed);
            ([(header::ETAG, etag)], archive).into_response()
        }
        Behaviour::BreaksOff(archive) => {
            let half = Bytes::from(archive[..archive.len() / 2].to_vec());
            let parts = [Ok(half), Err(std::io::Error::other("gone"))];
            let length = [(header::CONTENT_LENGTH, archive.len().to_string())];
            (length, Body::from_stream(stream::iter(parts))).into_response()
        }
        Behaviour::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn archive(documents: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in documents {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn advisories(count: usize, fixed: &str) -> Vec<u8> {
    archive((0..count).map(|number| {
        let document = document(&format!("GHSA-{number}"), &[], &format!("package-{number}"), fixed, SOON);
        (document.name, document.bytes.unwrap())
    }))
}

struct Mirrored {
    bed: Bed,
    clock: ManualClock,
    remote: Remote,
    mirror: Mirror,
}

impl Mirrored {
    async fn open() -> Self {
        let behaviour = Behaviour::Serves { etag: "\"1\"", archive: advisories(3, "2.0.0") };
        let remote = Remote { behaviour: Arc::new(Mutex::new(behaviour)), given: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/npm/all.zip", axum::routing::get(answer)).with_state(remote.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let mirror = Mirror { url, ecosystems: vec!["npm".into()], every: Duration::MAX, archive_bytes_max: 1 << 20 };
        let clock = ManualClock::at("2026-03-01T00:00:00Z".parse().unwrap());
        let bed = Bed::with(Arc::new(clock.clone()), Arc::new(Here), Some(mirror.clone())).await;
        Self { bed, clock, remote, mirror }
    }

    fn does(&self, behaviour: Behaviour) {
        *self.remote.behaviour.lock().unwrap() = behaviour;
    }

    async fn refresh(&self) -> AdvisoryStatus {
        self.bed.security.refresh(&self.mirror, "npm").await.unwrap();
        self.bed.security.status().await.unwrap()
    }

    /// A day after it was taken in as a whole, it does that: why it is refused. What was known stays, as old as it is.
    async fn refused(&self, behaviour: Behaviour) -> String {
        assert_eq!(self.refresh().await.count, 3);
        self.clock.advance(SignedDuration::from_hours(24));
        self.does(behaviour);
        let status = self.refresh().await;
        assert_eq!((status.count, status.age_seconds.map(f64::round)), (3, Some(86_400.0)), "{status:?}");
        status.ecosystems[0].trouble.clone().expect("why is told")
    }

    async fn end(self) {
        self.bed.end().await;
    }
}

#[tokio::test]
async fn an_archive_that_is_the_same_is_not_given_again_and_renews_the_age() {
    let mirrored = Mirrored::open().await;
    mirrored.refresh().await;
    mirrored.clock.advance(SignedDuration::from_hours(72));
    assert!(mirrored.bed.security.status().await.unwrap().stale);
    let status = mirrored.refresh().await;
    assert_eq!((status.count, status.stale, status.age_seconds.map(f64::round)), (3, false, Some(0.0)));
    assert_eq!(mirrored.remote.given.load(Ordering::Relaxed), 1, "the second time it only said that it is the same");
    mirrored.does(Behaviour::Serves { etag: "\"2\"", archive: advisories(4, "2.0.0") });
    assert_eq!(mirrored.refresh().await.count, 4);
    mirrored.end().await;
}

#[tokio::test]
async fn a_mirror_that_fails_or_breaks_off_is_told_and_what_is_known_stays() {
    let mirrored = Mirrored::open().await;
    let why = mirrored.refused(Behaviour::Fails).await;
    assert!(why.contains("/npm/all.zip cannot be fetched: it answered 500"), "{why}");
    mirrored.end().await;
    let mirrored = Mirrored::open().await;
    let why = mirrored.refused(Behaviour::BreaksOff(advisories(9, "2.0.0"))).await;
    assert!(why.contains("cannot be fetched"), "{why}");
    mirrored.end().await;
}

#[tokio::test]
async fn an_archive_that_is_none_is_refused_as_a_whole() {
    let whole = advisories(9, "3.0.0");
    let broken = [b"<html>".to_vec(), whole[..whole.len() - 40].to_vec(), {
        // The list at its end is whole, and a document is not.
        let mut damaged = whole.clone();
        damaged[60..90].fill(0xff);
        damaged
    }];
    for archive in broken {
        let mirrored = Mirrored::open().await;
        let why = mirrored.refused(Behaviour::Serves { etag: "\"2\"", archive }).await;
        assert!(why.contains("advisories cannot be read"), "{why}");
        mirrored.end().await;
    }
}

#[tokio::test]
async fn an_archive_that_is_too_long_or_has_no_advisory_is_refused() {
    let mirrored = Mirrored::open().await;
    let why = mirrored.refused(Behaviour::Serves { etag: "\"2\"", archive: vec![0; (1 << 20) + 1] }).await;
    assert!(why.contains("it has more than 1 MiB"), "{why}");
    mirrored.end().await;
    let mirrored = Mirrored::open().await;
    let why = mirrored.refused(Behaviour::Serves { etag: "\"2\"", archive: archive([]) }).await;
    assert_eq!(why, "there is no advisory in it");
    mirrored.end().await;
}

#[tokio::test]
async fn documents_that_are_no_advisories_are_kept_aside_and_counted() {
    let mirrored = Mirrored::open().await;
    let good = document("GHSA-1", &[], "left-pad", "1.0.1", SOON);
    let documents = [("good.json".into(), good.bytes.unwrap()), ("bad.json".into(), b"{\"id\": 7}".to_vec())];
    mirrored.does(Behaviour::Serves { etag: "\"1\"", archive: archive(documents) });
    let status = mirrored.refresh().await;
    assert_eq!((status.count, status.quarantined, status.stale), (1, 1, false));
    assert_eq!(status.quarantine[0].path, "all.zip/bad.json");
    mirrored.end().await;
}

#[tokio::test]
async fn however_many_documents_before_them_are_none_the_advisories_are_taken_in() {
    const NONE: usize = 2_500;
    let mirrored = Mirrored::open().await;
    let good = document("GHSA-1", &[], "left-pad", "1.0.1", SOON);
    let none = (0..NONE).map(|number| (format!("{number:04}.json"), b"{}".to_vec()));
    let documents: Vec<_> = none.chain([("good.json".into(), good.bytes.unwrap())]).collect();
    mirrored.does(Behaviour::Serves { etag: "\"1\"", archive: archive(documents.clone()) });
    let status = mirrored.refresh().await;
    assert_eq!((status.count, status.quarantined, status.stale), (1, NONE as u64, false));
    assert_eq!((status.quarantine.len(), status.imports[0].documents), (100, NONE as u64 + 1));
    mirrored.end().await;
    let mirrored = Mirrored::open().await;
    let archive = archive(documents.into_iter().take(NONE));
    let why = mirrored.refused(Behaviour::Serves { etag: "\"2\"", archive }).await;
    assert_eq!(why, "there is no advisory in it");
    assert_eq!(mirrored.bed.security.status().await.unwrap().quarantined, 0, "nothing of it is taken in");
    mirrored.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_ends_half_way_renews_nothing_and_the_next_one_is_whole() {
    const MANY: usize = 6_000;
    let mut mirrored = Mirrored::open().await;
    mirrored.mirror.archive_bytes_max = 64 << 20;
    mirrored.refresh().await;
    mirrored.clock.advance(SignedDuration::from_hours(72));
    mirrored.does(Behaviour::Serves { etag: "\"2\"", archive: advisories(MANY, "2.0.0") });
    let (security, mirror) = (mirrored.bed.security.clone(), mirrored.mirror.clone());
    let refresh = tokio::spawn(async move { security.refresh(&mirror, "npm").await });
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    loop {
        let count = mirrored.bed.security.status().await.unwrap().count;
        if count > 3 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "nothing is taken in");
    }
    refresh.abort();
    assert!(refresh.await.is_err(), "it had not ended");
    let status = mirrored.bed.security.status().await.unwrap();
    assert!(status.count < MANY as u64 && status.stale, "{status:?}");
    let status = mirrored.refresh().await;
    assert_eq!((status.count, status.stale), (MANY as u64, false));
    let age = mirrored.bed.security.age_of(&[Ecosystem::Npm].into()).await.unwrap();
    assert_eq!(age.ecosystems[0].trouble, None);
    mirrored.end().await;
}
