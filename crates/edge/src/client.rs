//! The control plane's side of the admin socket.
//!
//! One connection per call: calls are few, and a restarted edge needs no reconnecting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use kernel::snapshot::{self, Serving};
use kernel::{Kind, Problem};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout};

use crate::error::Refusal;
use crate::key::EdgeKey;
use crate::model::{EdgeState, Instance, InstanceSpec, Routes, SnapshotAnswer};
use crate::{Error, snapshots, socket};

/// Most calls are answered at once; a start writes to disk and waits for a process.
const CALL: Duration = Duration::from_secs(10);
/// A large snapshot takes its time.
const PUT_SNAPSHOT: Duration = Duration::from_secs(30);
/// An edge that is being started again answers within this.
const RESTARTS_WITHIN: Duration = Duration::from_secs(5);
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Ending every instance may need their grace.
const SHUTDOWN: Duration = Duration::from_mins(1);
/// No answer is longer.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A way to the edge of one data folder. Cheap to clone; every call has a time limit.
#[derive(Debug, Clone)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    data: PathBuf,
    socket: String,
    key: EdgeKey,
}

impl Client {
    /// Knows the way to the edge of `data` (the folder must exist; its shared key is made if missing). Does not ask
    /// whether the edge runs: each call does, and fails with [`Error::NotRunning`].
    pub fn connect(data: &Path) -> Result<Self, Error> {
        let socket =
            socket::edge(data).map_err(|source| Error::File { what: "find", path: data.to_owned(), source })?;
        Ok(Self(Arc::new(Inner { data: data.to_owned(), socket, key: EdgeKey::of(data)? })))
    }

    /// All the edge knows.
    pub async fn state(&self) -> Result<EdgeState, Error> {
        self.json("read the state", Method::GET, "/state", Bytes::new()).await
    }

    /// Keeps an instance running from now on. Idempotent by id: a known id is answered with what it is now.
    pub async fn start(&self, spec: &InstanceSpec) -> Result<Instance, Error> {
        let path = format!("/instances/{}", path_segment(&spec.id)?);
        self.json("start an instance", Method::PUT, &path, encode(spec)).await
    }

    /// Gives the instance no new requests, waits in the background until it has none (at most `drain_seconds`), then
    /// ends it. Returns at once. Idempotent; an unknown id is fine; a shorter limit replaces a longer one.
    pub async fn stop(&self, id: &str, drain_seconds: f64) -> Result<(), Error> {
        let path = format!("/instances/{}?drain_seconds={drain_seconds}", path_segment(id)?);
        self.call("stop an instance", Method::DELETE, &path, Bytes::new(), CALL).await.map(drop)
    }

    /// Replaces the routing table. On disk, and in force for every later request, when this returns.
    /// [`Error::StaleGeneration`] if the edge has a newer one, or a different one of the same generation.
    pub async fn put_routes(&self, routes: &Routes) -> Result<(), Error> {
        self.call("put routes", Method::PUT, "/routes", encode(routes), CALL).await.map(drop)
    }

    /// On the edge's disk and in force there when this returns: this snapshot, or a newer one; gives the generation in
    /// force. [`Error::StaleGeneration`] if the edge has a different one of the same generation, [`Error::Invalid`] if the
    /// extension cannot use it: then what was in force still is.
    pub async fn put_snapshot(&self, name: &str, generation: u64, bytes: impl Into<Bytes>) -> Result<u64, Error> {
        snapshots::check_name(name)?;
        let (what, path) = ("put a snapshot", format!("/snapshots/{name}?generation={generation}"));
        let bytes = self.call(what, Method::PUT, &path, bytes.into(), PUT_SNAPSHOT).await?;
        let answer: SnapshotAnswer = serde_json::from_slice(&bytes).map_err(|e| Error::talk(what, e))?;
        answer.generation.ok_or_else(|| Error::talk(what, "it names no generation"))
    }

    /// The generation of a snapshot that is in force.
    pub async fn snapshot_generation(&self, name: &str) -> Result<Option<u64>, Error> {
        snapshots::check_name(name)?;
        let path = format!("/snapshots/{name}");
        let answer: SnapshotAnswer = self.json("ask for a snapshot", Method::GET, &path, Bytes::new()).await?;
        Ok(answer.generation)
    }

