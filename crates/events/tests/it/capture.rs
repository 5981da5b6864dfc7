//! Capture over a real write-ahead log.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::{Bearer, Role, Tokens};
use axum::body::Body;
use columnar::wal::{Options, Place, Reader, Writer};
use events::record::Record;
use events::{Capture, CaptureOptions, Limits};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

const TOKEN: &str = "tl_client_it";

fn capture(folder: &Path, queue_bytes: usize) -> Capture {
    let options =
        Options { folder: folder.to_owned(), seal_bytes: 1 << 20, seal_after: Duration::from_mins(1), queue_bytes };
    let bearer = Bearer { id: "c".into(), role: Role::Client, deployment: None };
    Capture::new(CaptureOptions {
        log: Writer::open(options).unwrap(),
        clock: Arc::new(kernel::SystemClock),
        tokens: Tokens::of([(TOKEN, bearer)]),
        limits: Limits::default(),
        static_files: None,
    })
}

async fn send(capture: &Capture, events: usize) -> StatusCode {
    let event = |n: usize| format!(r#"{{"event":"seen","distinct_id":"p-{n}","properties":{{"n":{n}}}}}"#);
    let batch: Vec<_> = (0..events).map(event).collect();
    let body = format!(r#"{{"api_key":"{TOKEN}","batch":[{}]}}"#, batch.join(","));
    capture.router().oneshot(Request::post("/batch/").body(Body::from(body)).unwrap()).await.unwrap().status()
}

fn written(folder: &Path) -> Vec<Record> {
    let batch = Reader::open(folder).read(Place::default(), 100 << 20).unwrap();
    batch.records.iter().map(|bytes| Record::decode(bytes).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_with_success_is_in_the_log_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path(), 64 << 20);
    assert_eq!(send(&capture, 300).await, StatusCode::OK);
    let persons: Vec<_> = written(folder.path())
        .into_iter()
        .map(|record| if let Record::Event(event) = record { event.distinct_id } else { panic!("{record:?}") })
        .collect();
    assert_eq!(persons, (0..300).map(|n| format!("p-{n}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_all_there_each_whole() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path(), 64 << 20);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let capture = capture.clone();
        all.spawn(async move { send(&capture, 20).await });
    }
    assert!(all.join_all().await.into_iter().all(|status| status == StatusCode::OK));
    assert_eq!(written(folder.path()).len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_full_takes_nothing_of_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture(folder.path(), 2_000);
    assert_eq!(send(&capture, 100).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(send(&capture, 1).await, StatusCode::OK);
    assert_eq!(written(folder.path()).len(), 1);
}
