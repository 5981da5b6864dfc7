//! OpenFeature Remote Evaluation Protocol 0.3: one flag, and all of them.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use events::Arrival;
use events::record::{Aside, Exposure, Source};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::body::{self, Bad, Question, question};
use super::door::Untaken;
use super::rules::{Answer, Asker, Rules, VERIFIER};
use super::{Serving, door, render, stream};
use crate::model::ErrorCode;

/// Bytes of a usual answer.
const ANSWER_BYTES: usize = 384;
/// Where the product's own address has us.
const FIRST_PARTY: &str = "/_trunkline";

/// One flag for one context, from the router.
pub(super) async fn single(
    State(serving): State<Serving>,
    arrival: Option<Extension<Arrival>>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let witness = arrival.and_then(|Extension(arrival)| arrival.witness);
    one(&serving, &key, &headers, witness, body.map_err(Untaken::from))
}

/// One flag for one context. With a token of the product's process or of a browser this counts as an exposure.
pub(super) fn one<B: From<Vec<u8>>>(
    serving: &Serving,
    key: &str,
    headers: &HeaderMap,
    witness: Option<String>,
    body: Result<Bytes, Untaken>,
) -> http::Response<B> {
    let Some(bearer) = door::bearer(serving, headers) else { return door::unauthenticated() };
    let body = match body {
        Ok(body) => body,
        Err(untaken) => return untaken.answer(Some(key)),
    };
    let read = body::plain(&body).map_or_else(|| question(&body).map(|read| (read.context, read.unit)), Ok);
    let (context, unit) = match read {
        Ok(read) => read,
        Err(Bad { code, details }) => return door::failed(StatusCode::BAD_REQUEST, Some(key), code, &details),
    };
    let (rules, now_ms) = (serving.0.rules.load(), serving.0.options.clock.now().as_millisecond());
    let asker = door::asker(&bearer);
    match rules.evaluate(key, &unit, &context, asker, now_ms) {
        Ok(answer) => {
            if bearer.role != access::Role::Admin {
                expose(serving, key, &answer, &unit, (asker, witness), now_ms);
            }
            let mut out = Vec::with_capacity(ANSWER_BYTES);
            render::success(&mut out, &answer, &unit);
            door::json(StatusCode::OK, out)
        }
        Err(refusal) => {
            let is_unknown = refusal.code == ErrorCode::FlagNotFound;
            let status = if is_unknown { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
            door::failed(status, Some(key), refusal.code.name(), &refusal.message)
        }
    }
}

fn expose(
    serving: &Serving,
    key: &str,
    answer: &Answer<'_>,
    unit: &str,
    (asker, witness): (Asker, Option<String>),
    now_ms: i64,
) {
    let Some(served) = answer.evaluation.served.filter(|_| !unit.is_empty()) else { return };
    let is_told_by_client = asker == Asker::Client;
    let exposure = || Exposure {
        flag: key.to_owned(),
        variant: served.variant.to_owned(),
        unit_kind: answer.entry.unit.clone(),
        unit: unit.to_owned(),
        at_ms: now_ms,
        reason: answer.reason.to_owned(),
        revision: answer.entry.revision,
        split: answer.evaluation.split.and_then(|split| serde_json::to_string(split).ok()),
        source: Source::Ofrep,
        aside: unit.starts_with(VERIFIER).then_some(Aside::Synthetic),
        witness: witness.filter(|_| is_told_by_client),
        role: is_told_by_client.then_some(access::Role::Client),
    };
    serving.0.options.capture.expose(events::exposure_key(key, served.variant, unit), exposure);
}

/// When a client heard that flags changed, as it was told by the event stream. Nothing depends on it: the entity tag says more.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Modified {
    #[serde(rename = "flagConfigLastModified")]
    at: Option<String>,
}

impl Modified {
    fn is_time(&self) -> bool {
        self.at.as_deref().is_none_or(|at| {
            let is_number = !at.is_empty() && at.bytes().all(|byte| byte.is_ascii_digit());
            is_number || at.parse::<jiff::Timestamp>().is_ok()
        })
    }
}

