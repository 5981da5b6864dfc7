//! What passes through untouched: streams in both directions, upgraded connections, large bodies.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::bench::{Bench, read_until};

#[tokio::test]
async fn upgraded_connections_carry_bytes_both_ways_and_count_as_in_flight() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let mut stream = TcpStream::connect(bench.http.address).await.unwrap();
    let ask = "GET /socket HTTP/1.1\r\nhost: shop\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
               sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("upgrade: websocket") && head.contains("set-cookie: trunkline_id="), "{head}");
    for word in ["ping", "pong"] {
        stream.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut stream, word).await, word);
    }
    bench.until("shop-1-1", |i| i.in_flight == 1).await;
    drop(stream);
    bench.until("shop-1-1", |i| i.in_flight == 0).await;
}

#[tokio::test]
async fn events_come_when_they_are_sent() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let mut stream = TcpStream::connect(bench.http.address).await.unwrap();
    stream.write_all(b"GET /events/1500 HTTP/1.1\r\nhost: shop\r\n\r\n").await.unwrap();
    let began = Instant::now();
    let first = read_until(&mut stream, "data: one").await;
    assert!(began.elapsed() < Duration::from_millis(1_200) && !first.contains("two"), "{first}");
    read_until(&mut stream, "data: two").await;
    assert!(began.elapsed() > Duration::from_millis(1_200));
}

#[tokio::test]
async fn an_upload_is_passed_on_while_it_comes() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let mut stream = TcpStream::connect(bench.http.address).await.unwrap();
    let head = b"POST /echo HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    stream.write_all(head).await.unwrap();
    let reply = read_until(&mut stream, "first").await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.unwrap();
    read_until(&mut stream, "0\r\n\r\n").await;
}

#[tokio::test]
async fn large_bodies_in_both_directions() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    assert_eq!(bench.http.get("/big/20000000").await.body.len(), 20_000_000);
    let upload = "y".repeat(5_000_000);
    let back = bench.http.send("POST", "/echo", &[], &upload).await.unwrap();
    assert_eq!(back.text(), upload);
}
