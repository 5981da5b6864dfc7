//! The system address: what the extension does not answer goes to the control plane, or is told that it is away.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::{ResponseBody, UploadEnd, Way};
use crate::key::EdgeKey;
use crate::limits::Limits;
use crate::own::{Call, Own};
use crate::proxy::exchange::{self, Answer, Failure, Outgoing, Reuse};
use crate::proxy::headers::{Origin, Target};
use crate::proxy::page::{Format, Page};
use crate::proxy::{stream, tunnel};
use crate::server::Handle;
use crate::server::link::Link;
use crate::upstream::{InFlight, Refused, Upstream};

#[derive(Debug)]
pub(crate) struct System {
    control_plane: Arc<Upstream>,
    own: Own,
    key: HeaderValue,
    limits: Limits,
    proxies: Vec<IpAddr>,
}

impl Handle for System {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, link: Arc<Link>) -> Response<ResponseBody> {
        // The control plane's clients are programs, and the console, which reads problems too.
        self.serve(request, link).await.unwrap_or_else(|page| page.response(Format::Problem))
    }
}

impl System {
    /// `control_plane` leads to its socket.
    pub(crate) fn new(
        control_plane: Arc<Upstream>,
        own: Own,
        key: &EdgeKey,
        limits: Limits,
        proxies: Vec<IpAddr>,
    ) -> Self {
        let mut key = HeaderValue::from_str(key.text()).expect("hex digits");
        key.set_sensitive(true);
        Self { control_plane, own, key, limits, proxies }
    }

    async fn serve(&self, request: Request<Incoming>, link: Arc<Link>) -> Result<Response<ResponseBody>, Page> {
        self.admit(&link)?;
        let target = Target::of(&request)?;
        let origin = Origin::of(&request, &link, &self.proxies);
        if self.own.serves(request.method(), target.path()) {
            let call = Call { path: target.whole(), first_party: false, witness: None, address: origin.address() };
            return self.own.answer(request, call).await;
        }
        let mut outgoing = Outgoing::new(request, &target, &origin, self.limits.stall);
        outgoing.set("trunkline-edge", self.key.clone());
        let inside = self.control_plane.enter(self.limits.in_flight).map_err(|refused| match refused {
            Refused::Full => Page::busy(),
            Refused::Closed => Page::no_control_plane(),
        })?;
        let answer = self.exchange(&inside, &mut outgoing).await?;
        if answer.response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let way = Way { connection: Some(answer.connection), inside: Some(inside), charge: None };
            return Ok(stream(answer.response, way, self.limits.response_stall));
        }
        let client = outgoing.take_upgrade().ok_or_else(Page::bad_gateway)?;
        let busy = link.begin(http::Version::HTTP_11);
        Ok(tunnel::open(answer, client, (inside, busy)))
    }

    /// Tokens must not cross a network in clear text: from elsewhere only through the named proxies.
    fn admit(&self, link: &Link) -> Result<(), Page> {
        let peer = link.peer().map(|peer| peer.ip().to_canonical());
        let is_safe = peer.is_some_and(|peer| peer.is_loopback() || self.proxies.contains(&peer));
        if is_safe { Ok(()) } else { Err(Page::plain_text_refused()) }
    }

    async fn exchange(&self, inside: &InFlight, outgoing: &mut Outgoing) -> Result<Answer, Page> {
        let pool = inside.pool().ok_or_else(Page::no_control_plane)?;
        let mut answer = exchange::send(&pool, outgoing, Reuse::Allowed, &self.limits).await;
        if matches!(answer, Err(Failure::Gone)) {
            answer = exchange::send(&pool, outgoing, Reuse::Never, &self.limits).await;
        }
        answer.map_err(|failure| match failure {
            Failure::Connect(_) | Failure::Gone => Page::no_control_plane(),
            // It was ended in the middle of this request, or is broken.
            Failure::Broken(_) => Page::bad_gateway(),
            Failure::Late => Page::late(),
            Failure::Client(UploadEnd::Stalled) => Page::slow_upload(),
            Failure::Client(_) => Page::broken_upload(),
        })
    }
}
