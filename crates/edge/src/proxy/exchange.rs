//! One try: a request over one connection, until its response's head.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use hyper::body::{Body, Incoming};
use hyper::client::conn::TrySendError;
use hyper::upgrade::OnUpgrade;
use tokio::time::{Instant, sleep_until};

use crate::body::{RequestBody, Upload, UploadEnd};
use crate::limits::{self, Limits};
use crate::proxy::headers::{self, Origin, Target};
use crate::upstream::pool::{Pool, Sender};

/// A request as it goes to an instance.
#[derive(Debug)]
pub(crate) struct Outgoing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// None once it was sent, and if there is none.
    body: Option<RequestBody>,
    is_repeatable: bool,
    upgrade: Option<OnUpgrade>,
    stall: Duration,
}

impl Outgoing {
    /// `stall`: how long the client may pause in its body.
    pub(crate) fn new(mut request: Request<Incoming>, target: &Target, origin: &Origin, stall: Duration) -> Self {
        let protocol = headers::upgrade_of(&request);
        let upgrade = protocol.as_ref().map(|_| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        headers::strip_hop_by_hop(&mut headers);
        headers::strip_ours(&mut headers);
        headers::set_forwarded(&mut headers, target, origin);
        if let Some(protocol) = protocol {
            headers::set_upgrade(&mut headers, protocol);
        }
        let is_empty = body.is_end_stream();
        Self {
            is_repeatable: is_empty && parts.method.is_idempotent(),
            method: parts.method,
            uri: target.uri().clone(),
            headers,
            body: Some(RequestBody::new((!is_empty).then_some(body), stall)),
            upgrade,
            stall,
        }
    }

    pub(crate) fn set(&mut self, name: &'static str, value: HeaderValue) {
        self.headers.insert(HeaderName::from_static(name), value);
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn take_upgrade(&mut self) -> Option<OnUpgrade> {
        self.upgrade.take()
    }

    /// The request to send. One that is not repeatable is gone after this, unless it comes back unsent.
    fn request(&mut self) -> Request<RequestBody> {
        let body = self.body.take().unwrap_or_else(|| RequestBody::new(None, self.stall));
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() =
            if self.is_repeatable { self.headers.clone() } else { std::mem::take(&mut self.headers) };
        request
    }

    fn come_back(&mut self, unsent: Request<RequestBody>) {
        let (parts, body) = unsent.into_parts();
        self.headers = parts.headers;
        self.body = Some(body);
    }
}

/// Whether a kept connection may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    Allowed,
    Never,
}

/// A response's head, and the connection that its body comes on.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: (Sender, Arc<Pool>),
}

#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection: nothing was sent.
    Connect(io::Error),
    /// A kept connection had gone; the request may be sent again on a new one.
    Gone,
    /// The instance broke off or talks nonsense.
    Broken(hyper::Error),
    /// No response in time.
    Late,
    /// The client's own body ended it.
    Client(UploadEnd),
}

/// For the log.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Gone => f.write_str("a kept connection had gone"),
            Self::Broken(error) => f.write_str(&kernel::chain(error)),
            Self::Late => f.write_str("no answer in time"),
            Self::Client(end) => write!(f, "the client's upload ended: {end:?}"),
        }
    }
}

pub(crate) async fn send(
    pool: &Arc<Pool>,
    outgoing: &mut Outgoing,
    reuse: Reuse,
    limits: &Limits,
) -> Result<Answer, Failure> {
    let freshness = if outgoing.is_repeatable { limits::POOLED_FOR } else { limits::POOLED_FOR_UNREPEATABLE };
    let kept = if reuse == Reuse::Allowed { pool.take(freshness) } else { None };
    let is_kept = kept.is_some();
    let mut sender = match kept {
        Some(sender) => sender,
        None => pool.connect().await.map_err(Failure::Connect)?,
    };
    let request = outgoing.request();
    let upload = request.body().upload();
    let answer = in_time(sender.try_send_request(request), &upload, limits.response_head).await;
    match answer {
        None => Err(Failure::Late),
        Some(Ok(response)) => Ok(Answer { response, connection: (sender, pool.clone()) }),
        Some(Err(error)) => Err(failure(error, outgoing, &upload, is_kept)),
    }
}

fn failure(
    mut error: TrySendError<Request<RequestBody>>,
    outgoing: &mut Outgoing,
    upload: &Upload,
    is_kept: bool,
) -> Failure {
    if let Some(unsent) = error.take_message() {
        outgoing.come_back(unsent);
        return if is_kept { Failure::Gone } else { Failure::Connect(io::Error::other(error.into_error())) };
    }
    let error = error.into_error();
    match upload.end() {
        UploadEnd::None if is_kept && outgoing.is_repeatable && has_gone(&error) => Failure::Gone,
        UploadEnd::None => Failure::Broken(error),
        end => Failure::Client(end),
    }
}

/// Whether the connection ended without a (complete) response, rather than with a wrong one.
fn has_gone(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || is_io(error)
}

fn is_io(error: &hyper::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<io::Error>)
}

/// The answer, unless it is later than `limit` after the last part of the upload.
pub(crate) async fn in_time<T>(answer: impl Future<Output = T>, upload: &Upload, limit: Duration) -> Option<T> {
    tokio::pin!(answer);
    // A try may begin long after the request came.
    let begun = Instant::now();
    loop {
        let due = begun.max(upload.last_moved()) + limit;
        tokio::select! {
            // What is answered at once needs no timer.
            biased;
            answer = &mut answer => return Some(answer),
            () = sleep_until(due) => {
                if begun.max(upload.last_moved()) + limit <= Instant::now() {
                    return None;
                }
            }
        }
    }
}
