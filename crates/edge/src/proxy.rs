//! The product address: from a customer's request to an instance and back.
//!
//! What may be sent twice, and when: a request of which nothing was sent (connection refused, or a kept connection that
//! had gone) is tried again for `connect_patience`; a request without body and of an idempotent method is tried once more
//! if the kept connection it went on was closed before any answer. Nothing else ever is.
//!
//! Each turn reads the routing table anew, so that a request that waits follows a switch.

pub(crate) mod exchange;
pub(crate) mod headers;
pub(crate) mod page;
pub(crate) mod tunnel;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use crate::body::{Download, ResponseBody, UploadEnd, Way};
use crate::key::EdgeKey;
use crate::limits::Limits;
use crate::routing::{Arm, Pick, Service, Table};
use crate::server::Handle;
use crate::server::link::Link;
use crate::tally::{Charge, Who};
use crate::upstream::InFlight;
use crate::visitor::{self, Visitor};
use exchange::{Answer, Failure, Outgoing, Reuse};
use headers::{Origin, Target};
use page::Page;

/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(20);
/// Ids drawn for one that falls into a given arm: fails for a share of one basis point once in 10^8.
const DRAWS: usize = 200_000;

#[derive(Debug)]
pub(crate) struct Product {
    table: Arc<ArcSwap<Table>>,
    key: EdgeKey,
    limits: Limits,
    proxies: Vec<IpAddr>,
    hasher: RandomState,
}

/// A request on its way, and what must stay the same whichever instance takes it.
struct Journey {
    target: Target,
    split_key: String,
    who: Who,
    since: Instant,
    outgoing: Outgoing,
    link: Arc<Link>,
    /// Instances that refused since the last pause.
    tried: Vec<String>,
    reuse: Reuse,
    /// The arm that it belongs to was charged for not taking it.
    is_diverted: bool,
}

impl Handle for Product {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, link: Arc<Link>) -> Response<ResponseBody> {
        let format = page::Format::wanted(request.headers());
        self.serve(request, link).await.unwrap_or_else(|page| page.response(format))
    }
}

impl Product {
    pub(crate) fn new(table: Arc<ArcSwap<Table>>, key: EdgeKey, limits: Limits, proxies: Vec<IpAddr>) -> Self {
        Self { table, key, limits, proxies, hasher: RandomState::new() }
    }

    async fn serve(&self, request: Request<Incoming>, link: Arc<Link>) -> Result<Response<ResponseBody>, Page> {
        let since = Instant::now();
        let target = Target::of(&request)?;
        if target.is_reserved() {
            return Err(Page::reserved());
        }
        let service = find(&self.table.load_full(), &target)?;
        let origin = Origin::of(&request, &link, &self.proxies);
        let sender = visitor::Sender::of(request.headers(), &service.route, &self.key);
        let new = newcomer(&service, &sender);
        let split_key = sender.key().unwrap_or_else(|| new.id());
        let mut outgoing = Outgoing::new(request, &target, &origin, self.limits.stall);
        outgoing.set("trunkline-person", header_value(&sender.person(&new, &self.key)));
        let who = self.who(&sender, &origin, &link);
        let journey = Journey {
            target,
            split_key,
            who,
            since,
            outgoing,
            link,
            tried: Vec::new(),
            reuse: Reuse::Allowed,
            is_diverted: false,
        };
        let mut response = self.deliver(journey).await?;
        if sender.needs_cookie() && !(origin.is_proxied() && is_shared(response.headers())) {
            response.headers_mut().append(header::SET_COOKIE, new.set_cookie(&self.key, origin.tls()));
        }
        Ok(response)
    }

    fn who(&self, sender: &visitor::Sender, origin: &Origin, link: &Link) -> Who {
        let person = sender.witnessed.as_ref().map(|visitor| self.hasher.hash_one(("visitor", visitor.id())));
        let client = match (person, &sender.sticky) {
            (Some(person), _) => person,
            (None, Some(sticky)) => self.hasher.hash_one(("sticky", sticky)),
            (None, None) => self.hasher.hash_one(("peer", origin.client(link.peer()))),
        };
        Who { client, person }
    }

    async fn deliver(&self, mut journey: Journey) -> Result<Response<ResponseBody>, Page> {
        let deadline = journey.since + self.limits.connect_patience;
        loop {
            let table = self.table.load_full();
            let service = find(&table, &journey.target)?;
            let own = service.arm(service.arm_of(&journey.split_key));
            match service.pick(service.arm_of(&journey.split_key), &journey.tried, self.limits.in_flight) {
                Pick::Enter(arm, inside) => {
                    if !std::ptr::eq(arm, own) {
                        journey.charge_failure(own);
                    }
                    if let Some(response) = self.try_in(arm, inside, &mut journey, deadline).await? {
                        return Ok(response);
                    }
                }
                Pick::Wait if Instant::now() < deadline => {
                    journey.tried.clear();
                    tokio::time::sleep(PAUSE).await;
                }
                refused => {
                    journey.charge_failure(own);
                    return Err(if matches!(refused, Pick::Full) { Page::busy() } else { Page::away() });
                }
            }
        }
    }

