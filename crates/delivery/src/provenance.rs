//! Provenance: where an artifact comes from, signed by this installation, and checked before the artifact is started.
//!
//! An [in-toto Statement v1](https://github.com/in-toto/attestation) with the predicate
//! [SLSA Provenance v1](https://slsa.dev/spec/v1.2/provenance) in a [DSSE](https://github.com/secure-systems-lab/dsse) envelope,
//! signed with Ed25519 (RFC 8032) by a key that is derived from the installation's root key: it is as safe as `DATA/key` is, and
//! nothing that a build runs ever sees it.
//!
//! Invariant: what does not check out is never started.

mod dsse;
mod statement;

pub use dsse::{Envelope, Signature};
pub(crate) use dsse::{PAYLOAD_TYPE, Signer, pae};
pub(crate) use statement::{Made, statement};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A larger envelope is none of ours.
const ENVELOPE_BYTES_MAX: usize = 64 << 10;

/// What an artifact must say of itself before it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) repository: String,
    pub(crate) commit: String,
    pub(crate) service: String,
    /// `sha256:…`
    pub(crate) digest: String,
}

/// Why an artifact is not to be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it has no provenance: it was built before artifacts were signed, or its record was altered")]
    Missing,
    #[error("its provenance cannot be read: {0}")]
    Unreadable(String),
    #[error("its provenance is not signed with this installation's key {0}")]
    Unsigned(String),
    #[error("its provenance was altered after it was signed, or its signature was forged")]
    Forged,
    #[error("its provenance speaks of {what} {found}, and it is {expected}")]
    OfAnother { what: &'static str, found: String, expected: String },
}

/// Provenance as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ArtifactProvenance)]
pub struct ProvenanceView {
    /// Whether the signature is ours and the statement is about this very artifact.
    pub verified: bool,
    /// Why not, if not.
    pub why: Option<String>,
    /// The id of the key that must have signed it.
    pub key: String,
    /// As it is stored; give it to any tool that reads DSSE.
    pub envelope: Option<Envelope>,
    /// What the envelope says, once it was verified.
    #[schema(value_type = Option<Object>)]
    pub statement: Option<Value>,
}

/// The public key of this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvenanceKey {
    /// `sha256:…` of its 32 bytes.
    pub keyid: String,
    /// `ed25519`
    pub algorithm: String,
    /// As `SubjectPublicKeyInfo` (RFC 8410).
    pub pem: String,
}

/// Reads an envelope and gives its statement, if it was signed by us and speaks of exactly this artifact.
pub(crate) fn check(stored: Option<&str>, expected: &Expected, signer: &Signer) -> Result<Value, Refused> {
    let envelope = read(stored.ok_or(Refused::Missing)?)?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(Refused::Unreadable(format!("its payload is {:?}, not {PAYLOAD_TYPE:?}", envelope.payload_type)));
    }
    let body =
        STANDARD.decode(&envelope.payload).map_err(|_| Refused::Unreadable("its payload is no base64".into()))?;
    let ours: Vec<_> = envelope.signatures.iter().filter(|signature| signature.keyid == signer.keyid()).collect();
    if ours.is_empty() {
        return Err(Refused::Unsigned(signer.keyid().to_owned()));
    }
    let message = pae(&envelope.payload_type, &body);
    if !ours.iter().any(|signature| signer.has_signed(&message, signature)) {
        return Err(Refused::Forged);
    }
    let told: Value = serde_json::from_slice(&body).map_err(|error| Refused::Unreadable(error.to_string()))?;
    statement::is_of(&told, expected, signer.keyid())?;
    Ok(told)
}

/// The envelope as stored.
pub(crate) fn read(stored: &str) -> Result<Envelope, Refused> {
    if stored.len() > ENVELOPE_BYTES_MAX {
        return Err(Refused::Unreadable(format!("it has more than {ENVELOPE_BYTES_MAX} bytes")));
    }
    serde_json::from_str(stored).map_err(|error| Refused::Unreadable(error.to_string()))
}

/// How it is shown, whether it checks out or not.
pub(crate) fn view(stored: Option<&str>, expected: &Expected, signer: &Signer) -> ProvenanceView {
    let checked = check(stored, expected, signer);
    ProvenanceView {
        verified: checked.is_ok(),
        why: checked.as_ref().err().map(ToString::to_string),
        key: signer.keyid().to_owned(),
        envelope: stored.and_then(|text| read(text).ok()),
        statement: checked.ok(),
    }
}

#[cfg(test)]
mod tests;
