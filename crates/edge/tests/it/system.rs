//! The system address, with and without a control plane.

use std::convert::Infallible;

use bytes::Bytes;
use edge::socket;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::bench::Bench;

#[tokio::test]
async fn without_a_control_plane_the_system_address_says_so_and_the_product_is_served() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let reply = bench.system.get("/api/v1/now").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (503, "application/problem+json"));
    assert_eq!(reply.json()["title"], "The control plane is away");
    assert_eq!(bench.http.get("/").await.status, 200);
}

/// Says what it got.
async fn control_plane(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let key = request.headers().get("trunkline-edge").map_or("", |value| value.to_str().unwrap());
    let path = request.uri().path();
    Ok(Response::new(Full::new(Bytes::from(format!("{path} {key}")))))
}

#[tokio::test]
async fn with_one_it_passes_everything_on_and_vouches_for_it() {
    let bench = Bench::new().await;
    let name = socket::control_plane(bench.data()).unwrap();
    let listener = socket::bind(&name).unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service_fn(control_plane)));
        }
    });
    let key = std::fs::read_to_string(bench.path("edge/key")).unwrap();
    let forged = [("trunkline-edge", "forged"), ("accept", "text/html")];
    let reply = bench.system.get_with("/api/v1/now", &forged).await;
    assert_eq!(reply.text(), format!("/api/v1/now {key}"));
    assert_eq!(reply.header("set-cookie"), "", "visitors are the product's");
}
