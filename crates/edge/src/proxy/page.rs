//! What the edge says itself: RFC 9457 problems for programs, a small page for browsers.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::body::ResponseBody;

/// Why there is no answer from the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    status: StatusCode,
    title: &'static str,
    detail: &'static str,
    retry_after_seconds: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Problem,
    Html,
}

impl Format {
    /// HTML for whoever asks for it by name, as browsers do.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let mut accept = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        if accept.any(|value| value.contains("text/html")) { Self::Html } else { Self::Problem }
    }
}

const fn page(status: StatusCode, title: &'static str, detail: &'static str) -> Page {
    Page { status, title, detail, retry_after_seconds: None }
}

impl Page {
    const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    pub(crate) const fn nothing_live() -> Self {
        page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Nothing is live here yet",
            "No version of this product has been deployed so far. It answers as soon as the first one is live.",
        )
        .retry_after(5)
    }

    pub(crate) const fn away() -> Self {
        page(
            StatusCode::SERVICE_UNAVAILABLE,
            "This service is not available now",
            "No version of it runs at the moment. Please try again shortly.",
        )
        .retry_after(2)
    }

    pub(crate) const fn busy() -> Self {
        page(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many requests at once",
            "Every instance of this service is as busy as it may be. Please try again shortly.",
        )
        .retry_after(1)
    }

    pub(crate) const fn no_control_plane() -> Self {
        page(
            StatusCode::SERVICE_UNAVAILABLE,
            "The control plane is away",
            "Trunkline's control plane does not run or is starting. The product is served without it; \
             `trunkline up` starts it.",
        )
        .retry_after(2)
    }

    pub(crate) const fn no_route() -> Self {
        page(StatusCode::NOT_FOUND, "No service at this address", "No deployed service has this host and path.")
    }

    pub(crate) const fn reserved() -> Self {
        page(
            StatusCode::NOT_FOUND,
            "Not found",
            "Paths below /_trunkline/ are reserved, and there is nothing at this one.",
        )
    }

    pub(crate) const fn bad_gateway() -> Self {
        page(StatusCode::BAD_GATEWAY, "The service gave no answer", "The connection to it broke before it answered.")
    }

    pub(crate) const fn late() -> Self {
        page(StatusCode::GATEWAY_TIMEOUT, "The service took too long", "It did not begin to answer in time.")
    }

    pub(crate) const fn slow_upload() -> Self {
        page(StatusCode::REQUEST_TIMEOUT, "The request did not end", "Nothing more of its body came for too long.")
    }

    pub(crate) const fn broken_upload() -> Self {
        page(StatusCode::BAD_REQUEST, "The request broke off", "Its body could not be read to the end.")
    }

    pub(crate) const fn no_connect() -> Self {
        page(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", "This is not a forward proxy.")
    }

    pub(crate) const fn plain_text_refused() -> Self {
        page(
            StatusCode::FORBIDDEN,
            "Not over plain HTTP",
            "The system address is only for this machine and for the proxies named with --behind-proxy.",
        )
    }

    pub(crate) const fn bad_request(detail: &'static str) -> Self {
        page(StatusCode::BAD_REQUEST, "The request cannot be understood", detail)
    }

    pub(crate) fn response(&self, format: Format) -> Response<ResponseBody> {
        let (kind, text) = match format {
            Format::Problem => ("application/problem+json", self.problem()),
            Format::Html => ("text/html; charset=utf-8", self.html()),
        };
        let mut response = Response::new(ResponseBody::Full(Bytes::from(text)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn problem(&self) -> String {
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        problem.to_string()
    }

    fn html(&self) -> String {
        let Self { title, detail, status, .. } = self;
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
             <style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;\
             margin:20vh auto 0;padding:0 1.5rem}}small{{opacity:.7}}</style>\
             <h1>{title}</h1><p>{detail}</p><p><small>{}</small></p></html>\n",
            status.as_u16()
        )
    }
}
