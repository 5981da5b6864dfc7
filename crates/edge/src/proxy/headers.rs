//! What a proxy owes in headers: hop-by-hop ones end here, forwarding ones are ours to say, the rest passes untouched.

use std::net::{IpAddr, SocketAddr};

use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};

use crate::proxy::page::Page;
use crate::server::link::Link;
use crate::visitor::Tls;

/// On the product address.
const RESERVED: &str = "/_trunkline";
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Target {
    uri: Uri,
    /// As it was sent, with its port: text.
    authority: HeaderValue,
}

impl Target {
    pub(crate) fn of<B>(request: &Request<B>) -> Result<Self, Page> {
        if request.method() == Method::CONNECT {
            return Err(Page::no_connect());
        }
        let authority = authority(request)?;
        authority.to_str().map_err(|_| Page::bad_request("the Host header is not a host name"))?;
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        if !path.path().starts_with('/') {
            return Err(Page::bad_request("the request's target is not a path"));
        }
        Ok(Self { uri: Uri::from(path), authority })
    }

    /// In origin form: path and query.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(crate) fn host(&self) -> &str {
        without_port(self.authority.to_str().unwrap_or_default())
    }

    /// `/_trunkline` is the edge's own.
    pub(crate) fn is_reserved(&self) -> bool {
        self.path().strip_prefix(RESERVED).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// What a reserved path is below its prefix, with its query.
    pub(crate) fn below_reserved(&self) -> Option<PathAndQuery> {
        let whole = self.whole();
        let rest = whole.as_str().strip_prefix(RESERVED)?;
        if rest.starts_with('/') { rest.parse().ok() } else { format!("/{rest}").parse().ok() }
    }

    /// Path and query.
    pub(crate) fn whole(&self) -> PathAndQuery {
        self.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"))
    }
}

/// From the target if it is absolute (HTTP/2, proxies), else from the one `Host` (RFC 9112, 3.2).
fn authority<B>(request: &Request<B>) -> Result<HeaderValue, Page> {
    if let Some(authority) = request.uri().authority() {
        return HeaderValue::from_str(authority.as_str()).map_err(|_| Page::bad_request("the host is not a host name"));
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Ok(host.clone()),
        (None, _) if request.version() < Version::HTTP_11 => Ok(HeaderValue::from_static("")),
        (None, _) => Err(Page::bad_request("the Host header is missing")),
        (Some(_), Some(_)) => Err(Page::bad_request("there are several Host headers")),
    }
}

fn without_port(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rfind(':') {
        // The colons of a bare or bracketed IPv6 address are not a port's.
        Some(colon) if !host[colon..].contains(']') && host.matches(':').count() == 1 || host.contains("]:") => {
            &host[..colon]
        }
        _ => host,
    }
}

/// Where a request came from, as far as it can be believed.
#[derive(Debug)]
pub(crate) struct Origin {
    peer: Option<IpAddr>,
    /// A trusted proxy's words: the addresses before it, oldest first.
    before: Vec<HeaderValue>,
    proto: Option<HeaderValue>,
    host: Option<HeaderValue>,
    client: Option<IpAddr>,
    is_proxied: bool,
}

impl Origin {
    pub(crate) fn of<B>(request: &Request<B>, link: &Link, proxies: &[IpAddr]) -> Self {
        let peer = link.peer().map(|peer| peer.ip().to_canonical());
        let is_proxied = peer.is_some_and(|peer| proxies.contains(&peer));
        if !is_proxied {
            return Self { peer, before: Vec::new(), proto: None, host: None, client: None, is_proxied };
        }
        let headers = request.headers();
        let before: Vec<_> = headers.get_all(FORWARDED_FOR).iter().cloned().collect();
        Self {
            client: last_stranger(&before, proxies),
            before,
            proto: headers.get(FORWARDED_PROTO).cloned(),
            host: headers.get(FORWARDED_HOST).cloned(),
            peer,
            is_proxied,
        }
    }

    pub(crate) fn is_proxied(&self) -> bool {
        self.is_proxied
    }

    pub(crate) fn tls(&self) -> Tls {
        let is_https = self.proto.as_ref().is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"));
        if is_https { Tls::Upstream } else { Tls::None }
    }

    /// The client's address, as far as it can be believed.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.client.or(self.peer)
    }

    /// The client as a key: behind a trusted proxy its address, else its connection.
    pub(crate) fn client(&self, peer: Option<SocketAddr>) -> (Option<IpAddr>, Option<SocketAddr>) {
        match self.client {
            Some(client) => (Some(client), None),
            None => (None, peer),
        }
    }
}

