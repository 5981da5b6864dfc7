//! Random texts that prove who somebody is, and the hashes that are kept of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Of SHA-256.
pub(crate) type Digest = [u8; 32];

/// `prefix` and 256 random bits.
pub(crate) fn fresh(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What is stored. The texts are random and long, so that a plain hash is enough.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(digest(text))
}

/// The same, as it is.
pub(crate) fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

/// Compares in a time that tells nothing.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
