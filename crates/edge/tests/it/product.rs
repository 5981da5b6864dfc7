//! A small product to be proxied to: every path has a behaviour of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type Body = BoxBody<Bytes, Infallible>;

/// What the product keeps in mind.
#[derive(Default)]
struct Memory {
    /// Requests to `/broken`.
    broken: AtomicU64,
}

/// A process of its own: an instance. `NEVER=1` answers no health check, `EXIT=n` ends at once with that status.
#[tokio::test]
#[ignore = "other tests start this as an instance"]
async fn process() {
    let var = |name: &str| std::env::var(name).ok();
    eprintln!("product {} starts", var("NAME").unwrap_or_default());
    if let Some(status) = var("EXIT") {
        eprintln!("cannot read settings.json");
        std::process::exit(status.parse().unwrap());
    }
    let port = if var("NEVER").is_some() { 0 } else { var("PORT").unwrap().parse::<u16>().unwrap() };
    let listener = TcpListener::bind((var("HOST").unwrap_or("127.0.0.1".into()), port)).await.unwrap();
    let memory = Arc::new(Memory::default());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let memory = memory.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, memory.clone()));
            let server = hyper::server::conn::http1::Builder::new();
            let _client_left = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

async fn answer(request: Request<Incoming>, memory: Arc<Memory>) -> Result<Response<Body>, std::io::Error> {
    let path = request.uri().path().to_owned();
    let number = path.rsplit('/').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    match path.split('/').nth(1).unwrap_or_default() {
        "up" if std::path::Path::new("sick").exists() => Ok(status(500)),
        "up" => Ok(status(200)),
        "status" => Ok(status(u16::try_from(number).unwrap())),
        "slow" => {
            tokio::time::sleep(Duration::from_millis(number)).await;
            Ok(mirror(&request))
        }
        "die" => std::process::exit(i32::try_from(number).unwrap()),
        // The connection ends without an answer.
        "broken" => {
            memory.broken.fetch_add(1, SeqCst);
            Err(std::io::Error::other("on purpose"))
        }
        "broken-count" => Ok(text(&memory.broken.load(SeqCst).to_string())),
        "echo" => Ok(Response::new(request.into_body().map_err(|_| unreachable!("the test sends all")).boxed())),
        "events" => Ok(events(number)),
        "stalls" => Ok(Response::new(BodyExt::boxed(parts(600_000)))),
        "takes" => {
            Ok(text(&request.into_body().collect().await.map_err(std::io::Error::other)?.to_bytes().len().to_string()))
        }
        "big" => Ok(text(&"x".repeat(usize::try_from(number).unwrap()))),
        "page" => Ok(page()),
        "socket" => Ok(switch(request)),
        _ => Ok(mirror(&request)),
    }
}

fn text(text: &str) -> Response<Body> {
    Response::new(Full::new(Bytes::from(text.to_owned())).boxed())
}

fn page() -> Response<Body> {
    let mut response = text("<!doctype html>");
    response.headers_mut().insert("content-type", "text/html; charset=utf-8".parse().unwrap());
    response
}

fn status(code: u16) -> Response<Body> {
    let mut response = text("");
    *response.status_mut() = hyper::StatusCode::from_u16(code).unwrap();
    response
}

/// What arrived here, and who answers.
fn mirror(request: &Request<Incoming>) -> Response<Body> {
    let headers: serde_json::Map<_, _> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let name = std::env::var("NAME").unwrap_or_default();
    let answer = serde_json::json!({
        "name": name, "pid": std::process::id(), "uri": request.uri().to_string(), "headers": headers,
    });
    text(&answer.to_string())
}

/// One event at once, the second after `pause` milliseconds.
fn events(pause: u64) -> Response<Body> {
    let mut response = Response::new(BodyExt::boxed(parts(pause)));
    response.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
    response
}

fn parts(pause: u64) -> impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static {
    let all = stream::iter(["data: one\n\n", "data: two\n\n"]).enumerate().then(move |(n, event)| async move {
        tokio::time::sleep(Duration::from_millis(pause * n as u64)).await;
        Ok(Frame::data(Bytes::from(event)))
    });
    StreamBody::new(Box::pin(all))
}

/// Switches to a protocol that sends every byte back.
fn switch(request: Request<Incoming>) -> Response<Body> {
    let protocol = request.headers()["upgrade"].clone();
    tokio::spawn(async move {
        let mut io = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut bytes = [0; 1024];
        while let Ok(read @ 1..) = io.read(&mut bytes).await {
            io.write_all(&bytes[..read]).await.unwrap();
        }
    });
    let mut response = status(101);
    response.headers_mut().insert("connection", "upgrade".parse().unwrap());
    response.headers_mut().insert("upgrade", protocol);
    response
}
