//! What the edge answers itself, through its extension, under the same bounds as everything else.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::body::{self, BoxError, Patience, RequestBody, ResponseBody};
use crate::extension::{Arrival, Body, Extension};
use crate::limits::Limits;
use crate::proxy::exchange;
use crate::proxy::headers;
use crate::proxy::page::Page;

/// One per address.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    extension: Arc<dyn Extension>,
    limits: Limits,
    /// The edge ends: streams without an end of their own must.
    ending: CancellationToken,
}

/// A request that the extension answers, before it is known as what it came in.
#[derive(Debug)]
pub(crate) struct Call {
    /// As the extension knows it.
    pub(crate) path: PathAndQuery,
    pub(crate) first_party: bool,
    pub(crate) witness: Option<String>,
    pub(crate) address: Option<IpAddr>,
}

impl Own {
    pub(crate) fn new(extension: Arc<dyn Extension>, limits: Limits, ending: CancellationToken) -> Self {
        Self { extension, limits, ending }
    }

    pub(crate) fn extension(&self) -> &dyn Extension {
        &*self.extension
    }

    pub(crate) fn serves(&self, method: &Method, path: &str) -> bool {
        self.extension.serves(method, path)
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>, call: Call) -> Result<Response<ResponseBody>, Page> {
        let (mut parts, body) = request.into_parts();
        headers::strip_for_own(&mut parts.headers);
        parts.uri = Uri::from(call.path);
        let arrival = Arrival { first_party: call.first_party, witness: call.witness, address: call.address };
        if let Some(bytes_max) = self.extension.at_once(&parts) {
            let body = body::whole(body, bytes_max, self.limits.stall).await;
            return Ok(self.extension.answer(&parts, body, arrival).map(ResponseBody::Full));
        }
        let body = RequestBody::new((!body.is_end_stream()).then_some(body), self.limits.stall);
        let upload = body.upload();
        let answer = self.extension.clone().serve(Request::from_parts(parts, body.boxed_unsync()), arrival);
        let response = exchange::in_time(answer, &upload, self.limits.response_head).await;
        Ok(self.pass_on(response.ok_or_else(Page::late)?))
    }

    fn pass_on(&self, response: Response<Body>) -> Response<ResponseBody> {
        let (mut parts, body) = response.into_parts();
        headers::strip_hop_by_hop(&mut parts.headers);
        parts.version = http::Version::default();
        let body = if headers::is_event_stream(&parts.headers) {
            OwnBody::events(body, self.ending.clone())
        } else {
            OwnBody::bounded(body, self.limits.response_stall)
        };
        Response::from_parts(parts, ResponseBody::Own(Box::new(body)))
    }
}

/// The extension's body on its way to the client.
#[derive(Debug)]
pub(crate) struct OwnBody {
    body: Body,
    end: End,
}

#[derive(Debug)]
enum End {
    /// With an error, if it pauses for too long.
    Stalled(Patience),
    /// As if it were complete, when the edge ends.
    Ending(Pin<Box<WaitForCancellationFutureOwned>>),
}

impl OwnBody {
    fn events(body: Body, ending: CancellationToken) -> Self {
        Self { body, end: End::Ending(Box::pin(ending.cancelled_owned())) }
    }

    fn bounded(body: Body, stall: Duration) -> Self {
        Self { body, end: End::Stalled(Patience::new(stall)) }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(cx);
        match &mut self.end {
            End::Stalled(patience) if poll.is_ready() => patience.reset(),
            End::Stalled(patience) => {
                if patience.is_over(cx) {
                    return Poll::Ready(Some(Err("the answer stopped in the middle".into())));
                }
            }
            End::Ending(ending) => {
                if poll.is_pending() && ending.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
            }
        }
        poll
    }

    pub(crate) fn inner(&self) -> &Body {
        &self.body
    }
}
