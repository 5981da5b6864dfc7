//! The product address: from a customer's request to an instance and back.
//!
//! What may be sent twice, and when: a request of which nothing was sent (connection refused, or a kept connection that
//! had gone) is tried again for `connect_patience`; a request without body and of an idempotent method is tried once more
//! if the kept connection it went on was closed before any answer. Nothing else ever is.
//!
//! Each turn reads the routing table anew, so that a request that waits follows a switch.

mod asker;
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
use kernel::{Clock, SystemClock};

use crate::body::{Download, ResponseBody, UploadEnd, Way};
use crate::extension::Seen;
use crate::key::EdgeKey;
use crate::limits::Limits;
use crate::own::{Call, Own};
use crate::probe::Probe;
use crate::routing::{Arm, Pick, Service, Table};
use crate::server::Handle;
use crate::server::link::Link;
use crate::tally::{Charge, Tallies, Who};
use crate::upstream::InFlight;
use crate::visitor::{Sender, Visitor};
use asker::Asker;
use exchange::{Answer, Failure, Outgoing, Reuse};
use headers::{Origin, Target};
use page::Page;

/// Between two tries to connect.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Product {
    table: Arc<ArcSwap<Table>>,
    own: Own,
    key: EdgeKey,
    limits: Limits,
    proxies: Vec<IpAddr>,
    hasher: RandomState,
    /// What verifiers are charged to; nobody reads it.
    uncounted: Tallies,
}

/// A request on its way, and what must stay the same whichever instance takes it.
struct Journey {
    target: Target,
    asker: Asker,
    user_agent: Option<HeaderValue>,
    since: Instant,
    /// No instance is waited for any longer.
    deadline: Instant,
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
    pub(crate) fn new(
        table: Arc<ArcSwap<Table>>,
        own: Own,
        key: EdgeKey,
        limits: Limits,
        proxies: Vec<IpAddr>,
    ) -> Self {
        Self { table, own, key, limits, proxies, hasher: RandomState::new(), uncounted: Tallies::default() }
    }

    async fn serve(&self, request: Request<Incoming>, link: Arc<Link>) -> Result<Response<ResponseBody>, Page> {
        let since = Instant::now();
        let target = Target::of(&request)?;
        let origin = Origin::of(&request, &link, &self.proxies);
        if target.is_reserved() {
            return self.serve_reserved(request, &target, &origin).await;
        }
        let asker = self.asker(request.headers(), &target, &origin, &link)?;
        let user_agent = request.headers().get(header::USER_AGENT).cloned();
        let mut outgoing = Outgoing::new(request, &target, &origin, self.limits.stall);
        outgoing.set("trunkline-person", asker.header());
        if asker.probe().is_some() {
            outgoing.set("trunkline-verifier", HeaderValue::from_static("1"));
        }
        let mut journey = Journey {
            target,
            asker,
            user_agent,
            since,
            deadline: since + self.limits.connect_patience,
            outgoing,
            link,
            tried: Vec::new(),
            reuse: Reuse::Allowed,
            is_diverted: false,
        };
        let mut response = self.deliver(&mut journey).await?;
        let new = journey.asker.becomes().filter(|_| !(origin.is_proxied() && is_shared(response.headers())));
        if let Some(new) = new {
            response.headers_mut().append(header::SET_COOKIE, new.set_cookie(&self.key, origin.tls()));
        }
        Ok(response)
    }

    /// Below `/_trunkline` there is what the extension serves, and nothing else.
    async fn serve_reserved(
        &self,
        request: Request<Incoming>,
        target: &Target,
        origin: &Origin,
    ) -> Result<Response<ResponseBody>, Page> {
        let path = target.below_reserved().ok_or_else(Page::reserved)?;
        if !self.own.serves(request.method(), path.path()) {
            return Err(Page::reserved());
        }
        let witness = Visitor::witnessed(request.headers(), &self.key).map(|visitor| visitor.id());
        let call = Call { path, first_party: true, witness, address: origin.address() };
        self.own.answer(request, call).await
    }

    /// A good probe of a deployment that is routed is a verifier; everybody else is a customer.
    fn asker(&self, headers: &HeaderMap, target: &Target, origin: &Origin, link: &Link) -> Result<Asker, Page> {
        let table = self.table.load_full();
        let service = find(&table, target)?;
        let probe = Probe::of(headers, &self.key, SystemClock.now()).filter(|probe| table.has(probe.deployment));
        let customer = || Asker::customer(headers, &service, &self.key, |sender| self.who(sender, origin, link));
        Ok(probe.map_or_else(customer, Asker::verifier))
    }

