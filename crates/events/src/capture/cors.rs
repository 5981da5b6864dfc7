//! Browsers on other origins may send: a token in the request says who they are, never a cookie.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::Arrival;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const DAY: HeaderValue = HeaderValue::from_static("86400");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("Retry-After");

/// Answers preflights and lets the page read the answers.
pub(super) async fn cors(request: Request<Body>, next: Next) -> Response {
    let is_first_party = request.extensions().get::<Arrival>().is_some_and(|arrival| arrival.first_party);
    let origin = request.headers().get(header::ORIGIN).filter(|_| !is_first_party).cloned();
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        set(response.headers_mut(), header::ALLOW, METHODS);
        response
    } else {
        next.run(request).await
    };
    if let Some(origin) = origin {
        allow(response.headers_mut(), origin, asked);
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue, asked: Option<HeaderValue>) {
    set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, RETRY_AFTER);
    set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    set(headers, header::ACCESS_CONTROL_MAX_AGE, DAY);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(asked) = asked {
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}
