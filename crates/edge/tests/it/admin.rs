//! The admin socket: who may speak, and what is refused.

use bytes::Bytes;
use edge::{Error, Routes, socket};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;

use crate::bench::{Bench, shop};

#[tokio::test]
async fn routes_never_go_back() {
    let bench = Bench::new().await;
    bench.route(5, &[(1, "shop-1-1", 100)]).await;
    bench.route(5, &[(1, "shop-1-1", 100)]).await;
    let put = async |generation, id| {
        let services = vec![shop(&[(1, id, 100)])];
        bench.client.put_routes(&Routes { generation, services }).await
    };
    let other = put(5, "shop-2-1").await.unwrap_err();
    assert!(matches!(other, Error::StaleGeneration { have: 5 }), "{other}");
    let older = put(4, "shop-1-1").await.unwrap_err();
    assert!(matches!(older, Error::StaleGeneration { have: 5 }), "{older}");
    put(6, "shop-2-1").await.unwrap();
    let state = bench.client.state().await.unwrap();
    assert_eq!((state.generation, state.routes[0].arms[0].instances[0].as_str()), (6, "shop-2-1"));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_the_reason() {
    let bench = Bench::new().await;
    let mut light = shop(&[(1, "shop-1-1", 100)]);
    light.arms[0].weight = 1;
    let refused = bench.client.put_routes(&Routes { generation: 1, services: vec![light] }).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { why } if why.contains("weights sum to 1,")), "{refused}");
    let mut relative = bench.spec("shop-1-1", 1, &[]);
    relative.health.path = "up".into();
    let refused = bench.client.start(&relative).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { why } if why.contains("health check")), "{refused}");
    let refused = bench.client.stop("shop-1-1", -1.0).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { why } if why.contains("drain_seconds")), "{refused}");
    let refused = bench.client.instance_log("../key", 1).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { .. }), "{refused}");
}

#[tokio::test]
async fn without_the_key_nothing_is_answered() {
    let bench = Bench::new().await;
    let name = socket::edge(bench.data()).unwrap();
    for token in [None, Some("Bearer 00"), Some("Bearer ")] {
        let stream = TokioIo::new(socket::connect(&name).unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::get("/state").header("host", "edge");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let reply = sender.send_request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
        assert_eq!(reply.status(), 401, "{token:?}");
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("boot"));
    }
}

#[tokio::test]
async fn metrics_have_counts_and_every_bound() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    bench.http.get("/").await;
    bench.http.get("/status/500").await;
    let text = bench.client.metrics().await.unwrap();
    let expected = [
        "# TYPE trunkline_edge_requests_total counter",
        "trunkline_edge_requests_total{service=\"shop\",deployment=\"1\"} 2",
        "trunkline_edge_failures_total{service=\"shop\",deployment=\"1\"} 1",
        "trunkline_edge_in_flight{service=\"shop\",deployment=\"1\"} 0",
        "trunkline_edge_instances{state=\"healthy\"} 1",
        "trunkline_edge_limit{of=\"in_flight_per_instance\"} 4096",
        "trunkline_edge_limit_bytes{of=\"request_head\"} 65536",
        "trunkline_edge_limit_seconds{of=\"request_head\"} 10",
    ];
    for line in expected {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
}

#[tokio::test]
async fn a_window_counts_from_its_beginning() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    bench.http.get("/status/500").await;
    let next = edge::ServiceRoute { window: "47/2".into(), ..shop(&[(1, "shop-1-1", 100)]) };
    bench.client.put_routes(&Routes { generation: 2, services: vec![next] }).await.unwrap();
    bench.http.get("/").await;
    let counts = &bench.client.state().await.unwrap().counts[0];
    assert_eq!((counts.total.requests, counts.total.failures, counts.total.failed_clients), (2, 1, 1));
    assert_eq!((counts.in_window.requests, counts.in_window.failures, counts.window.as_str()), (1, 0, "47/2"));
}
