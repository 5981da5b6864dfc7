//! A small extension: it shows what it was told, and behaves as badly as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use edge::{Arrival, Body, BodyError, Extension, Later, Seen};
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(crate) struct Tiny {
    snapshots: Mutex<BTreeMap<String, String>>,
    seen: Mutex<Vec<Value>>,
}

impl Tiny {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    async fn answer(&self, request: Request<Body>, arrival: Arrival) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let number = path.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        match path.split('/').nth(2).unwrap_or_default() {
            "slow" => {
                tokio::time::sleep(Duration::from_millis(number)).await;
                text("late")
            }
            "events" => events(number, "text/event-stream; charset=utf-8"),
            "stalls" => events(number, "text/plain"),
            "takes" => match request.into_body().collect().await {
                Ok(body) => text(&body.to_bytes().len().to_string()),
                Err(error) => text(&error.to_string()),
            },
            "panics" => panic!("on purpose"),
            "snapshots" => text(&json!(*self.snapshots.lock().unwrap()).to_string()),
            "seen" => text(&json!(std::mem::take(&mut *self.seen.lock().unwrap())).to_string()),
            _ => {
                let (head, _) = request.into_parts();
                text(&mirror(&head, &arrival, &Value::Null).to_string())
            }
        }
    }
}

impl Extension for Tiny {
    fn serves(&self, method: &Method, path: &str) -> bool {
        method != Method::DELETE && path.starts_with("/tiny/")
    }

    fn at_once(&self, head: &Parts) -> Option<usize> {
        head.uri.path().starts_with("/tiny/once").then_some(1_000)
    }

    fn answer(&self, head: &Parts, body: Result<Bytes, BodyError>, arrival: Arrival) -> Response<Bytes> {
        let body = match body {
            Ok(body) => json!(String::from_utf8_lossy(&body)),
            Err(error) => json!({ "error": error.to_string() }),
        };
        Response::new(Bytes::from(mirror(head, &arrival, &body).to_string()))
    }

    fn serve(self: Arc<Self>, request: Request<Body>, arrival: Arrival) -> Later<'static, Response<Body>> {
        Box::pin(async move { self.answer(request, arrival).await })
    }

    fn apply(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        assert_ne!(bytes, b"poison", "a snapshot with a defect in it");
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| "it is not UTF-8".to_owned())?;
        self.snapshots.lock().unwrap().insert(name.to_owned(), text);
        Ok(())
    }

    fn seen(&self, seen: &Seen<'_>) {
        self.seen.lock().unwrap().push(json!({
            "service": seen.service, "pageviews": seen.pageviews, "deployment": seen.deployment, "person": seen.person, "witness": seen.witness,
            "probe": seen.probe, "method": seen.method.as_str(), "host": seen.host, "path": seen.path,
            "status": seen.status.as_u16(), "page": seen.is_page(), "user_agent": seen.user_agent,
        }));
    }

    fn metrics(&self) -> String {
        "tiny_snapshots 1\n".to_owned()
    }

    /// Says on disk that it was asked to.
    fn close(&self) -> Later<'_, ()> {
        Box::pin(async {
            let data = std::env::var("EDGE_DATA").unwrap();
            tokio::fs::write(std::path::Path::new(&data).join("closed"), "").await.unwrap();
        })
    }
}

fn text(text: &str) -> Response<Body> {
    Response::new(Full::new(Bytes::from(text.to_owned())).map_err(|never| match never {}).boxed_unsync())
}

/// What arrived here.
fn mirror(head: &Parts, arrival: &Arrival, body: &Value) -> Value {
    let headers: serde_json::Map<_, _> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    json!({
        "uri": head.uri.to_string(), "body": body, "headers": headers, "first_party": arrival.first_party,
        "witness": arrival.witness, "address": arrival.address,
    })
}

/// One part at once, the second after `pause` milliseconds.
fn events(pause: u64, kind: &str) -> Response<Body> {
    let all = stream::iter(["data: one\n\n", "data: two\n\n"]).enumerate().then(move |(n, event)| async move {
        tokio::time::sleep(Duration::from_millis(pause * n as u64)).await;
        Ok(Frame::data(Bytes::from(event)))
    });
    let mut response = Response::new(StreamBody::new(all).boxed_unsync());
    response.headers_mut().insert("content-type", kind.parse().unwrap());
    response
}
