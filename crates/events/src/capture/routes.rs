//! Paths, and the way of a request through them: read, made plain, cut, judged, written, answered.

use std::sync::Arc;

use access::{Bearer, Role};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, request};

use super::answer::{Answer, Format};
use super::body::Held;
use super::failure::Failure;
use super::intake::{Gathered, Outcome, Sender};
use super::{Arrival, Inner, body, cors, hash, intake};
use crate::wire::{Batch, Refusal, form, json, otlp, posthog, segment, time};

const POSTHOG_V0: [&str; 5] = ["/batch", "/capture", "/e", "/i/v0/e", "/track"];
const POSTHOG_V1: &str = "/i/v1/analytics/events";
const SEGMENT: [(&str, Option<&str>); 8] = [
    ("/v1/batch", None),
    ("/v1/import", None),
    ("/v1/track", Some("track")),
    ("/v1/identify", Some("identify")),
    ("/v1/page", Some("page")),
    ("/v1/screen", Some("screen")),
    ("/v1/group", Some("group")),
    ("/v1/alias", Some("alias")),
];
const OTLP: &str = "/v1/logs";
const STATIC: &str = "/static/";
/// From here on the work is done where it does not hold up other requests.
const LARGE_BYTES: usize = 256 * 1024;

/// Whether [`router`] answers this path.
pub(super) fn serves(path: &str) -> bool {
    let whole = path.strip_suffix('/').unwrap_or(path);
    POSTHOG_V0.contains(&whole)
        || whole == POSTHOG_V1
        || whole == OTLP
        || SEGMENT.iter().any(|(served, _)| *served == whole)
        || (path.starts_with(STATIC) && path.len() > STATIC.len())
}

pub(super) fn router(inner: Arc<Inner>) -> Router {
    let mut router = Router::new();
    for path in POSTHOG_V0 {
        router = both(router, path, post(posthog_v0).get(posthog_v0));
    }
    router = both(router, POSTHOG_V1, post(posthog_v1));
    router = both(router, OTLP, post(logs));
    for (path, kind) in SEGMENT {
        let take =
            move |State(inner): State<Arc<Inner>>, request: Request| serve(inner, Format::Segment { kind }, request);
        router = both(router, path, post(take));
    }
    router = router.route("/static/{*name}", get(static_file));
    router.layer(from_fn(cors::cors)).with_state(inner)
}

/// With and without the last slash; `OPTIONS` goes on to [`cors`].
fn both(router: Router<Arc<Inner>>, path: &str, methods: MethodRouter<Arc<Inner>>) -> Router<Arc<Inner>> {
    let methods = methods.options(any(StatusCode::NO_CONTENT));
    router.route(path, methods.clone()).route(&format!("{path}/"), methods)
}

async fn posthog_v0(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_beacon = form::value(query.as_bytes(), "beacon").is_some_and(|word| word.as_ref() == b"1");
    let answer = if is_beacon { Answer::Unread } else { Answer::Read };
    serve(inner, Format::PosthogV0 { answer }, request).await
}

async fn posthog_v1(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    serve(inner, Format::PosthogV1, request).await
}

async fn logs(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_protobuf = kind.starts_with("application/x-protobuf") || kind.starts_with("application/protobuf");
    serve(inner, if is_protobuf { Format::OtlpProtobuf } else { Format::OtlpJson }, request).await
}