    /// One try in one instance; nothing if another may follow.
    async fn try_in(
        &self,
        arm: &Arm,
        inside: InFlight,
        journey: &mut Journey,
        deadline: Instant,
    ) -> Result<Option<Response<ResponseBody>>, Page> {
        let Some(pool) = inside.pool() else { return Ok(None) };
        let mut charge = Charge::begin(&arm.tallies, journey.who, journey.since);
        journey.outgoing.set("trunkline-release", arm.release.clone());
        let failure = match exchange::send(&pool, &mut journey.outgoing, journey.reuse, &self.limits).await {
            Ok(answer) => {
                charge.answered(answer.response.status());
                return self.pass_on(answer, inside, charge, journey).map(Some);
            }
            Err(failure) => failure,
        };
        tracing::debug!(instance = inside.upstream().id(), %failure, "no answer");
        match failure {
            Failure::Gone => journey.reuse = Reuse::Never,
            Failure::Connect(_) if Instant::now() < deadline => {
                inside.upstream().trouble.notify_one();
                journey.tried.push(inside.upstream().id().to_owned());
            }
            Failure::Client(end) => return Err(blame_client(end)),
            Failure::Connect(_) | Failure::Broken(_) => {
                inside.upstream().trouble.notify_one();
                charge.failed();
                return Err(Page::bad_gateway());
            }
            Failure::Late => {
                charge.failed();
                return Err(Page::late());
            }
        }
        charge.withdraw();
        Ok(None)
    }

    /// The answer as the client gets it.
    fn pass_on(
        &self,
        answer: Answer,
        inside: InFlight,
        mut charge: Charge,
        journey: &mut Journey,
    ) -> Result<Response<ResponseBody>, Page> {
        if answer.response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let way = Way { connection: Some(answer.connection), inside: Some(inside), charge: Some(charge) };
            return Ok(stream(answer.response, way, self.limits.response_stall));
        }
        let Some(client) = journey.outgoing.take_upgrade() else {
            // Switching without having been asked is a broken answer.
            charge.failed();
            return Err(Page::bad_gateway());
        };
        let busy = journey.link.begin(http::Version::HTTP_11);
        Ok(tunnel::open(answer, client, (inside, charge, busy)))
    }
}

impl Journey {
    /// The arm could not take its own request. Once per request.
    fn charge_failure(&mut self, arm: &Arm) {
        if !std::mem::replace(&mut self.is_diverted, true) {
            Charge::begin(&arm.tallies, self.who, self.since).failed();
        }
    }
}

fn find(table: &Table, target: &Target) -> Result<Arc<Service>, Page> {
    if table.is_empty() {
        return Err(Page::nothing_live());
    }
    table.find(target.host(), target.path()).cloned().ok_or_else(Page::no_route)
}

/// Who a request becomes if its sender keeps our cookie: drawn so that the next request falls into the same arm as
/// this one, whatever this one was split by.
fn newcomer(service: &Service, sender: &visitor::Sender) -> Visitor {
    let visitor = Visitor::new();
    let Some(key) = sender.key().filter(|_| sender.needs_cookie()) else { return visitor };
    let arm = service.arm_of(&key);
    let mut draws = std::iter::once(visitor.clone()).chain(std::iter::repeat_with(Visitor::new)).take(DRAWS);
    draws.find(|drawn| service.arm_of(&drawn.id()) == arm).unwrap_or(visitor)
}

/// An instance's response with a body that streams.
pub(crate) fn stream(response: Response<Incoming>, way: Way, stall: Duration) -> Response<ResponseBody> {
    let (mut parts, body) = response.into_parts();
    headers::strip_hop_by_hop(&mut parts.headers);
    let may_pause = headers::is_event_stream(&parts.headers);
    let body = Download::new(body, (!may_pause).then_some(stall), way);
    parts.version = http::Version::default();
    Response::from_parts(parts, ResponseBody::Stream(Box::new(body)))
}

/// A response that a cache in front of us may give to others must not carry one visitor's cookie.
fn is_shared(headers: &HeaderMap) -> bool {
    let directives = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    directives.flat_map(|value| value.split(',')).any(|directive| {
        let directive = directive.trim().to_ascii_lowercase();
        directive == "public" || directive.starts_with("s-maxage")
    })
}

fn blame_client(end: UploadEnd) -> Page {
    match end {
        UploadEnd::Stalled => Page::slow_upload(),
        UploadEnd::None | UploadEnd::Broken => Page::broken_upload(),
    }
}

/// Ids are printable ASCII.
fn header_value(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
