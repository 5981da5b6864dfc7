//! What the edge serves itself: on which address, under which bounds, and what it hears of the product.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::bench::{Bench, read_until};

#[tokio::test]
async fn its_paths_are_answered_on_the_system_address_without_a_control_plane() {
    let bench = Bench::new().await;
    let forged = [
        ("trunkline-edge", "forged"),
        ("trunkline-person", "root"),
        ("x-forwarded-for", "9.9.9.9"),
        ("x-api-key", "k"),
    ];
    let reply = bench.system.get_with("/tiny/a?b=c", &forged).await.json();
    assert_eq!(
        (&reply["uri"], &reply["first_party"], &reply["witness"], &reply["address"]),
        (&json!("/tiny/a?b=c"), &json!(false), &Value::Null, &json!("127.0.0.1"))
    );
    assert_eq!(reply["headers"]["x-api-key"], "k");
    assert_eq!(reply["headers"]["x-forwarded-for"], Value::Null);
    assert!(!reply["headers"].to_string().contains("trunkline-"), "{reply}");
    let other = bench.system.send("DELETE", "/tiny/a", &[], "").await.unwrap();
    assert_eq!(other.json()["title"], "The control plane is away");
    assert_eq!(bench.http.get("/tiny/a").await.json()["title"], "Nothing is live here yet", "the product's own path");
}

#[tokio::test]
async fn below_the_reserved_path_the_product_address_offers_it_with_the_witnessed_visitor() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let first = bench.http.get("/").await;
    let (person, cookie) = (first.seen("trunkline-person").unwrap(), first.cookie().unwrap());
    let reply = bench.http.get_with("/_trunkline/tiny/a?b=c", &[("cookie", cookie.as_str())]).await;
    assert_eq!(reply.cookie(), None, "nobody becomes a visitor here");
    let reply = reply.json();
    assert_eq!((&reply["uri"], &reply["first_party"]), (&json!("/tiny/a?b=c"), &json!(true)));
    assert_eq!(reply["witness"], person.as_str());
    let forged = format!("trunkline_id={person}");
    let stranger = bench.http.get_with("/_trunkline/tiny/a", &[("cookie", forged.as_str())]).await.json();
    assert_eq!(stranger["witness"], Value::Null);
    for path in ["/_trunkline", "/_trunkline/", "/_trunkline/x", "/_trunkline?a=b", "/_trunkline//tiny/a"] {
        let reply = bench.http.get(path).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["title"]), (404, &json!("Not found")), "{path}");
    }
    assert_eq!(bench.http.get("/_trunklines").await.name(), "shop-1-1");
}

#[tokio::test]
async fn it_hears_of_each_answer_of_the_product() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let first = bench.http.get_with("/a?b=c", &[("host", "shop.example:80"), ("user-agent", "Firefox")]).await;
    let (person, cookie) = (first.seen("trunkline-person").unwrap(), first.cookie().unwrap());
    bench.http.send("POST", "/status/500", &[("cookie", cookie.as_str())], "x").await.unwrap();
    bench.http.get("/page").await;
    let seen = bench.system.get("/tiny/seen").await.json();
    let expected = json!({
        "service": "shop", "pageviews": true, "deployment": 1, "person": person, "witness": null, "probe": null, "method": "GET",
        "host": "shop.example", "path": "/a", "status": 200, "page": false, "user_agent": "Firefox",
    });
    assert_eq!(seen[0], expected);
    let failure = &seen[1];
    assert_eq!(
        (&failure["method"], &failure["status"], &failure["witness"], &failure["person"]),
        (&json!("POST"), &json!(500), &json!(person), &json!(person))
    );
    assert_eq!((&seen[2]["path"], &seen[2]["page"]), (&json!("/page"), &json!(true)));
    assert_eq!(seen.as_array().unwrap().len(), 3, "health checks are none");
}

