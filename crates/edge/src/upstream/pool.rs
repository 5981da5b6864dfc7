//! HTTP/1.1 connections to one process, kept while they are fresh.
//!
//! Our own rather than hyper-util's, because what may be sent again depends on whether a connection was new and on
//! whether a byte left, and because a drain must be able to close the idle ones.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::body::RequestBody;
use crate::limits;
use crate::socket;

pub(crate) type Sender = SendRequest<RequestBody>;

#[derive(Debug, Clone)]
pub(crate) enum Target {
    Tcp(SocketAddr),
    /// The control plane's abstract socket.
    Abstract(String),
}

#[derive(Debug)]
pub(crate) struct Pool {
    target: Target,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    connections: Vec<(Sender, Instant)>,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(target: Target) -> Self {
        Self { target, idle: Mutex::default() }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.target {
            Target::Tcp(address) => Some(*address),
            Target::Abstract(_) => None,
        }
    }

    /// The connection used last, if that was within `freshness`.
    pub(crate) fn take(&self, freshness: Duration) -> Option<Sender> {
        let mut idle = self.lock();
        while let Some((sender, since)) = idle.connections.pop() {
            if sender.is_closed() {
                continue;
            }
            if since.elapsed() < freshness && sender.is_ready() {
                return Some(sender);
            }
            // Those below are older still, but fresh enough for others.
            idle.connections.push((sender, since));
            return None;
        }
        None
    }

    /// Keeps a connection whose response has been read to its end.
    pub(crate) fn put(&self, sender: Sender) {
        let mut idle = self.lock();
        if !idle.closed && !sender.is_closed() && idle.connections.len() < limits::POOLED {
            idle.connections.push((sender, Instant::now()));
        }
    }

    pub(crate) fn reap(&self) {
        let fresh = |(sender, since): &(Sender, Instant)| !sender.is_closed() && since.elapsed() < limits::POOLED_FOR;
        self.lock().connections.retain(fresh);
    }

    pub(crate) fn close(&self) {
        let mut idle = self.lock();
        idle.closed = true;
        idle.connections.clear();
    }

    /// A new connection. Nothing has been sent when this fails.
    pub(crate) async fn connect(&self) -> io::Result<Sender> {
        match &self.target {
            Target::Tcp(address) => {
                let stream = timeout(limits::CONNECT, TcpStream::connect(address)).await??;
                stream.set_nodelay(true)?;
                handshake(stream).await
            }
            Target::Abstract(name) => {
                let stream = socket::connect(name)?;
                if !socket::peer_is_us(&stream) {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, "another user listens there"));
                }
                handshake(stream).await
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> io::Result<Sender> {
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(limits::HEAD_BYTES * 4)
        .max_headers(limits::RESPONSE_HEADERS)
        .preserve_header_case(false)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "upstream connection ended");
        }
    });
    Ok(sender)
}
