//! Dead Simple Signing Envelope 1.0, with one Ed25519 key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sealing::RootKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::ProvenanceKey;

/// Of an in-toto statement.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What the key is derived for; another purpose gives another key.
const PURPOSE: &str = "trunkline provenance ed25519 1";
/// `SubjectPublicKeyInfo` of an Ed25519 key, before its 32 bytes (RFC 8410, section 10.1).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A signed payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DsseEnvelope)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    pub payload_type: String,
    /// Base64.
    pub payload: String,
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DsseSignature)]
pub struct Signature {
    pub keyid: String,
    /// Base64.
    pub sig: String,
}

/// What is signed: the pre-authentication encoding, DSSE protocol 1.0.
/// `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes as decimal digits.
pub(crate) fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len());
    [head.as_bytes(), body].concat()
}

/// The key of this installation.
#[derive(Debug)]
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    keyid: String,
}

impl Signer {
    pub(crate) fn of(root: &RootKey) -> Self {
        let seed = hex::decode(root.derive(PURPOSE)).expect("what is derived is in hex");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("any 32 bytes are a seed");
        let keyid = format!("sha256:{}", hex::encode(Sha256::digest(pair.public_key().as_ref())));
        Self { pair, keyid }
    }

    pub(crate) fn keyid(&self) -> &str {
        &self.keyid
    }

    pub(crate) fn sign(&self, body: &[u8]) -> Envelope {
        let sig = self.pair.sign(&pae(PAYLOAD_TYPE, body));
        Envelope {
            payload_type: PAYLOAD_TYPE.into(),
            payload: STANDARD.encode(body),
            signatures: vec![Signature { keyid: self.keyid.clone(), sig: STANDARD.encode(sig) }],
        }
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let public = UnparsedPublicKey::new(&ED25519, self.pair.public_key().as_ref());
        STANDARD.decode(&signature.sig).is_ok_and(|sig| public.verify(message, &sig).is_ok())
    }

    pub(crate) fn public(&self) -> ProvenanceKey {
        let der = [SPKI_PREFIX.as_slice(), self.pair.public_key().as_ref()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        ProvenanceKey { keyid: self.keyid.clone(), algorithm: "ed25519".into(), pem }
    }
}