#[tokio::test]
async fn bounds_are_in_force_and_event_streams_may_pause() {
    let bench = Bench::tight().await;
    let late = bench.system.get("/tiny/slow/5000").await;
    assert_eq!((late.status.as_u16(), late.header("content-type")), (504, "application/problem+json"));
    assert!(bench.system.send("GET", "/tiny/stalls/5000", &[], "").await.is_err(), "half an answer is none");
    let events = bench.system.get("/tiny/events/1000").await;
    assert_eq!(events.text(), "data: one\n\ndata: two\n\n");
    assert!(bench.system.send("GET", "/tiny/panics", &[], "").await.is_err());
    let taken = bench.system.send("POST", "/tiny/takes", &[], "hello").await.unwrap();
    assert_eq!(taken.text(), "5", "a defect in one request stops nothing else");
}

#[tokio::test]
async fn what_is_answered_at_once_has_its_whole_body_or_the_reason_why_not() {
    let bench = Bench::tight().await;
    let headers = [("trunkline-person", "root"), ("x-real-ip", "9.9.9.9"), ("te", "trailers"), ("x-api-key", "k")];
    let reply = bench.system.send("POST", "/tiny/once?b=c", &headers, "hello").await.unwrap().json();
    assert_eq!((&reply["uri"], &reply["body"]), (&json!("/tiny/once?b=c"), &json!("hello")));
    assert_eq!(reply["address"], "127.0.0.1");
    let names: Vec<_> = reply["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    assert!(names.contains(&"x-api-key"), "{names:?}");
    assert!(
        !names.iter().any(|name| name.starts_with("trunkline-") || ["x-real-ip", "te"].contains(name)),
        "{names:?}"
    );
    for (bytes, body) in [(1_000, json!("x".repeat(1_000))), (1_001, json!({ "error": "it has more than 1000 bytes" }))]
    {
        let reply = bench.system.send("POST", "/tiny/once", &[], &"x".repeat(bytes)).await.unwrap();
        assert_eq!(reply.json()["body"], body, "{bytes}");
    }
    assert_eq!(bench.system.get("/tiny/once").await.json()["body"], "");
    let said = |body: &str| format!("\"body\":{body}");
    let cases = [
        (vec!["3\r\nabc\r\n", "2\r\nde\r\n", "1\r\nf\r\n0\r\n\r\n"], said("\"abcdef\"")),
        (vec!["3\r\nabc\r\n", "nonsense\r\n"], said("{\"error\":\"")),
        (vec!["3\r\nabc\r\n"], said("{\"error\":\"the client stopped sending\"}")),
    ];
    for (parts, expected) in cases {
        let mut stream = TcpStream::connect(bench.system.address).await.unwrap();
        stream.write_all(b"POST /tiny/once HTTP/1.1\r\nhost: s\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        for part in &parts {
            tokio::time::sleep(Duration::from_millis(30)).await;
            stream.write_all(part.as_bytes()).await.unwrap();
        }
        let reply = read_until(&mut stream, &expected).await;
        assert!(reply.contains(&expected), "{parts:?}: {reply}");
    }
}

#[tokio::test]
async fn at_its_end_the_edge_ends_event_streams_at_once_and_closes_it() {
    let mut bench = Bench::new().await;
    let mut stream = TcpStream::connect(bench.system.address).await.unwrap();
    stream.write_all(b"GET /tiny/events/60000 HTTP/1.1\r\nhost: system\r\n\r\n").await.unwrap();
    read_until(&mut stream, "data: one").await;
    let began = Instant::now();
    bench.signal_edge(Signal::TERM);
    assert!(bench.edge_ends().await.success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let rest = read_until(&mut stream, "0\r\n\r\n").await;
    assert!(!rest.contains("data"), "a stream that ended, and said so: {rest}");
    assert!(bench.path("closed").exists());
}

#[tokio::test]
async fn its_metrics_stand_on_the_page() {
    let bench = Bench::new().await;
    bench.client.put_snapshot("flags", 7, "abc").await.unwrap();
    let text = bench.client.metrics().await.unwrap();
    let expected = [
        "trunkline_edge_snapshot_generation{name=\"flags\"} 7",
        "trunkline_edge_snapshot_bytes{name=\"flags\"} 3",
        "trunkline_edge_snapshots_set_aside 0",
        "trunkline_edge_limit_bytes{of=\"snapshot\"} 268435456",
        "tiny_snapshots 1",
    ];
    for line in expected {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
}