/// The address next to us that is not one of our proxies: everything further left may be invented.
fn last_stranger(before: &[HeaderValue], proxies: &[IpAddr]) -> Option<IpAddr> {
    let texts = before.iter().rev().filter_map(|value| value.to_str().ok());
    let addresses = texts.flat_map(|text| text.rsplit(',')).map_while(|one| one.trim().parse::<IpAddr>().ok());
    addresses.map(|ip| ip.to_canonical()).find(|ip| !proxies.contains(ip))
}

/// Says who asks, over what, for which host; what an untrusted peer said of that is replaced.
pub(crate) fn set_forwarded(headers: &mut HeaderMap, target: &Target, origin: &Origin) {
    headers.insert(header::HOST, target.authority.clone());
    headers.remove(header::FORWARDED);
    let proto = origin.proto.clone().unwrap_or_else(|| HeaderValue::from_static("http"));
    headers.insert(FORWARDED_PROTO, proto);
    headers.insert(FORWARDED_HOST, origin.host.clone().unwrap_or_else(|| target.authority.clone()));
    headers.remove(FORWARDED_FOR);
    headers.remove(REAL_IP);
    let Some(peer) = origin.peer else { return };
    let before = origin.before.iter().filter_map(|value| value.to_str().ok()).map(str::to_owned);
    let all: Vec<_> = before.chain(std::iter::once(peer.to_string())).collect();
    if let Ok(value) = HeaderValue::from_str(&all.join(", ")) {
        headers.insert(FORWARDED_FOR, value);
    }
    if let Ok(value) = HeaderValue::from_str(&origin.client.unwrap_or(peer).to_string()) {
        headers.insert(REAL_IP, value);
    }
}

/// What the extension is not told: of this hop, in our name, and what anybody says of who asks. Nearly always there is none.
pub(crate) fn strip_for_own(headers: &mut HeaderMap) {
    const FORWARDING: [HeaderName; 5] = [header::FORWARDED, FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, REAL_IP];
    strip_hop_by_hop(headers);
    strip(headers, |name| is_ours(name) || FORWARDING.contains(name));
}

/// RFC 9110, 7.6.1: what `Connection` names, and what is known to belong to one hop. `Expect` is answered by us.
pub(crate) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    const ONE_HOP: [HeaderName; 10] = [
        header::CONNECTION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::EXPECT,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    if headers.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> =
            tokens(headers, &header::CONNECTION).filter_map(|name| name.parse().ok()).collect();
        for name in named {
            headers.remove(name);
        }
    }
    strip(headers, |name| ONE_HOP.contains(name));
}

fn strip(headers: &mut HeaderMap, goes: impl Fn(&HeaderName) -> bool) {
    if !headers.keys().any(&goes) {
        return;
    }
    let going: Vec<HeaderName> = headers.keys().filter(|name| goes(name)).cloned().collect();
    for name in going {
        headers.remove(name);
    }
}

fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("trunkline-")
}

/// What only we may say upstream: `Trunkline-Person`, `-Release`, `-Verifier` and any other of that name.
pub(crate) fn strip_ours(headers: &mut HeaderMap) {
    strip(headers, is_ours);
}

/// The protocol that a request wants to switch to. Not `h2c`: behind a proxy that only smuggles.
pub(crate) fn upgrade_of<B>(request: &Request<B>) -> Option<HeaderValue> {
    let headers = request.headers();
    let is_asked = request.version() == Version::HTTP_11
        && tokens(headers, &header::CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade"));
    let is_h2c = tokens(headers, &header::UPGRADE).any(|protocol| protocol.to_ascii_lowercase().starts_with("h2"));
    headers.get(header::UPGRADE).filter(|_| is_asked && !is_h2c).cloned()
}

pub(crate) fn set_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, protocol);
}

pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    is_of_type(headers, "text/event-stream")
}

/// Whether the content is of this type, given in lower case and without parameters.
pub(crate) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_port_only() {
        let cases = [
            ("shop.example:80", "shop.example"),
            ("shop.example", "shop.example"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("me@shop:1", "shop"),
        ];
        for (authority, host) in cases {
            assert_eq!(without_port(authority), host, "{authority}");
        }
    }

    #[test]
    fn what_connection_names_goes_too() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close, X-Secret"));
        headers.insert("x-secret", HeaderValue::from_static("1"));
        headers.insert("x-kept", HeaderValue::from_static("1"));
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }

    #[test]
    fn the_nearest_stranger_is_the_client() {
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let client = |text: &'static str| last_stranger(&[HeaderValue::from_static(text)], &proxies);
        assert_eq!(client("6.6.6.6, 9.9.9.9, 10.0.0.2"), Some("9.9.9.9".parse().unwrap()));
        assert_eq!(client("6.6.6.6, nonsense"), None);
        assert_eq!(client("10.0.0.1"), None);
    }
}
