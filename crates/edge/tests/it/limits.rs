//! Clients and instances that take too long or want too much.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::Bench;

/// Sends, and reads until the edge ends the connection. Says what came and how long that took.
async fn talk(bench: &Bench, text: &str) -> (String, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(bench.http.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut reply)).await;
    let _reset_counts_as_an_end = read.expect("the edge lets it stay");
    (String::from_utf8_lossy(&reply).into_owned(), began.elapsed())
}

#[tokio::test]
async fn a_head_that_does_not_end_and_a_silent_connection_are_closed() {
    let bench = Bench::tight().await;
    let (reply, took) = talk(&bench, "GET / HTTP/1.1\r\nhost: sh").await;
    assert!(reply.is_empty() && took < Duration::from_secs(3), "{took:?}: {reply}");
    let (reply, took) = talk(&bench, "").await;
    assert!(reply.is_empty() && took < Duration::from_secs(4), "{took:?}: {reply}");
}

#[tokio::test]
async fn a_head_that_is_too_big_is_refused() {
    let bench = Bench::tight().await;
    let large = format!("GET / HTTP/1.1\r\nhost: shop\r\nx-large: {}\r\n\r\n", "a".repeat(100_000));
    assert!(talk(&bench, &large).await.0.starts_with("HTTP/1.1 431 "));
    let of_lines = |lines: usize| {
        let more = "x-a: b\r\n".repeat(lines - 2);
        format!("GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{more}\r\n")
    };
    assert!(talk(&bench, &of_lines(100)).await.0.starts_with("HTTP/1.1 503 "), "nothing is live");
    assert!(talk(&bench, &of_lines(101)).await.0.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_are_refused() {
    let bench = Bench::tight().await;
    bench.run_and_route().await;
    let smuggled = [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "GET / HTTP/1.1\r\nhost: a\r\nx y: z\r\n\r\n",
    ];
    for request in smuggled {
        let (reply, _) = talk(&bench, request).await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{request:?} was answered with {reply:?}");
    }
}

#[tokio::test]
async fn an_upload_that_stalls_is_the_clients_fault() {
    let bench = Bench::tight().await;
    bench.run_and_route().await;
    let (reply, _) = talk(&bench, "POST /takes HTTP/1.1\r\nhost: shop\r\ncontent-length: 10\r\n\r\nabc").await;
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    let total = &bench.client.state().await.unwrap().counts[0].total;
    assert_eq!((total.requests, total.failures), (1, 0));
}

#[tokio::test]
async fn an_instance_that_does_not_answer_in_time_or_stops_midway_fails() {
    let bench = Bench::tight().await;
    bench.run_and_route().await;
    let reply = bench.http.get("/slow/5000").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (504, "application/problem+json"));
    assert!(bench.http.send("GET", "/stalls", &[], "").await.is_err(), "half an answer is none");
    let total = &bench.client.state().await.unwrap().counts[0].total;
    assert_eq!((total.requests, total.failures), (2, 2));
    assert_eq!(bench.http.get("/events/1000").await.status, 200, "events may pause");
}

#[tokio::test]
async fn a_full_instance_says_so_at_once() {
    let bench = Bench::tight().await;
    bench.run_and_route().await;
    let replies = futures_util::future::join_all((0..6).map(|_| bench.http.get("/slow/400"))).await;
    let with = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with(200), with(503)), (2, 4));
    let busy = replies.iter().find(|reply| reply.status == 503).unwrap();
    assert_eq!(busy.json()["title"], "Too many requests at once");
}
