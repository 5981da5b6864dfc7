//! How an outside-in probe is told from a customer: a header that only whoever has `edge/key` can make.
//!
//! `Trunkline-Probe: run.deployment.expires.nonce.signature`. Invariants: a header that is forged, too old, too far in the
//! future, of another data folder or there twice is as good as none; the signature covers all other parts.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Error;
use crate::key::EdgeKey;

/// The header's name.
pub const HEADER: &str = "Trunkline-Probe";
/// A header may be good for so long at most.
pub const LIFE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// Nobody else's id begins so.
pub(crate) const PERSON_PREFIX: &str = "verifier:";
const RUN_CHARS: usize = 32;

/// What an accepted header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// 128 bits that nobody can guess, as 32 lower-case hex digits.
    pub run: String,
    /// Which deployment is probed.
    pub deployment: u64,
}

impl Probe {
    /// The id that the product hears in place of a person's.
    pub fn person(&self) -> String {
        format!("{PERSON_PREFIX}{}", self.run)
    }

    /// The probe of a request, if it has exactly one header and that is good at `now`.
    pub(crate) fn of(headers: &HeaderMap, key: &EdgeKey, now: Timestamp) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        Self::verify(value, key, now)
    }

    fn verify(value: &str, key: &EdgeKey, now: Timestamp) -> Option<Self> {
        let (signed, signature) = value.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !bool::from(signature.as_slice().ct_eq(&key.mac(&[b"probe", signed.as_bytes()]))) {
            return None;
        }
        // What has our signature was made by us: it is well formed.
        let mut parts = signed.split('.');
        let (run, deployment, expires) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let left = Timestamp::from_second(expires).ok()?.duration_since(now);
        let is_good = left > SignedDuration::ZERO && left <= LIFE_MAX;
        is_good.then(|| Self { run: run.to_owned(), deployment })
    }
}

/// Makes the headers of probes.
#[derive(Debug, Clone)]
pub struct Prober(EdgeKey);

impl Prober {
    /// With the key of the data folder `data`; it is made if there is none yet.
    pub fn of(data: &Path) -> Result<Self, Error> {
        EdgeKey::of(data).map(Self)
    }

    /// The value of the header [`HEADER`]: good for any number of requests until `expires` (in whole seconds).
    /// Refused if `run` is not 32 lower-case hex digits.
    pub fn value(&self, run: &str, deployment: u64, expires: Timestamp) -> Result<String, Error> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if run.len() != RUN_CHARS || !run.bytes().all(is_hex) {
            return Err(Error::invalid(format!("{run:?} is no probe's run: it must have 32 lower-case hex digits")));
        }
        let signed = format!("{run}.{deployment}.{}.{}", expires.as_second(), Uuid::new_v4().simple());
        let signature = URL_SAFE_NO_PAD.encode(self.0.mac(&[b"probe", signed.as_bytes()]));
        Ok(format!("{signed}.{signature}"))
    }

    /// The whole line, `Trunkline-Probe: VALUE`, as `curl --header` takes it.
    pub fn header(&self, run: &str, deployment: u64, expires: Timestamp) -> Result<String, Error> {
        Ok(format!("{HEADER}: {}", self.value(run, deployment, expires)?))
    }
}

/// A run that nobody can guess.
pub fn fresh_run() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const RUN: &str = "00112233445566778899aabbccddeeff";

    fn prober() -> Prober {
        Prober::of(tempfile::tempdir().unwrap().path()).unwrap()
    }

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn with(values: &[&str]) -> HeaderMap {
        let name = http::HeaderName::from_static("trunkline-probe");
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn one_header_of_our_own_within_its_life() {
        let prober = prober();
        let expires = now() + SignedDuration::from_mins(5);
        let value = prober.value(RUN, 47, expires).unwrap();
        let at = |time| Probe::of(&with(&[&value]), &prober.0, time);
        assert_eq!(at(now()), Some(Probe { run: RUN.into(), deployment: 47 }));
        assert_eq!(at(now()), at(now()), "as often as it likes");
        assert_eq!(at(expires), None, "too old");
        assert_eq!(at(expires - LIFE_MAX - SignedDuration::from_secs(1)), None, "too far in the future");
        assert_eq!(Probe::of(&with(&[&value, &value]), &prober.0, now()), None, "twice in one request");
        assert_eq!(Probe::of(&with(&[&value]), &self::prober().0, now()), None, "another folder's");
        assert!(prober.header("root", 47, expires).is_err());
    }

    proptest! {
        #[test]
        fn no_character_may_differ(at in 0..120_usize, to in "[0-9a-zA-Z._-]") {
            let prober = prober();
            let value = prober.value(RUN, 47, now() + SignedDuration::from_mins(5)).unwrap();
            let at = at % value.len();
            let changed = format!("{}{to}{}", &value[..at], &value[at + 1..]);
            let good = Probe::verify(&value, &prober.0, now());
            prop_assert!(good.is_some());
            prop_assert_eq!(Probe::verify(&changed, &prober.0, now()).is_some(), changed == value);
        }
    }
}
