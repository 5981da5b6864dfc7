use serde_json::json;

use super::*;

fn signer() -> Signer {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "07".repeat(32)).unwrap();
    Signer::of(&sealing::RootKey::of(folder.path()).unwrap())
}

fn other_signer() -> Signer {
    let folder = tempfile::tempdir().unwrap();
    Signer::of(&sealing::RootKey::of(folder.path()).unwrap())
}

fn expected() -> Expected {
    Expected {
        repository: "shop".into(),
        commit: "b2c7f10".repeat(5),
        service: "web".into(),
        digest: format!("sha256:{}", "ab".repeat(32)),
    }
}

fn told(of: &Expected, keyid: &str) -> Value {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let (url, run) = ("https://git.example.org/shop", "run-1");
    statement(&Made { of, url, command: Some("npm ci"), run, started: at, finished: at, keyid })
}

fn stored(told: &Value, signer: &Signer) -> String {
    serde_json::to_string(&signer.sign(&serde_json::to_vec(told).unwrap())).unwrap()
}

#[test]
fn what_is_signed_is_the_specification_s_encoding() {
    // protocol.md of DSSE gives the first one; the others follow from its definition.
    assert_eq!(
        pae("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    assert_eq!(pae("é", b"a b"), "DSSEv1 2 é 3 a b".as_bytes(), "lengths are in bytes");
    assert_eq!(pae("t", &[0, 255]), b"DSSEv1 1 t 2 \x00\xff");
    assert_ne!(pae("a 1", b"b"), pae("a", b"1 b"), "nothing can be moved from one part to the other");
}

#[test]
fn what_we_signed_about_this_artifact_checks_out() {
    let (signer, expected) = (signer(), expected());
    let told = told(&expected, signer.keyid());
    assert_eq!(check(Some(&stored(&told, &signer)), &expected, &signer), Ok(told.clone()));
    assert_eq!(
        told["predicate"]["buildDefinition"]["resolvedDependencies"][0]["uri"],
        "git+https://git.example.org/shop"
    );
    assert_eq!(signer.keyid(), self::signer().keyid(), "the same root key gives the same key");
    assert_ne!(signer.keyid(), other_signer().keyid());
}

#[test]
fn the_signature_is_ed25519_of_the_encoding() {
    use ring::signature::{ED25519, UnparsedPublicKey};
    let (signer, expected) = (signer(), expected());
    let envelope = signer.sign(&serde_json::to_vec(&told(&expected, signer.keyid())).unwrap());
    let pem = signer.public().pem;
    let der = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    let message = pae(&envelope.payload_type, &STANDARD.decode(&envelope.payload).unwrap());
    let key = UnparsedPublicKey::new(&ED25519, &der[der.len() - 32..]);
    key.verify(&message, &STANDARD.decode(&envelope.signatures[0].sig).unwrap()).unwrap();
}

#[test]
fn what_is_missing_forged_or_altered_is_refused() {
    let (signer, expected) = (signer(), expected());
    let good = told(&expected, signer.keyid());
    let refused = |text: Option<&str>| check(text, &expected, &signer).unwrap_err();
    assert_eq!(refused(None), Refused::Missing);
    for nonsense in ["", "{}", "[]", "not json"] {
        assert!(matches!(refused(Some(nonsense)), Refused::Unreadable(_)), "{nonsense}");
    }
    let huge = "x".repeat(ENVELOPE_BYTES_MAX + 1);
    assert!(matches!(refused(Some(&huge)), Refused::Unreadable(_)));

    let mut altered = signer.sign(&serde_json::to_vec(&good).unwrap());
    let evil = json!({ "evil": true });
    altered.payload = STANDARD.encode(evil.to_string());
    assert_eq!(refused(Some(&serde_json::to_string(&altered).unwrap())), Refused::Forged);

    // Signed by somebody else, under their own name and under ours.
    let other = other_signer();
    let foreign = stored(&good, &other);
    assert_eq!(refused(Some(&foreign)), Refused::Unsigned(signer.keyid().into()));
    let posing = foreign.replace(other.keyid(), signer.keyid());
    assert_eq!(refused(Some(&posing)), Refused::Forged);

    let mut retyped = signer.sign(&serde_json::to_vec(&good).unwrap());
    retyped.payload_type = "text/plain".into();
    assert!(matches!(refused(Some(&serde_json::to_string(&retyped).unwrap())), Refused::Unreadable(_)));
    retyped.payload_type = PAYLOAD_TYPE.into();
    retyped.signatures.clear();
    assert!(matches!(refused(Some(&serde_json::to_string(&retyped).unwrap())), Refused::Unsigned(_)));
}

#[test]
fn a_true_statement_about_something_else_is_refused() {
    let (signer, expected) = (signer(), expected());
    let of = |change: fn(&mut Expected)| {
        let mut other = expected.clone();
        change(&mut other);
        let stored = stored(&told(&other, signer.keyid()), &signer);
        check(Some(&stored), &expected, &signer).unwrap_err().to_string()
    };
    assert!(of(|e| e.digest = format!("sha256:{}", "cd".repeat(32))).contains("speaks of the digest cdcd"));
    assert!(of(|e| e.service = "api".into()).contains("the service api, and it is web"));
    assert!(of(|e| e.commit = "0".repeat(40)).contains("the commit 000"));
    assert!(of(|e| e.repository = "other".into()).contains("the repository other"));
    let mut other_kind = told(&expected, signer.keyid());
    other_kind["predicateType"] = json!("https://slsa.dev/provenance/v0.2");
    let refused = check(Some(&stored(&other_kind, &signer)), &expected, &signer).unwrap_err();
    assert!(refused.to_string().contains("v0.2"), "{refused}");
}
