//! What the edge serves itself, without knowing what it is: paths of its own, from snapshots, without the control plane.
//!
//! Invariants: the edge's bounds are in force for an extension as for an instance; a snapshot is on disk before it is given
//! to the extension; nothing here waits for the control plane.

use std::fmt::Debug;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, request};
use http_body_util::combinators::UnsyncBoxBody;

/// An answer that takes time.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a request's whole body could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    #[error("the client stopped sending")]
    Stalled,
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// A body in either direction. A request's ends with an error if its client stalls; a response's may be a stream.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Serves paths of its own on both addresses.
pub trait Extension: Debug + Send + Sync + 'static {
    /// Whether it answers such a request. Asked for every request on the system address, and for those below
    /// `/_trunkline` on the product address, without that prefix. Cheap.
    fn serves(&self, method: &Method, path: &str) -> bool;

    /// How many bytes such a request's body may have at most if it is one for [`Extension::answer`]; none if it is one for
    /// [`Extension::serve`]. Cheap.
    fn at_once(&self, _: &request::Parts) -> Option<usize> {
        None
    }

    /// Answers without waiting for anything, from the whole body; an error says why that could not be had. What is said of
    /// headers below is true here too.
    fn answer(&self, head: &request::Parts, body: Result<Bytes, BodyError>, arrival: Arrival) -> Response<Bytes>;

    /// Answers it. The response's head must come within [`crate::Limits::response_head`] of the request's last byte, and
    /// its body must go on within [`crate::Limits::response_stall`], unless it is `text/event-stream`: such a stream lasts
    /// until the client leaves or the edge ends. No header begins with `trunkline-`, and none says for whom a request was
    /// forwarded: who asks is in `arrival`.
    fn serve(self: Arc<Self>, request: Request<Body>, arrival: Arrival) -> Later<'static, Response<Body>>;

    /// From now on this is what it serves from. May take its time; one call at a time. An error says why the bytes are of no
    /// use, and then what was in force before still is.
    fn apply(&self, name: &str, bytes: &[u8]) -> Result<(), String>;

    /// The product answered somebody. On the way of every request: must not wait.
    fn seen(&self, seen: &Seen<'_>);

    /// More for the metrics page, in the Prometheus text format.
    fn metrics(&self) -> String;

    /// The public addresses are closed and no more requests come: what was acknowledged must be durable when this ends.
    fn close(&self) -> Later<'_, ()>;
}

/// How a request came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Through the product's own address.
    pub first_party: bool,
    /// The visitor of the signed cookie that came with it; only on the product's address.
    pub witness: Option<String>,
    /// The client, as far as it can be believed.
    pub address: Option<IpAddr>,
}

/// One answer of the product, at the moment its head has come.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub service: &'a str,
    /// Whether this service wants its pages counted.
    pub pageviews: bool,
    pub deployment: u64,
    /// As the product heard it.
    pub person: &'a str,
    /// The visitor whose signed cookie came back.
    pub witness: Option<&'a str>,
    /// The run of the verifier that asked, if it was one.
    pub probe: Option<&'a str>,
    pub method: &'a Method,
    pub host: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub status: StatusCode,
    /// The response's own.
    pub headers: &'a HeaderMap,
    pub user_agent: Option<&'a str>,
}

impl Seen<'_> {
    /// Whether it is an HTML page.
    pub fn is_page(&self) -> bool {
        crate::proxy::headers::is_of_type(self.headers, "text/html")
    }
}

/// An edge that serves nothing of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExtension;

impl Extension for NoExtension {
    fn serves(&self, _: &Method, _: &str) -> bool {
        false
    }

    fn answer(&self, _: &request::Parts, _: Result<Bytes, BodyError>, _: Arrival) -> Response<Bytes> {
        nothing()
    }

    fn serve(self: Arc<Self>, _: Request<Body>, _: Arrival) -> Later<'static, Response<Body>> {
        Box::pin(std::future::ready(nothing()))
    }

    fn apply(&self, _: &str, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn seen(&self, _: &Seen<'_>) {}

    fn metrics(&self) -> String {
        String::new()
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn nothing<B: Default>() -> Response<B> {
    let mut nothing = Response::new(B::default());
    *nothing.status_mut() = StatusCode::NOT_FOUND;
    nothing
}
