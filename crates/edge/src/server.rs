//! Our own accept loop, used for all three listeners: HTTP/1.1 and HTTP/2 with prior knowledge, everything bounded.
//!
//! Invariants:
//! - at most `connections` are open; when they are used up, the connection that has been idle longest makes room, so a
//!   flood of silent connections cannot starve those that talk;
//! - a connection without a request ends by itself: soon if a head has begun and does not end, later if it is merely kept;
//! - a body that stalls, in either direction, ends its connection;
//! - at the end, open requests get `farewell` to finish.

pub(crate) mod io;
pub(crate) mod link;

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::ResponseBody;
use crate::limits::{self, Limits};
use crate::socket;
use io::Watched;
use link::{Link, Links, TrackedBody, Word};

/// What answers the requests of one listener.
pub(crate) trait Handle: Send + Sync + 'static {
    fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        link: Arc<Link>,
    ) -> impl Future<Output = Response<ResponseBody>> + Send;
}

#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// Only our own user gets in.
    Unix(UnixListener),
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One listener with its bounds.
#[derive(Debug)]
pub(crate) struct Server {
    listener: Listener,
    limits: Limits,
    trusted: Vec<IpAddr>,
    links: Arc<Links>,
    stopping: CancellationToken,
}

/// Waiting for a busy edge or for descriptors.
const BREATH: Duration = Duration::from_millis(20);

impl Server {
    /// `trusted` peers (proxies in front of us) have no bound of their own.
    pub(crate) fn new(
        listener: Listener,
        limits: Limits,
        trusted: Vec<IpAddr>,
        links: Arc<Links>,
        stopping: CancellationToken,
    ) -> Self {
        Self { listener, limits, trusted, links, stopping }
    }

    /// Serves until `stopping`, then lets open requests finish for at most `farewell`.
    pub(crate) async fn run<H: Handle>(self, handler: Arc<H>) {
        let (links, limits) = (self.links.clone(), self.limits.clone());
        tokio::select! {
            () = self.serve(handler) => {}
            never = links.watch(&limits) => match never {},
        }
    }

    async fn serve<H: Handle>(self, handler: Arc<H>) {
        let tasks = TaskTracker::new();
        while let Some(stream) = self.stopping.run_until_cancelled(self.accept()).await {
            self.spawn(stream, &handler, &tasks);
        }
        tasks.close();
        drop(self.listener);
        self.links.tell_all(Word::Close);
        if tokio::time::timeout(self.limits.farewell, tasks.wait()).await.is_err() {
            self.links.tell_all(Word::Cut);
            tasks.wait().await;
        }
    }

    async fn accept(&self) -> Stream {
        loop {
            self.room().await;
            let accepted = match &self.listener {
                Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
                Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
            };
            match accepted {
                Ok(Stream::Unix(stream)) if !socket::peer_is_us(&stream) => {}
                Ok(stream) => return stream,
                Err(error) => {
                    // Out of descriptors, or the peer is gone already: either passes.
                    tracing::warn!(%error, "cannot accept a connection");
                    self.links.evict(1, None);
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    }

    /// Waits until one more connection may be open; makes room among the idle ones.
    async fn room(&self) {
        while self.links.open() >= self.limits.connections {
            self.links.evict(self.limits.connections / 16 + 1, None);
            tokio::time::sleep(Duration::from_millis(1)).await;
            if self.links.open() >= self.limits.connections {
                tokio::time::sleep(BREATH).await;
            }
        }
    }

    fn spawn<H: Handle>(&self, stream: Stream, handler: &Arc<H>, tasks: &TaskTracker) {
        let peer = match &stream {
            Stream::Tcp(stream) => stream.peer_addr().ok(),
            Stream::Unix(_) => None,
        };
        if !self.peer_has_room(peer) {
            return;
        }
        let drive = Drive { link: self.links.join(peer), limits: self.limits.clone() };
        let handler = handler.clone();
        tasks.spawn(async move {
            match stream {
                Stream::Tcp(stream) => {
                    prepare(&stream);
                    drive.serve(stream, handler).await;
                }
                Stream::Unix(stream) => drive.serve(stream, handler).await,
            }
        });
    }

    /// One address may not take everything, unless it is a proxy for many.
    fn peer_has_room(&self, peer: Option<SocketAddr>) -> bool {
        let Some(peer) = peer.map(|p| p.ip().to_canonical()).filter(|ip| !self.trusted.contains(ip)) else {
            return true;
        };
        let bound = self.limits.connections_per_peer();
        if self.links.open_of(peer) < bound {
            return true;
        }
        self.links.evict(bound / 16 + 1, Some(peer)) > 0
    }
}

/// Small answers go out at once; a peer that vanished without a word is noticed within two minutes.
fn prepare(stream: &TcpStream) {
    use rustix::net::sockopt;
    // A socket that refuses an option still serves.
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, Duration::from_mins(1));
    let _ = sockopt::set_tcp_keepintvl(stream, Duration::from_secs(15));
    let _ = sockopt::set_tcp_keepcnt(stream, 4);
}

/// One connection.
struct Drive {
    link: Arc<Link>,
    limits: Limits,
}

impl Drive {
    async fn serve<S, H>(self, stream: S, handler: Arc<H>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
        H: Handle,
    {
        let io = TokioIo::new(Watched::new(stream, self.link.clone(), self.limits.stall));
        let link = self.link.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (handler, link) = (handler.clone(), link.clone());
            async move {
                let busy = link.begin(request.version());
                let response = handler.handle(request, link).await;
                Ok::<_, Infallible>(response.map(|body| TrackedBody::new(body, busy)))
            }
        });
        let builder = self.builder();
        let connection = builder.serve_connection_with_upgrades(io, service);
        tokio::pin!(connection);
        let mut is_closing = false;
        poll_fn(|cx| {
            match self.link.hear(cx) {
                Word::Cut => return Poll::Ready(()),
                Word::Close if !is_closing => {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Word::Keep | Word::Close => {}
            }
            connection.as_mut().poll(cx).map(|ended| {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended");
                }
            })
        })
        .await;
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            // The link knows when a head takes too long.
            .header_read_timeout(None)
            // [`limits::HEADERS`] is what hyper has room for on its stack, and need not be told.
            .max_buf_size(limits::HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits::STREAMS)
            .max_header_list_size(u32::try_from(limits::HEAD_BYTES).unwrap_or(u32::MAX))
            .keep_alive_interval(self.limits.stall)
            .keep_alive_timeout(self.limits.stall);
        builder
    }
}