async fn static_file(State(inner): State<Arc<Inner>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match &inner.static_files {
        Some(files) => files.answer(&name, &headers).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve(inner: Arc<Inner>, format: Format, request: Request) -> Response {
    match take(&inner, format, request).await {
        Ok(outcome) => {
            inner.counts.take(format.word(), outcome.taken);
            for (_, refusal) in &outcome.refused {
                inner.counts.refuse(format.word(), refusal.code);
            }
            format.taken(&outcome)
        }
        Err(failure) => {
            inner.counts.fail(format.word(), failure.code);
            format.failed(&failure)
        }
    }
}

async fn take(inner: &Arc<Inner>, format: Format, request: Request) -> Result<Outcome, Failure> {
    let (head, body) = request.into_parts();
    let arrival = head.extensions.get::<Arrival>().cloned().unwrap_or_default();
    inner.check_address(&arrival)?;
    let admitted = admit(inner, format, head, arrival, body).await;
    if let Err(failure) = &admitted {
        inner.tell_failure(format.source(), failure);
    }
    let gathered = admitted?;
    let claims = Claims { inner, keys: gathered.claimed };
    if !gathered.records.is_empty() {
        inner.log.append(gathered.records).await?;
    }
    claims.keep();
    for rejection in gathered.rejections {
        inner.enqueue(rejection);
    }
    Ok(gathered.outcome)
}

/// What is said for the first time today, taken back unless it came into the log.
struct Claims<'a> {
    inner: &'a Inner,
    keys: Vec<u64>,
}

impl Claims<'_> {
    fn keep(mut self) {
        self.keys.clear();
    }
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        for key in &self.keys {
            self.inner.once.forget(*key);
        }
    }
}

async fn admit(
    inner: &Arc<Inner>,
    format: Format,
    head: request::Parts,
    arrival: Arrival,
    body: Body,
) -> Result<Gathered, Failure> {
    let told = token_of(&head.headers);
    if !matches!(format, Format::PosthogV0 { .. })
        && told.as_ref().is_some_and(|token| inner.tokens.find(token).is_none())
    {
        inner.charge_address(&arrival, 1)?;
        return Err(Failure::wrong_token());
    }
    let (body, room) = body::read(body, &head.headers, &inner.limits, &inner.room).await?;
    let carried = Carried { format, head, arrival, told, body, held: room };
    if carried.body.len() < LARGE_BYTES {
        return carried.gather(inner);
    }
    let inner = Arc::clone(inner);
    let failed = |_| Failure::unavailable("overloaded", "the events could not be read", 1);
    tokio::task::spawn_blocking(move || carried.gather(&inner)).await.map_err(failed)?
}

/// A request whose body is here.
struct Carried {
    format: Format,
    head: request::Parts,
    arrival: Arrival,
    /// The token of its headers.
    told: Option<String>,
    body: Bytes,
    held: Held,
}

impl Carried {
    fn gather(mut self, inner: &Inner) -> Result<Gathered, Failure> {
        let received_ms = inner.now_ms();
        let body = self.plain(inner)?;
        let batch = self.cut(&body, inner);
        let in_body = batch.as_ref().ok().and_then(|batch| batch.token.as_deref()).map(ToOwned::to_owned);
        // PostHog's SDKs name the project in the body; a header may be the product's own, for something before us.
        let token = match self.format {
            Format::PosthogV0 { .. } => in_body.as_deref().or(self.in_query()).or(self.told.as_deref()),
            _ => self.told.as_deref().or(in_body.as_deref()),
        };
        let bearer = self.bearer(inner, token)?;
        let token = token.unwrap_or_default();
        let user_agent = self.head.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let sender =
            Sender { bearer: &bearer, token, arrival: &self.arrival, user_agent, source: self.format.source() };
        let batch = batch.inspect_err(|refusal| inner.tell_whole(&sender, &body, refusal, received_ms))?;
        inner.charge(&bearer, &self.arrival, batch.items.len())?;
        Ok(intake::gather(inner, &batch, &sender, received_ms))
    }

    /// The body without encodings, and with texts that can be stored.
    fn plain(&mut self, inner: &Inner) -> Result<Bytes, Failure> {
        let (limits, room) = (&inner.limits, &inner.room);
        let mut body = body::plain(std::mem::take(&mut self.body), &self.head.headers, limits, room, &mut self.held)?;
        if matches!(self.format, Format::PosthogV0 { .. }) {
            body = body::unwrapped(&body, self.head.uri.query().unwrap_or_default())?;
            body = body::plain(body, &HeaderMap::new(), limits, room, &mut self.held)?;
        }
        if self.format != Format::OtlpProtobuf && json::may_have_surrogates(&body) {
            let mut mended = body.to_vec();
            json::mend_surrogates(&mut mended);
            body = mended.into();
        }
        Ok(body)
    }