/// All flags for one context; not an exposure, since nobody knows which of them are read.
pub(super) async fn bulk(
    State(serving): State<Serving>,
    arrival: Option<Extension<Arrival>>,
    headers: HeaderMap,
    modified: Result<Query<Modified>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(bearer) = door::bearer(&serving, &headers) else { return door::unauthenticated() };
    // What cannot be read was said twice.
    if !modified.is_ok_and(|Query(modified)| modified.is_time()) {
        let details =
            "flagConfigLastModified is not one time; send seconds since 1970, or RFC 3339 as 2026-02-20T21:28:18Z";
        return door::failed(StatusCode::BAD_REQUEST, None, "PARSE_ERROR", details);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return Untaken::from(rejection).answer(None),
    };
    let question = match question(&body) {
        Ok(question) => question,
        Err(Bad { code, details }) => return door::failed(StatusCode::BAD_REQUEST, None, code, &details),
    };
    let (rules, now_ms) = (serving.rules(), serving.0.options.clock.now().as_millisecond());
    let asker = door::asker(&bearer);
    let evaluate = || evaluate_all(&rules, &question, asker, now_ms);
    let timed = rules.is_timed.then(evaluate);
    let etag = etag(&rules, &question, asker, timed.as_deref().unwrap_or_default(), stream::period(now_ms));
    let mut response = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let is_first_party = arrival.is_some_and(|Extension(arrival)| arrival.first_party);
        let address = format!("{}{}", if is_first_party { FIRST_PARTY } else { "" }, stream::address(&rules, now_ms));
        door::json(StatusCode::OK, whole(&rules, &timed.unwrap_or_else(evaluate), &address))
    };
    response.headers_mut().insert(header::ETAG, tag(&etag));
    response
}

/// What is in `flags`, without its brackets.
fn evaluate_all(rules: &Rules, question: &Question<'_>, asker: Asker, now_ms: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 * ANSWER_BYTES);
    for key in rules.keys() {
        let before = out.len();
        if before > 0 {
            out.push(b',');
        }
        match rules.evaluate(key, &question.unit, &question.context, asker, now_ms) {
            Ok(answer) => render::success(&mut out, &answer, &question.unit),
            // Hidden: as if it were not there.
            Err(refusal) if refusal.code == ErrorCode::FlagNotFound => out.truncate(before),
            Err(refusal) => render::failure(&mut out, Some(key), refusal.code.name(), &refusal.message),
        }
    }
    out
}

fn whole(rules: &Rules, flags: &[u8], address: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(flags.len() + ANSWER_BYTES);
    out.extend_from_slice(b"{\"flags\":[");
    out.extend_from_slice(flags);
    out.extend_from_slice(b"],\"metadata\":{\"version\":\"");
    out.extend_from_slice(rules.revision.to_string().as_bytes());
    out.extend_from_slice(b"\",\"flagSetId\":\"trunkline\"}");
    if rules.revision > 0 {
        out.extend_from_slice(b",\"eventStreams\":[{\"type\":\"sse\",\"endpoint\":{\"requestUri\":");
        render::text(&mut out, address);
        out.extend_from_slice(b"},\"inactivityDelaySec\":120}]");
    }
    out.push(b'}');
    out
}

/// From what decides the answer: revision, context, whose question it is and which address of a stream is given; with rules that
/// ask for the time, the answer itself.
fn etag(rules: &Rules, question: &Question<'_>, asker: Asker, flags: &[u8], period: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(rules.revision.to_be_bytes());
    hash.update(period.to_be_bytes());
    hash.update([u8::from(asker == Asker::Client)]);
    hash.update(question.raw.len().to_be_bytes());
    hash.update(question.raw);
    hash.update(flags);
    format!("\"{}-{}\"", rules.revision, hex::encode(&hash.finalize()[..12]))
}

fn tag(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).expect("digits and hexadecimal digits in quotes")
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).map(str::trim).any(|one| {
        // Some clients leave the quotes out.
        one == "*" || one.trim_start_matches("W/") == etag || one == etag.trim_matches('"')
    })
}