    fn who(&self, sender: &Sender, origin: &Origin, link: &Link) -> Who {
        let person = sender.witnessed.as_ref().map(|visitor| self.hasher.hash_one(("visitor", visitor.id())));
        let client = match (person, &sender.sticky) {
            (Some(person), _) => person,
            (None, Some(sticky)) => self.hasher.hash_one(("sticky", sticky)),
            (None, None) => self.hasher.hash_one(("peer", origin.client(link.peer()))),
        };
        Who { client, person }
    }

    async fn deliver(&self, journey: &mut Journey) -> Result<Response<ResponseBody>, Page> {
        loop {
            let table = self.table.load_full();
            let service = find(&table, &journey.target)?;
            let choice = journey.asker.choice(&service);
            let own = service.arm(choice.arm());
            match service.pick(choice, &journey.tried, self.limits.in_flight) {
                Pick::Enter(arm, inside) => {
                    if !std::ptr::eq(arm, own) {
                        journey.charge_failure(self.tallies(own, &journey.asker));
                    }
                    if let Some(response) = self.try_in(&service, arm, inside, journey).await? {
                        return Ok(response);
                    }
                }
                Pick::Wait if Instant::now() < journey.deadline => {
                    journey.tried.clear();
                    tokio::time::sleep(PAUSE).await;
                }
                refused => {
                    journey.charge_failure(self.tallies(own, &journey.asker));
                    return Err(if matches!(refused, Pick::Full) { Page::busy() } else { Page::away() });
                }
            }
        }
    }

    /// One try in one instance; nothing if another may follow.
    async fn try_in(
        &self,
        service: &Service,
        arm: &Arm,
        inside: InFlight,
        journey: &mut Journey,
    ) -> Result<Option<Response<ResponseBody>>, Page> {
        let Some(pool) = inside.pool() else { return Ok(None) };
        let mut charge = Charge::begin(self.tallies(arm, &journey.asker), journey.asker.who, journey.since);
        journey.outgoing.set("trunkline-release", arm.release.clone());
        let failure = match exchange::send(&pool, &mut journey.outgoing, journey.reuse, &self.limits).await {
            Ok(mut answer) => {
                charge.answered(answer.response.status());
                self.own.extension().seen(&journey.seen(service, arm, &answer));
                if journey.asker.probe().is_some() {
                    // So that a probe can tell which version it met.
                    answer.response.headers_mut().insert("trunkline-release", arm.release.clone());
                }
                return self.pass_on(answer, inside, charge, journey).map(Some);
            }
            Err(failure) => failure,
        };
        tracing::debug!(instance = inside.upstream().id(), %failure, "no answer");
        match failure {
            Failure::Gone => journey.reuse = Reuse::Never,
            Failure::Connect(_) if Instant::now() < journey.deadline => {
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

    /// What a request in `arm` is charged to.
    fn tallies<'a>(&'a self, arm: &'a Arm, asker: &Asker) -> &'a Tallies {
        if asker.probe().is_some() { &self.uncounted } else { &arm.tallies }
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
    fn charge_failure(&mut self, tallies: &Tallies) {
        if !std::mem::replace(&mut self.is_diverted, true) {
            Charge::begin(tallies, self.asker.who, self.since).failed();
        }
    }

    /// What the extension hears of it.
    fn seen<'a>(&'a self, service: &'a Service, arm: &Arm, answer: &'a Answer) -> Seen<'a> {
        Seen {
            service: &service.route.service,
            pageviews: service.route.pageviews,
            deployment: arm.deployment,
            person: &self.asker.person,
            witness: self.asker.witness(),
            probe: self.asker.probe().map(|probe| probe.run.as_str()),
            method: self.outgoing.method(),
            host: self.target.host(),
            path: self.target.path(),
            status: answer.response.status(),
            headers: answer.response.headers(),
            user_agent: self.user_agent.as_ref().and_then(|value| value.to_str().ok()),
        }
    }
}

fn find(table: &Table, target: &Target) -> Result<Arc<Service>, Page> {
    if table.is_empty() {
        return Err(Page::nothing_live());
    }
    table.find(target.host(), target.path()).cloned().ok_or_else(Page::no_route)
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