    fn cut<'a>(&self, body: &'a [u8], inner: &Inner) -> Result<Batch<'a>, Refusal> {
        let most = inner.limits.events_per_request;
        match self.format {
            Format::PosthogV0 { .. } => posthog::v0(body, self.sent_ms_of_query(), most),
            Format::PosthogV1 => {
                let sent = self.head.headers.get("posthog-request-timestamp").and_then(|sent| sent.to_str().ok());
                posthog::v1(body, sent.and_then(time::parse), most)
            }
            Format::Segment { kind } => segment::parse(body, kind, most),
            Format::OtlpJson => otlp::json(body, most),
            Format::OtlpProtobuf => otlp::protobuf(body, most),
        }
    }

    fn bearer(&self, inner: &Inner, token: Option<&str>) -> Result<Arc<Bearer>, Failure> {
        let bearer = token.map(|token| inner.tokens.find(token));
        match bearer {
            Some(Some(bearer)) => Ok(bearer),
            Some(None) => {
                inner.charge_address(&self.arrival, 1)?;
                Err(Failure::wrong_token())
            }
            None => {
                inner.charge_address(&self.arrival, 1)?;
                Err(Failure::no_token())
            }
        }
    }

    fn in_query(&self) -> Option<&str> {
        let query = self.head.uri.query()?;
        let find = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
        };
        find("token").or_else(|| find("api_key"))
    }

    /// posthog-js tells its clock in the query: `sent_at` of a POST, `_` of a GET.
    fn sent_ms_of_query(&self) -> Option<i64> {
        let query = self.head.uri.query()?.as_bytes();
        let sent = form::value(query, "sent_at").or_else(|| form::value(query, "_"))?;
        time::parse(std::str::from_utf8(&sent).ok()?)
    }
}

/// The token in the headers: a bearer, the user of Basic, or `X-API-Key`.
fn token_of(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some((scheme, credentials)) = text("authorization").and_then(|value| value.split_once(' ')) {
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(credentials.trim().to_owned());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let plain = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
            return plain.split(':').next().map(ToOwned::to_owned);
        }
    }
    text("x-api-key").map(ToOwned::to_owned)
}

impl Inner {
    /// Takes `events` from the quotas of a token and, of a client's, of the address.
    fn charge(&self, bearer: &Bearer, arrival: &Arrival, events: usize) -> Result<(), Failure> {
        let rate = if bearer.role == Role::Client { self.limits.client_token } else { self.limits.server_token };
        if bearer.role == Role::Client {
            self.charge_address(arrival, events)?;
        }
        let Some(rate) = rate else { return Ok(()) };
        self.quotas.take(hash(&["token", &bearer.id]), rate, events, self.now_ms()).map_err(Failure::too_many)
    }

    fn charge_address(&self, arrival: &Arrival, events: usize) -> Result<(), Failure> {
        let (Some(rate), Some(key)) = (self.limits.address, address_key(arrival)) else { return Ok(()) };
        self.quotas.take(key, rate, events, self.now_ms()).map_err(Failure::too_many)
    }

    /// A client address that is in debt is refused before its body is read.
    fn check_address(&self, arrival: &Arrival) -> Result<(), Failure> {
        match address_key(arrival) {
            Some(key) if arrival.first_party => self.quotas.check(key, self.now_ms()).map_err(Failure::too_many),
            _ => Ok(()),
        }
    }
}

/// IPv6 by its network: one household has 2^64 addresses.
fn address_key(arrival: &Arrival) -> Option<u64> {
    use std::net::IpAddr;
    Some(match arrival.address?.to_canonical() {
        IpAddr::V4(address) => hash(&["address", &address.to_string()]),
        IpAddr::V6(address) => hash(&["network", &format!("{:?}", &address.segments()[..4])]),
    })
}
