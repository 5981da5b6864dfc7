//! What senders hear.

use super::*;

const GOOD: &str = r#"{"event":"seen","distinct_id":"ann"}"#;

#[tokio::test]
async fn a_token_is_needed_and_any_role_will_do() {
    let bed = Bed::new();
    for (body, status) in [
        (format!(r#"{{"api_key":"{CLIENT}","batch":[{GOOD}]}}"#), 200),
        (format!(r#"{{"api_key":"{SERVER}","batch":[{GOOD}]}}"#), 200),
        (format!(r#"{{"api_key":"wrong","batch":[{GOOD}]}}"#), 401),
        (r#"{"api_key":"wrong","batch":[]}"#.to_owned(), 401),
        (format!(r#"{{"batch":[{GOOD}]}}"#), 401),
    ] {
        let response = bed.send(Request::post("/batch/").body(body.clone().into()).unwrap()).await;
        assert_eq!(response.status().as_u16(), status, "{body}");
    }
    for path in ["/i/v1/analytics/events", "/v1/batch", "/v1/track", "/v1/logs"] {
        assert_eq!(bed.post(path, "wrong", "{}").await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(bed.events().len(), 2);
}

#[tokio::test]
async fn each_format_has_its_own_shape_of_success() {
    let bed = Bed::new();
    let (status, answer) = bed.post("/capture", CLIENT, GOOD).await;
    assert_eq!((status, answer.to_string()), (StatusCode::OK, r#"{"status":"Ok"}"#.into()));
    assert_eq!(bed.post("/e/?beacon=1", CLIENT, GOOD).await.0, StatusCode::NO_CONTENT);
    let (_, answer) = bed.post("/v1/track", CLIENT, r#"{"event":"seen","userId":"ann"}"#).await;
    assert_eq!(answer.to_string(), r#"{"success":true}"#);
    let (_, answer) = bed.post("/v1/logs", CLIENT, r#"{"resourceLogs":[]}"#).await;
    assert_eq!(answer.to_string(), "{}");
    let batch =
        r#"{"batch":[{"event":"seen","distinct_id":"ann","uuid":"u1"},{"event":"","distinct_id":"ann","uuid":"u2"}]}"#;
    let (_, answer) = bed.post("/i/v1/analytics/events", CLIENT, batch).await;
    let expected = r#"{"results":{"u1":{"result":"ok"},"u2":{"result":"drop","details":"missing_event_name"}}}"#;
    assert_eq!(answer.to_string(), expected);
}

#[tokio::test]
async fn each_format_has_its_own_shape_of_failure() {
    let bed = Bed::new();
    for (path, name, value) in [
        ("/batch", "code", "invalid_json"),
        ("/v1/batch", "code", "invalid_json"),
        ("/i/v1/analytics/events", "error", "invalid_json"),
        ("/v1/logs", "message", "the body is no ExportLogsServiceRequest in JSON: an object was expected (at byte 0)"),
    ] {
        let (status, answer) = bed.post(path, CLIENT, "nothing").await;
        assert_eq!((status, answer[name].as_str()), (StatusCode::BAD_REQUEST, Some(value)), "{path}: {answer}");
    }
    let records = bed.records();
    assert_eq!(records.len(), 4, "each is shown to whoever looks for it");
    assert!(
        matches!(&records[0], Record::Rejected(rejected) if rejected.excerpt == "nothing" && rejected.code == "invalid_json")
    );
}

#[tokio::test]
async fn when_nothing_could_be_taken_it_is_no_success() {
    let bed = Bed::new();
    let (status, answer) = bed.post("/batch", CLIENT, r#"[{"event":"seen"}]"#).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["rejected"][0]["code"], "missing_distinct_id");
    let (status, answer) = bed.post("/batch", CLIENT, format!(r#"[{GOOD},{{"event":"seen"}}]"#)).await;
    assert_eq!((status, answer["rejected"][0]["index"].as_u64()), (StatusCode::OK, Some(1)));
    assert_eq!(bed.events().len(), 1);
}

#[tokio::test]
async fn a_log_that_cannot_write_is_503_and_nothing_is_half_taken() {
    use columnar::wal::Error;
    let bed = Bed::new();
    let called = r#"{"event":"$feature_flag_called","distinct_id":"ann","properties":{"$feature_flag":"f","$feature_flag_response":"on"}}"#;
    let errors: [fn() -> Error; 3] = [|| Error::Busy, || Error::DiskFull, || Error::Closed { why: "gone".into() }];
    for error in errors {
        *bed.log.failing.lock().unwrap() = Some(error);
        for path in ["/batch", "/i/v1/analytics/events", "/v1/track", "/v1/logs"] {
            let body = match path {
                "/batch" => called.to_owned(),
                "/v1/track" => r#"{"event":"seen","userId":"ann"}"#.to_owned(),
                "/v1/logs" => r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"e","attributes":[{"key":"user.id","value":{"stringValue":"a"}}]}]}]}]}"#.to_owned(),
                _ => format!(r#"{{"batch":[{called}]}}"#),
            };
            let request = Request::post(path).header("x-api-key", CLIENT).body(body.into()).unwrap();
            let response = bed.send(request).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(response.headers().contains_key("retry-after"), "{path}");
        }
    }
    assert!(bed.records().is_empty());
    *bed.log.failing.lock().unwrap() = None;
    bed.post("/batch", CLIENT, called).await;
    assert_eq!(bed.records().len(), 2, "the exposure is told with the event when both can be");
}

#[tokio::test]
async fn browsers_of_other_origins_may_send() {
    let mut bed = Bed::new();
    let preflight = || {
        Request::options("/e/")
            .header("origin", "https://shop.example")
            .header("access-control-request-headers", "x-a")
            .body(Body::empty())
            .unwrap()
    };
    let response = bed.send(preflight()).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://shop.example");
    assert_eq!(response.headers()["access-control-allow-headers"], "x-a");
    let request = Request::post("/e/").header("origin", "https://shop.example").body("{}".into()).unwrap();
    assert_eq!(bed.send(request).await.headers()["access-control-allow-origin"], "https://shop.example");
    bed.arrival.first_party = true;
    assert!(!bed.send(preflight()).await.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn static_files_are_served_and_known_again() {
    let bed = Bed::new();
    let response = bed.send(Request::get("/static/array.js").body(Body::empty()).unwrap()).await;
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (StatusCode::OK, &"text/javascript; charset=utf-8".parse().unwrap())
    );
    let tag = response.headers()["etag"].clone();
    let again = Request::get("/static/array.js").header("if-none-match", tag).body(Body::empty()).unwrap();
    assert_eq!(bed.send(again).await.status(), StatusCode::NOT_MODIFIED);
    let missing = Request::get("/static/..%2fadmin.token").body(Body::empty()).unwrap();
    assert_eq!(bed.send(missing).await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn it_knows_its_paths() {
    for path in
        ["/batch", "/batch/", "/e/", "/i/v0/e/", "/i/v1/analytics/events", "/v1/track", "/v1/logs", "/static/array.js"]
    {
        assert!(Capture::serves(path), "{path}");
    }
    for path in ["/", "/static/", "/v1/query", "/api/v1/events", "/batch//", "/flags", "/e2"] {
        assert!(!Capture::serves(path), "{path}");
    }
}

#[tokio::test]
async fn old_ways_of_posthog_are_read() {
    use base64::Engine as _;
    let event = format!(r#"{{"event":"seen","distinct_id":"ann","properties":{{"token":"{CLIENT}","n":"a+b/c?"}}}}"#);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&event);
    let escaped = encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let bed = Bed::new();
    for (method, uri, body) in [
        ("POST", "/e/?compression=base64".to_owned(), format!("data={escaped}")),
        ("POST", "/e/".to_owned(), encoded.clone()),
        ("GET", format!("/e/?data={escaped}"), String::new()),
        ("POST", "/e/".to_owned(), format!("data={}", event.replace('+', "%2B").replace('"', "%22"))),
    ] {
        let request = Request::builder().method(method).uri(&uri).body(body.into()).unwrap();
        assert_eq!(bed.send(request).await.status(), StatusCode::OK, "{method} {uri}");
    }
    let properties: Vec<_> = bed.events().iter().map(|event| event.properties.get().to_owned()).collect();
    assert_eq!(properties, vec![r#"{"n":"a+b/c?"}"#; 4]);
    let lz = Request::post("/e/?compression=lz64").body("N4Ig".into()).unwrap();
    assert_eq!(bed.send(lz).await.status(), StatusCode::BAD_REQUEST);
}
