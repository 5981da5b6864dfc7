//! The secret that control plane and edge share, and the keys derived from it.
//!
//! `edge/key` holds 32 random bytes as hex, mode 0600. Every use has its own derived key, so that a visitor who could
//! somehow learn the cookie key still could not speak on the admin socket.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::Error;

/// The shared secret of a data folder.
#[derive(Clone)]
pub(crate) struct EdgeKey {
    text: String,
    bytes: [u8; 32],
}

impl std::fmt::Debug for EdgeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EdgeKey(…)")
    }
}

impl EdgeKey {
    /// The key of the data folder; made if there is none yet. Safe against two makers at once.
    pub(crate) fn of(data: &Path) -> Result<Self, Error> {
        let folder = data.join("edge");
        let path = folder.join("key");
        let file = |what| move |path: &Path, source| Error::File { what, path: path.to_owned(), source };
        fs::create_dir_all(&folder).map_err(|e| file("create")(&folder, e))?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                create(&folder, &path).map_err(|e| file("create")(&path, e))?;
                fs::read_to_string(&path).map_err(|e| file("read")(&path, e))?
            }
            Err(e) => return Err(file("read")(&path, e)),
        };
        Self::parse(text.trim()).ok_or_else(|| Error::Damaged { path, why: "expected 64 hex digits".into() })
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?.try_into().ok()?;
        Some(Self { text: text.to_owned(), bytes })
    }

    /// The key as it stands in the file: what the control plane expects in `trunkline-edge`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value of `authorization` that goes with it.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }

    /// Whether `authorization` carries this key; takes the same time whichever byte differs.
    pub(crate) fn is_bearer(&self, authorization: &[u8]) -> bool {
        self.bearer().as_bytes().ct_eq(authorization).into()
    }

    fn derived(&self, purpose: &str) -> [u8; 32] {
        self.mac(&[b"derive", purpose.as_bytes()])
    }

    /// HMAC-SHA256 over the parts, each ended by a zero byte; parts must not contain one.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
            mac.update(&[0]);
        }
        mac.finalize().into_bytes().into()
    }

    /// Encrypts what must not lie on disk in clear: a random nonce, then the XChaCha20-Poly1305 ciphertext, as hex.
    pub(crate) fn seal(&self, plain: &[u8]) -> Result<String, Error> {
        let mut nonce = [0u8; 24];
        getrandom::fill(&mut nonce).map_err(|e| Error::Failed { why: format!("no randomness: {e}") })?;
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), plain)
            .map_err(|_| Error::Failed { why: "cannot encrypt an instance's start command".into() })?;
        Ok(hex::encode(nonce) + &hex::encode(sealed))
    }

    /// The reverse of [`Self::seal`]; nothing if the text was changed or sealed under another key.
    pub(crate) fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, text) = bytes.split_first_chunk::<24>()?;
        self.cipher().decrypt(&XNonce::from(*nonce), text).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derived("instance specs").into())
    }
}

/// Written beside and linked into place, so that a reader never sees half a key and the first of two makers wins.
fn create(folder: &Path, path: &Path) -> io::Result<()> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let draft = folder.join(format!(".key-{}", kernel::id::fresh()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(hex::encode(bytes).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_sealed_text_opens_only_unchanged() {
        let data = tempfile::tempdir().unwrap();
        let key = EdgeKey::of(data.path()).unwrap();
        assert_eq!(key.text(), EdgeKey::of(data.path()).unwrap().text());
        let sealed = key.seal(b"STRIPE_KEY=1").unwrap();
        assert_eq!(key.open(&sealed).unwrap(), b"STRIPE_KEY=1");
        let mut forged = sealed.into_bytes();
        let last = forged.len() - 1;
        forged[last] = if forged[last] == b'0' { b'1' } else { b'0' };
        assert!(key.open(std::str::from_utf8(&forged).unwrap()).is_none());
        let other = EdgeKey::of(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(other.open(std::str::from_utf8(&forged).unwrap()).is_none());
        assert!(!other.is_bearer(key.bearer().as_bytes()) && key.is_bearer(key.bearer().as_bytes()));
    }

    #[test]
    fn a_damaged_key_is_said() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("edge")).unwrap();
        fs::write(data.path().join("edge/key"), "nonsense").unwrap();
        assert!(EdgeKey::of(data.path()).unwrap_err().to_string().contains("damaged"));
    }
}