    /// The last lines of an instance's log, also for a while after it ended. At most 10,000 lines or 1 MB.
    pub async fn instance_log(&self, id: &str, lines: usize) -> Result<String, Error> {
        let path = format!("/instances/{}/log?lines={lines}", path_segment(id)?);
        let bytes = self.call("read a log", Method::GET, &path, Bytes::new(), CALL).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Bounds and gauges in the Prometheus text format.
    pub async fn metrics(&self) -> Result<String, Error> {
        let bytes = self.call("read metrics", Method::GET, "/metrics", Bytes::new(), CALL).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Ends every instance and then the edge itself. Instances have their own grace, all at the same time.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.call("shut down", Method::POST, "/shutdown", Bytes::new(), SHUTDOWN).await.map(drop)
    }

    async fn json<T: DeserializeOwned>(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, Error> {
        let bytes = self.call(what, method, path, body, CALL).await?;
        serde_json::from_slice(&bytes).map_err(|e| Error::talk(what, e))
    }

    async fn call(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        body: Bytes,
        limit: Duration,
    ) -> Result<Bytes, Error> {
        let late = |_| Error::talk(what, format_args!("no answer within {} s", limit.as_secs()));
        let (status, bytes) = timeout(limit, self.exchange(what, method, path, body)).await.map_err(late)??;
        if status.is_success() {
            return Ok(bytes);
        }
        match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => Err(refusal.into()),
            Err(_) => Err(Error::talk(what, format_args!("it answered {status}"))),
        }
    }

    async fn exchange(
        &self,
        what: &'static str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Error> {
        let failed = |e: hyper::Error| Error::talk(what, e);
        let stream = socket::connect(&self.0.socket).map_err(|e| self.unreachable(what, &e))?;
        if !socket::peer_is_us(&stream) {
            return Err(Error::talk(what, "another user listens on the edge's socket"));
        }
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let driver = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "edge")
            .header(header::AUTHORIZATION, self.0.key.bearer())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|e| Error::talk(what, e))?;
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        driver.abort();
        Ok((status, body.map_err(|e| Error::talk(what, e))?.to_bytes()))
    }

    fn unreachable(&self, what: &'static str, error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused => Error::NotRunning { data: self.0.data.clone() },
            _ => Error::talk(what, error),
        }
    }
}

/// Waits a few seconds for an edge that is being started again.
impl Serving for Client {
    fn put(&self, snapshot: snapshot::Snapshot) -> snapshot::Later<'_, ()> {
        let (name, bytes) = (snapshot.name, Bytes::from(snapshot.bytes));
        let put = move || self.put_snapshot(name, snapshot.generation, bytes.clone());
        Box::pin(async move { patiently(put).await.map(drop).map_err(|error| problem(name, &error)) })
    }

    fn generation(&self, name: &'static str) -> snapshot::Later<'_, Option<u64>> {
        let ask = move || self.snapshot_generation(name);
        Box::pin(async move { patiently(ask).await.map_err(|error| problem(name, &error)) })
    }
}

/// Again while the edge is away. Only for calls that may be made twice.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(call: impl Fn() -> F) -> Result<T, Error> {
    let deadline = Instant::now() + RESTARTS_WITHIN;
    loop {
        match call().await {
            Err(Error::NotRunning { .. } | Error::Talk { .. }) if Instant::now() < deadline => {
                sleep(ASK_AGAIN_AFTER).await;
            }
            other => return other,
        }
    }
}

fn problem(name: &str, error: &Error) -> Problem {
    let kind = match error {
        Error::NotRunning { .. } | Error::Talk { .. } => Kind::Unavailable,
        Error::StaleGeneration { .. } => Kind::Conflict,
        _ => Kind::Internal,
    };
    Problem::new(kind, format!("the edge did not take the {name} snapshot: {}", kernel::chain(error)))
        .hint("nobody knows which one is in force there until it answers; `trunkline doctor` looks, then try again")
}

fn encode(value: &impl serde::Serialize) -> Bytes {
    Bytes::from(serde_json::to_vec(value).expect("our own types have string keys and no failing serialisers"))
}

/// An id that may stand in a path and a file name.
fn path_segment(id: &str) -> Result<&str, Error> {
    crate::supervise::check_id(id)?;
    Ok(id)
}
