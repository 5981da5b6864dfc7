//! The accept loop: our own, since the stock one sets no time limit for headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
