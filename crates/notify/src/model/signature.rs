//! Standard Webhooks 1.0.0: how a receiver knows that a message is ours, whole and fresh.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a symmetric secret begins with; the rest is base64.
const PREFIX: &str = "whsec_";
/// The specification asks for 24 to 64.
pub(crate) const SECRET_BYTES: usize = 32;

/// A secret as it is shown.
pub(crate) fn secret(bytes: &[u8; SECRET_BYTES]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The header `webhook-signature` of a message: HMAC-SHA256 over `id.seconds.body`. `None` if the secret is none.
pub fn sign(secret: &str, id: &str, seconds: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's libraries are tested with.
    #[test]
    fn the_specifications_example_is_signed_as_it_says() {
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn whatever_differs_is_signed_differently() {
        let (one, two) = (secret(&[7; SECRET_BYTES]), secret(&[8; SECRET_BYTES]));
        let signed = sign(&one, "a", 1, "b");
        assert!(signed.is_some());
        for other in
            [sign(&two, "a", 1, "b"), sign(&one, "c", 1, "b"), sign(&one, "a", 2, "b"), sign(&one, "a", 1, "c")]
        {
            assert_ne!(other, signed);
        }
        assert_eq!(sign("secret", "a", 1, "b"), None);
    }
}
