//! The accept loop: our own, since the stock one sets no time limit for headers.
//!
//! A small body is read before anybody answers. Were an answer (a refusal needs no body) written while the body is still on its
//! way, the connection would have to be closed under it, and whoever is sending might never see the answer.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, body};
use hyper::body::Body as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use kernel::Problem;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bodies up to this length are read ahead.
const READ_AHEAD_BYTES: usize = 64 << 10;

/// Bounds of one listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; more wait in the kernel's queue.
    pub connections_max: usize,
    /// How long a client may take to send a request's headers, also on an idle connection.
    pub headers_within: Duration,
    /// How long running requests may take to end at shutdown.
    pub drains_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections_max: 1_024, headers_within: Duration::from_mins(1), drains_within: Duration::from_secs(1) }
    }
}

/// Serves connections of `listener` that `admit` lets in until `shutdown`; then lets running requests end.
pub async fn serve(
    listener: UnixListener,
    router: Router,
    admit: fn(&UnixStream) -> bool,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let running = TaskTracker::new();
    let router = router.layer(middleware::from_fn(read_ahead));
    while let Some(stream) = accept(&listener, &shutdown).await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        if !admit(&stream) {
            continue;
        }
        let router = router.clone();
        let shutdown = shutdown.clone();
        running.spawn(async move {
            connection(stream, router, limits, shutdown).await;
            drop(place);
        });
    }
    running.close();
    if tokio::time::timeout(limits.drains_within, running.wait()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut");
    }
}

async fn read_ahead(request: Request, next: Next) -> Response {
    let is_small = request.body().size_hint().upper().is_some_and(|length| length <= READ_AHEAD_BYTES as u64);
    if !is_small {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match body::to_bytes(body, READ_AHEAD_BYTES).await {
        Ok(bytes) => next.run(Request::from_parts(parts, bytes.into())).await,
        Err(error) => crate::Error::from(Problem::invalid(format!("the body cannot be read: {error}"))).into_response(),
    }
}

async fn accept(listener: &UnixListener, shutdown: &CancellationToken) -> Option<UnixStream> {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => return Some(stream),
            Err(error) => {
                // Out of descriptors, most likely: others must close first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: UnixStream, router: Router, limits: Limits, shutdown: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.headers_within);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Reads an answer without a body.
    async fn answer(stream: &mut UnixStream) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("the connection is open"));
        }
        String::from_utf8(head).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_leaves_the_connection_to_whoever_is_still_sending() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let router = Router::new().route("/", axum::routing::get(|| async {}));
        let (listener, shutdown) = (UnixListener::bind(&path).unwrap(), CancellationToken::new());
        tokio::spawn(serve(listener, router, |_| true, Limits::default(), shutdown));
        let get = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let mut sending = UnixStream::connect(&path).await.unwrap();
        sending.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").await.unwrap();
        // Time enough for the server to see the head alone.
        let mut other = UnixStream::connect(&path).await.unwrap();
        for _ in 0..10 {
            other.write_all(get).await.unwrap();
            assert!(answer(&mut other).await.starts_with("HTTP/1.1 200"));
        }
        sending.write_all(b"{}").await.unwrap();
        assert!(answer(&mut sending).await.starts_with("HTTP/1.1 405"));
        sending.write_all(get).await.unwrap();
        assert!(answer(&mut sending).await.starts_with("HTTP/1.1 200"));
    }
}
