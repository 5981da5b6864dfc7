//! The id of an event, so that what is sent twice is one event.
//!
//! Invariant: pinned. Another result for the same input would count a retry over an upgrade twice.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// From what the client calls it: a UUID as it is, anything else as the hash of its text.
pub(crate) fn given(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_else(|_| hashed(b"trunkline.event.given", &[text.as_bytes()]))
}

/// From its content, for what has no id.
pub(crate) fn content(token: &str, name: &str, distinct_id: &str, time_ms: i64, properties: &[u8]) -> Uuid {
    let time = time_ms.to_be_bytes();
    hashed(b"trunkline.event.content", &[token.as_bytes(), name.as_bytes(), distinct_id.as_bytes(), &time, properties])
}

/// Of the fact that two ids are one person.
pub(crate) fn link(from: &str, into: &str) -> Uuid {
    hashed(b"trunkline.identity", &[from.as_bytes(), into.as_bytes()])
}

/// Parts are told apart by their lengths. A UUID of version 8 (RFC 9562: vendor's own).
fn hashed(space: &[u8], parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(space);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_pinned() {
        assert_eq!(given("0192F7A0-0000-7000-8000-000000000001").to_string(), "0192f7a0-0000-7000-8000-000000000001");
        let ids = [given("node-next-1"), content("t", "n", "d", 1, b"{}"), link("a", "b")].map(|id| id.to_string());
        let pinned = [
            "d3edd164-81ab-8cd5-afd0-898b69d76060",
            "27bac25b-8ea2-8190-badb-e4304a1d1c86",
            "a6c8752b-ca81-89ab-8ed8-e4e6be31b035",
        ];
        assert_eq!(ids, pinned);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(content("t", "ab", "c", 1, b"{}"), content("t", "a", "bc", 1, b"{}"));
        assert_ne!(given("a"), link("a", ""));
    }
}
