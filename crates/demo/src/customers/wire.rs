//! One customer's browser: keeps its cookies, asks, and is told where to go next.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy;

use crate::web_client::WebClient;

const BODY_BYTES_MAX: usize = 1 << 20;
/// An answer takes no longer.
const WITHIN: Duration = Duration::from_secs(10);

/// The cookies of one customer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(BTreeMap<Vec<u8>, Vec<u8>>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) release: Option<u64>,
    pub(crate) location: Option<String>,
    /// Which checkout the shop says that they have.
    pub(crate) checkout: Option<String>,
    pub(crate) body: String,
}

/// Nothing came back, or only a part of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("no answer")]
    Exchange(#[from] legacy::Error),
    #[error("the answer broke off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer within {} s", WITHIN.as_secs())]
    Late,
    #[error("the page led to an address that is none")]
    Address(#[from] http::Error),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// With its query.
    pub(crate) path: String,
    /// What is posted: its type, and the text.
    pub(crate) body: Option<(&'static str, String)>,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None }
    }

    /// A form as it is submitted.
    pub(crate) fn submit(is_post: bool, action: &str, fields: &[(String, String)]) -> Self {
        let form = encoded(fields);
        if is_post {
            return Self { method: Method::POST, path: action.into(), body: Some((FORM, form)) };
        }
        Self::get(format!("{action}?{form}"))
    }

    /// A document as a script on the page posts it.
    pub(crate) fn post_json(path: impl Into<String>, document: &serde_json::Value) -> Self {
        Self { method: Method::POST, path: path.into(), body: Some(("application/json", document.to_string())) }
    }
}

/// What a form's fields are sent as.
const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) async fn exchange(client: &WebClient, base: &Uri, jar: &mut Jar, ask: Ask) -> Result<Answer, Broken> {
    let mut request = Request::builder().method(ask.method).uri(address(base, &ask.path)?);
    if let Some(cookie) = jar.header() {
        request = request.header(header::COOKIE, cookie);
    }
    let (kind, text) = ask.body.unzip();
    if let Some(kind) = kind {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let request = request.body(Full::from(Bytes::from(text.unwrap_or_default())))?;
    let asked = async {
        let (parts, body) = client.request(request).await?.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(Broken::Body)?.to_bytes();
        jar.take(&parts.headers);
        let text = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        Ok(Answer {
            status: parts.status.as_u16(),
            release: text("x-shop-release").and_then(|number| number.parse().ok()),
            location: text("location"),
            checkout: text("x-shop-checkout"),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    };
    tokio::time::timeout(WITHIN, asked).await.map_err(|_| Broken::Late)?
}

/// Only addresses within the shop are followed.
fn address(base: &Uri, path: &str) -> Result<Uri, http::Error> {
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(path.parse().map_err(http::Error::from)?);
    Uri::from_parts(parts).map_err(http::Error::from)
}

impl Jar {
    /// The value of a cookie.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    fn header(&self) -> Option<HeaderValue> {
        let pairs = self.0.iter().map(|(name, value)| [name.as_slice(), b"=", value].concat());
        let line = pairs.collect::<Vec<_>>().join(&b"; "[..]);
        HeaderValue::from_bytes(&line).ok().filter(|line| !line.is_empty())
    }

    fn take(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let pair = line.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            if let Some(equals) = pair.iter().position(|byte| *byte == b'=') {
                self.0.insert(pair[..equals].to_vec(), pair[equals + 1..].to_vec());
            }
        }
    }
}

/// `application/x-www-form-urlencoded`
fn encoded(fields: &[(String, String)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_and_sent_back() {
        let mut jar = Jar::default();
        let mut headers = HeaderMap::new();
        for line in ["a=1; Path=/; HttpOnly", "b=x=y", "a=2"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(jar.header(), None);
        jar.take(&headers);
        assert_eq!(jar.header().unwrap(), "a=2; b=x=y");
    }

    #[test]
    fn forms_are_encoded() {
        let fields = [("q".to_owned(), "Wędrowiec & co".to_owned())];
        assert_eq!(Ask::submit(false, "/search", &fields).path, "/search?q=W%C4%99drowiec%20%26%20co");
        assert_eq!(Ask::submit(true, "/x", &fields).body.unwrap().1, "q=W%C4%99drowiec%20%26%20co");
    }
}
