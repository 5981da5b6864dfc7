//! Hostile and oversized input, and quotas.

use std::io::Write as _;
use std::net::IpAddr;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

async fn code(bed: &Bed, path: &str, body: impl Into<Body>) -> (u16, String) {
    let (status, answer) = bed.post(path, CLIENT, body).await;
    (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_the_reason_and_the_next_is_taken() {
    let bed = Bed::with(Limits { body_bytes: 3 << 20, ..Limits::default() });
    let deep = format!(
        r#"{{"event":"e","distinct_id":"a","properties":{}1{}}}"#,
        r#"{"a":"#.repeat(10_000),
        "}".repeat(10_000)
    );
    let large = format!(r#"{{"event":"e","distinct_id":"a","properties":{{"x":"{}"}}}}"#, "x".repeat(1 << 20));
    for (body, status, expected) in [
        (gzip(&vec![b' '; 2 << 20]), 413, "decompression_bomb"),
        (vec![b' '; (3 << 20) + 1], 413, "too_large"),
        (gzip(b"[]")[..10].to_vec(), 400, "corrupt_encoding"),
        ("[".repeat(100_000).into_bytes(), 400, "invalid_json"),
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(), 400, "no_event"),
        (deep.into_bytes(), 400, "too_deep"),
        (large.into_bytes(), 400, "event_too_large"),
        (b"{\"event\":\"\xff\",\"distinct_id\":\"a\"}".to_vec(), 400, "invalid_utf8"),
        (br#"{"event":"e","distinct_id":"a","properties":{"x":NaN}}"#.to_vec(), 400, "invalid_json"),
        (
            br#"{"event":"e","distinct_id":"a","timestamp":"9999-01-01T00:00:00Z"}"#.to_vec(),
            400,
            "timestamp_out_of_range",
        ),
        (br#"{"event":"","distinct_id":"a"}"#.to_vec(), 400, "missing_event_name"),
        (br#"{"event":"e","distinct_id":"[object Object]"}"#.to_vec(), 400, "illegal_distinct_id"),
    ] {
        let begin = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!(code(&bed, "/batch", body).await, (status, expected.into()), "{begin}");
    }
    assert_eq!(code(&bed, "/batch", r#"{"event":"e","distinct_id":"a"}"#).await.0, 200);
    assert_eq!(bed.events().len(), 1);
    let metrics = bed.capture.metrics();
    assert!(
        metrics.contains(r#"trunkline_capture_refused_total{format="posthog_v0",code="invalid_utf8"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#"trunkline_capture_events_total{format="posthog_v0"} 1"#), "{metrics}");
}

#[tokio::test]
async fn halves_of_emojis_are_mended_and_not_refused() {
    let bed = Bed::new();
    assert_eq!(code(&bed, "/batch", r#"{"event":"e","distinct_id":"a","properties":{"x":"\ud83d"}}"#).await.0, 200);
    assert_eq!(bed.events()[0].properties.get(), r#"{"x":"\ufffd"}"#);
}

#[tokio::test]
async fn a_request_may_hold_so_many_events() {
    let bed = Bed::with(Limits { events_per_request: 2, ..Limits::default() });
    let event = r#"{"event":"e","distinct_id":"a"}"#;
    assert_eq!(code(&bed, "/batch", format!("[{event},{event}]")).await.0, 200);
    assert_eq!(code(&bed, "/batch", format!("[{event},{event},{event}]")).await, (413, "too_many_events".into()));
}

#[tokio::test]
async fn all_requests_together_may_hold_so_many_bytes() {
    let bed = Bed::with(Limits { in_hand_bytes: 4_096, ..Limits::default() });
    assert_eq!(code(&bed, "/batch", vec![b' '; 8_192]).await, (503, "busy".into()));
    assert_eq!(code(&bed, "/batch", r#"{"event":"e","distinct_id":"a"}"#).await.0, 200, "the room is given back");
}

#[tokio::test]
async fn a_quota_is_429_until_it_fills_again() {
    let rate = Some(Rate { per_second: 1.0, burst: 2.0 });
    let event = r#"{"event":"e","distinct_id":"a"}"#;
    let batch = format!("[{event},{event},{event}]");
    for limits in [
        Limits { client_token: rate, address: None, ..Limits::default() },
        Limits { client_token: None, address: rate, ..Limits::default() },
    ] {
        let mut bed = Bed::with(limits);
        bed.arrival.address = Some(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(code(&bed, "/batch", batch.clone()).await.0, 200);
        let request = Request::post("/batch").header("x-api-key", CLIENT).body(event.into()).unwrap();
        let response = bed.send(request).await;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()["retry-after"], "2");
        let request = Request::post("/batch").header("x-api-key", SERVER).body(event.into()).unwrap();
        assert_eq!(bed.send(request).await.status(), StatusCode::OK, "a server has its own");
        bed.clock.advance(jiff::SignedDuration::from_secs(2));
        assert_eq!(code(&bed, "/batch", event).await.0, 200);
        assert_eq!(bed.events().len(), 5);
    }
}

#[tokio::test]
async fn rejections_are_shown_within_bounds_and_never_show_a_token() {
    let bed = Bed::new();
    let bad = format!(r#"{{"event":"","distinct_id":"a","properties":{{"token":"{CLIENT}"}}}}"#);
    let many = vec![bad.as_str(); 1_000].join(",");
    bed.post("/batch", CLIENT, format!("[{many}]")).await;
    let records = bed.records();
    assert_eq!(records.len(), 100);
    for record in records {
        let Record::Rejected(rejected) = record else { panic!("{record:?} is no rejection") };
        assert!(!rejected.excerpt.contains(CLIENT), "{}", rejected.excerpt);
    }
    assert!(bed.capture.metrics().contains("code=\"missing_event_name\"} 1000"));
}
