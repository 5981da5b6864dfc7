//! The floor: what hyper alone costs for the same requests.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// As long as the answer that it stands for.
const ANSWER: &str = r#"{"key":"checkout-v2","value":true,"reason":"SPLIT","variant":"on","metadata":{"owner":"sales","kind":"release","expires":"2099-01-01","version":"1"}}"#;

/// Serves until it is ended. Says its address first.
pub(super) fn serve(what: &str, file: &Path) {
    let log =
        (what == "ingest").then(|| Arc::new(Mutex::new(File::create(file).expect("the floor's file can be made"))));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be had");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let mut out = std::io::stdout();
        writeln!(out, "{address}").and_then(|()| out.flush()).expect("the benchmark listens");
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            // As a server that answers small requests does.
            let _ = stream.set_nodelay(true);
            let log = log.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, log.clone()));
                // A client that leaves is the end of a connection like another.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn answer(
    request: Request<Incoming>,
    log: Option<Arc<Mutex<File>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if let Some(log) = log {
        let written = tokio::task::spawn_blocking(move || keep(&log, &body)).await;
        written.expect("the floor's disk works");
    }
    let response = Response::builder().header("content-type", "application/json");
    Ok(response.body(Full::from(ANSWER)).expect("the head is right"))
}

/// Durable when it returns.
fn keep(log: &Mutex<File>, body: &[u8]) {
    let mut file = log.lock().expect("nobody panicked with it");
    file.write_all(body).and_then(|()| file.sync_data()).expect("the floor's disk works");
}
