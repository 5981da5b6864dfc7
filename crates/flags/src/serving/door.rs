//! Who may ask, and what browsers are told.

use std::sync::Arc;

use access::{Bearer, Role};
use axum::extract::Request;
use axum::extract::rejection::BytesRejection;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::rules::Asker;
use super::{Serving, render};

const ALLOWED_HEADERS: &str = "Authorization, X-API-Key, Content-Type, If-None-Match, Last-Event-ID, Cache-Control";
/// A browser need not ask again for so many seconds.
const PREFLIGHT_SECONDS: &str = "7200";
const TOKEN_NEEDED: &str = "a token in force is needed: `Authorization: Bearer TOKEN` or `X-API-Key: TOKEN`";

/// Whose token a request came with; nobody's if it came with two.
pub(super) fn bearer(serving: &Serving, headers: &HeaderMap) -> Option<Arc<Bearer>> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let key = headers.get("x-api-key");
    let is_one = bearer.zip(key).is_none_or(|(bearer, key)| key == bearer);
    let token = bearer.or_else(|| key?.to_str().ok()).filter(|_| is_one);
    serving.0.options.tokens.find(token?)
}

/// How far a token's questions go.
pub(super) fn asker(bearer: &Bearer) -> Asker {
    match bearer.role {
        Role::Admin | Role::Server => Asker::Server,
        Role::Client => Asker::Client,
    }
}

/// Nobody knows who asks.
pub(super) fn unauthenticated<B: From<Vec<u8>>>() -> http::Response<B> {
    let mut response = failed(StatusCode::UNAUTHORIZED, None, "GENERAL", TOKEN_NEEDED);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// OFREP's own shape of an error.
pub(super) fn failed<B: From<Vec<u8>>>(
    status: StatusCode,
    key: Option<&str>,
    code: &str,
    details: &str,
) -> http::Response<B> {
    let mut out = Vec::with_capacity(128);
    render::failure(&mut out, key, code, details);
    json(status, out)
}

pub(super) fn json<B: From<Vec<u8>>>(status: StatusCode, body: Vec<u8>) -> http::Response<B> {
    let mut response = http::Response::new(B::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why a body could not be taken: it is too large, or broke off.
#[derive(Debug)]
pub struct Untaken {
    pub status: StatusCode,
    pub why: String,
}

impl From<BytesRejection> for Untaken {
    fn from(rejection: BytesRejection) -> Self {
        Self { status: rejection.status(), why: rejection.to_string() }
    }
}

impl Untaken {
    pub(super) fn answer<B: From<Vec<u8>>>(&self, key: Option<&str>) -> http::Response<B> {
        failed(self.status, key, "PARSE_ERROR", &format!("the body cannot be read: {}", self.why))
    }
}

pub(super) async fn unknown(uri: Uri) -> Response {
    unknown_path(&uri)
}

pub(super) fn unknown_path<B: From<Vec<u8>>>(uri: &Uri) -> http::Response<B> {
    failed(StatusCode::NOT_FOUND, None, "GENERAL", &format!("there is nothing at {}", uri.path()))
}

pub(super) async fn wrong_method(request: Request) -> Response {
    let details = format!("{} cannot be used on {}", request.method(), request.uri().path());
    failed(StatusCode::METHOD_NOT_ALLOWED, None, "GENERAL", &details)
}

/// Pages of any origin may ask with a token of theirs; no cookie is ever read here, so none is let through.
pub(super) async fn cors(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !headers.contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    let is_preflight =
        request.method() == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if is_preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    }
    response
}
