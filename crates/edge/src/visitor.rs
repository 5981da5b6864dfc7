//! Who a request is from: the signed visitor cookie, the product's own ids, the sticky header.
//!
//! Invariants: an unsigned or forged cookie is as good as none; only a visitor whose signed cookie came back is witnessed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, header};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::key::EdgeKey;
use crate::model::{PersonSource, ServiceRoute};
use crate::probe::PERSON_PREFIX;

/// The visitor cookie's name.
pub(crate) const COOKIE: &str = "trunkline_id";
const YEAR_SECONDS: u32 = 365 * 24 * 60 * 60;
/// Of the signature, in bytes: 128 bits are out of reach for guessing.
const SIGNATURE: usize = 16;
/// The product's own ids and sticky headers beyond this are not taken for ids.
const ID_BYTES_MAX: usize = 256;

/// A visitor's id and what its signed cookie is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor(Uuid);

impl Visitor {
    /// Somebody new.
    pub(crate) fn new() -> Self {
        Self(Uuid::new_v4())
    }

    pub(crate) fn id(&self) -> String {
        self.0.to_string()
    }

    /// The visitor of a request, if its cookie has our signature.
    pub(crate) fn witnessed(headers: &HeaderMap, key: &EdgeKey) -> Option<Self> {
        cookies(headers, COOKIE).find_map(|value| Self::verify(value, key))
    }

    fn verify(value: &str, key: &EdgeKey) -> Option<Self> {
        let (id, signature) = value.split_once('.')?;
        let uuid = Uuid::try_parse(id).ok()?;
        let visitor = Self(uuid);
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Only the one spelling that we sent out: a UUID has several.
        let is_ours = visitor.id() == id && bool::from(signature.as_slice().ct_eq(&visitor.signature(key)));
        is_ours.then_some(visitor)
    }

    fn signature(&self, key: &EdgeKey) -> [u8; SIGNATURE] {
        let mac = key.mac(&[b"visitor", self.id().as_bytes()]);
        mac.first_chunk().copied().expect("SHA-256 is longer")
    }

    /// `set-cookie` for this visitor.
    pub(crate) fn set_cookie(&self, key: &EdgeKey, tls: Tls) -> HeaderValue {
        let signature = URL_SAFE_NO_PAD.encode(self.signature(key));
        let secure = if tls == Tls::Upstream { "; Secure" } else { "" };
        let text = format!("{COOKIE}={}.{signature}; Path=/; Max-Age={YEAR_SECONDS}; SameSite=Lax{secure}", self.id());
        HeaderValue::try_from(text).expect("made of letters, digits and punctuation")
    }
}

/// Whether the visitor's connection is encrypted (in a proxy before us).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Upstream,
}

/// What a request says of its sender, under one route.
#[derive(Debug)]
pub(crate) struct Sender {
    /// Our signed cookie came back.
    pub(crate) witnessed: Option<Visitor>,
    /// The product's own id.
    pub(crate) product: Option<String>,
    pub(crate) sticky: Option<String>,
    keeps_cookies: Option<bool>,
}

impl Sender {
    pub(crate) fn of(headers: &HeaderMap, route: &ServiceRoute, key: &EdgeKey) -> Self {
        let product = match &route.person {
            Some(PersonSource::Cookie(name)) => cookies(headers, name).find(|v| is_id(v)).map(str::to_owned),
            Some(PersonSource::Header(name)) => id_header(headers, name),
            None => None,
        };
        // Only the edge says who is a verifier.
        let product = product.filter(|id| !id.starts_with(PERSON_PREFIX));
        let sticky = route.sticky_header.as_ref().and_then(|name| id_header(headers, name));
        let by_header = matches!(route.person, Some(PersonSource::Header(_))) && product.is_some();
        let keeps_cookies = (by_header || sticky.is_some()).then_some(false);
        Self { witnessed: Visitor::witnessed(headers, key), product, sticky, keeps_cookies }
    }

    /// What the split is over; none for somebody about whom nothing is known yet.
    ///
    /// Our cookie comes first: it is there from the first answer on, while the product may give out its id later, and
    /// a visitor must not change sides at that moment.
    pub(crate) fn key(&self) -> Option<String> {
        let witnessed = self.witnessed.as_ref().map(Visitor::id);
        witnessed.or_else(|| self.product.clone()).or_else(|| self.sticky.clone())
    }

    /// The person as the product hears of them; `new` is who they become if nothing is known.
    pub(crate) fn person(&self, new: &Visitor, key: &EdgeKey) -> String {
        let sticky = || self.sticky.as_ref().map(|sticky| of_device(sticky, key));
        let witnessed = || self.witnessed.as_ref().map(Visitor::id);
        self.product.clone().or_else(witnessed).or_else(sticky).unwrap_or_else(|| new.id())
    }

    /// Whether to give them our cookie: not if it came, nor if they are known by a header, as programs are.
    pub(crate) fn needs_cookie(&self) -> bool {
        self.witnessed.is_none() && self.keeps_cookies.unwrap_or(true)
    }
}

/// A stable id for a device that names itself in the sticky header, without passing that name on.
fn of_device(name: &str, key: &EdgeKey) -> String {
    let mac = key.mac(&[b"device", name.as_bytes()]);
    uuid::Builder::from_random_bytes(mac.first_chunk().copied().expect("SHA-256 is longer")).into_uuid().to_string()
}

fn id_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    is_id(value).then(|| value.to_owned())
}

fn is_id(value: &str) -> bool {
    !value.is_empty() && value.len() <= ID_BYTES_MAX && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
}

/// The values of all cookies called `name`.
fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs.filter_map(move |pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> EdgeKey {
        EdgeKey::of(tempfile::tempdir().unwrap().path()).unwrap()
    }

    fn with_cookie(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).unwrap())])
    }

    fn cookie_of(visitor: &Visitor, key: &EdgeKey) -> String {
        visitor.set_cookie(key, Tls::None).to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    #[test]
    fn our_own_cookie_comes_back() {
        let (key, visitor) = (key(), Visitor::new());
        let headers = with_cookie(&format!("a=b; {}; c=d", cookie_of(&visitor, &key)));
        assert_eq!(Visitor::witnessed(&headers, &key), Some(visitor));
    }

    #[test]
    fn forged_cookies_are_none() {
        let (ours, visitor) = (key(), Visitor::new());
        let theirs = cookie_of(&visitor, &key());
        let unsigned = format!("{COOKIE}={}", visitor.id());
        let shouted = cookie_of(&visitor, &ours).replace(&visitor.id(), &visitor.id().to_uppercase());
        let (name, signature) =
            cookie_of(&visitor, &ours).rsplit_once('.').map(|(n, s)| (n.to_owned(), s.to_owned())).unwrap();
        let other = format!("{COOKIE}={}.{signature}", Visitor::new().id());
        let cut = format!("{name}.{}", &signature[..10]);
        for forged in [theirs, unsigned, shouted, other, cut, format!("{name}."), format!("{COOKIE}=")] {
            assert_eq!(Visitor::witnessed(&with_cookie(&forged), &ours), None, "{forged}");
        }
    }

    #[test]
    fn secure_only_behind_tls() {
        let (key, visitor) = (key(), Visitor::new());
        assert!(visitor.set_cookie(&key, Tls::Upstream).to_str().unwrap().contains("; Secure"));
        assert!(!visitor.set_cookie(&key, Tls::None).to_str().unwrap().contains("Secure"));
    }
}
