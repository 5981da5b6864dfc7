//! The root key of one installation, and what is sealed under it: ChaCha20-Poly1305 (RFC 8439) with a random nonce in front, bound to
//! the place that it was sealed for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

const NONCE_BYTES: usize = 12;

/// The root secret of one installation: `DATA/key`, 32 random bytes in hex, readable by its owner only.
#[derive(Clone)]
pub struct RootKey([u8; 32]);

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(..)")
    }
}

/// Why a secret cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key file cannot be read or made.
    #[error("failed to read or make the root key {path}")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    /// The key file holds something else.
    #[error("{path} does not hold 64 hexadecimal digits")]
    Malformed { path: String },
    /// The machine gives no random bytes.
    #[error("failed to get random bytes")]
    Random,
    /// The value was sealed under another key, for another name, or was changed.
    #[error("the secret {name} of {keeper} cannot be opened with this installation's key")]
    Sealed { keeper: String, name: String },
}

impl RootKey {
    /// Reads the key of the data folder, or makes it at first use.
    pub fn of(data: &Path) -> Result<Self, Error> {
        let path = data.join("key");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path)?,
            Err(source) => return Err(Error::File { path: path.display().to_string(), source }),
        };
        let malformed = || Error::Malformed { path: path.display().to_string() };
        let bytes = hex::decode(text.trim()).map_err(|_| malformed())?;
        Ok(Self(bytes.try_into().map_err(|_| malformed())?))
    }

    fn make(path: &Path) -> Result<String, Error> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| Error::Random)?;
        let text = hex::encode(bytes);
        let file = |source| Error::File { path: path.display().to_string(), source };
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(file)?;
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
        Ok(text)
    }

    /// Seals a value for one name of one keeper; it opens under no other.
    pub fn seal(&self, keeper: &str, name: &str, value: &str) -> Result<Vec<u8>, Error> {
        let mut sealed = vec![0_u8; NONCE_BYTES];
        getrandom::fill(&mut sealed).map_err(|_| Error::Random)?;
        let place = place(keeper, name);
        let payload = Payload { msg: value.as_bytes(), aad: place.as_bytes() };
        let nonce = Nonce::try_from(&sealed[..NONCE_BYTES]).map_err(|_| Error::Random)?;
        let body = self.cipher().encrypt(&nonce, payload).map_err(|_| Error::Random)?;
        sealed.extend(body);
        Ok(sealed)
    }

    /// The value again.
    pub fn open(&self, keeper: &str, name: &str, sealed: &[u8]) -> Result<String, Error> {
        let refused = || Error::Sealed { keeper: keeper.to_owned(), name: name.to_owned() };
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(refused)?;
        let place = place(keeper, name);
        let nonce = Nonce::try_from(nonce).map_err(|_| refused())?;
        let plain =
            self.cipher().decrypt(&nonce, Payload { msg: body, aad: place.as_bytes() }).map_err(|_| refused())?;
        String::from_utf8(plain).map_err(|_| refused())
    }

    /// Opens all that is sealed for one keeper, given as (name, sealed).
    pub fn open_all(&self, keeper: &str, sealed: Vec<(String, Vec<u8>)>) -> Result<BTreeMap<String, String>, Error> {
        let open = |(name, bytes): (String, Vec<u8>)| {
            let value = self.open(keeper, &name, &bytes)?;
            Ok((name, value))
        };
        sealed.into_iter().map(open).collect()
    }

    /// A secret of its own for a purpose, in hex: it can be shown without showing the root key.
    pub fn derive(&self, purpose: &str) -> String {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).expect("any length is a key");
        mac.update(purpose.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.0))
    }
}

fn place(keeper: &str, name: &str) -> String {
    format!("{keeper}\0{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_for_its_own_name_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = RootKey::of(folder.path()).unwrap();
        let sealed = key.seal("shop", "STRIPE_KEY", "sk_live_1").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"sk_live"));
        assert_eq!(RootKey::of(folder.path()).unwrap().open("shop", "STRIPE_KEY", &sealed).unwrap(), "sk_live_1");
        assert!(key.open("shop", "OTHER", &sealed).is_err());
        assert!(key.open("search", "STRIPE_KEY", &sealed).is_err());
        let other = tempfile::tempdir().unwrap();
        assert!(RootKey::of(other.path()).unwrap().open("shop", "STRIPE_KEY", &sealed).is_err());
    }

    #[test]
    fn what_is_derived_is_its_own_for_each_purpose_and_shows_nothing_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let key = RootKey::of(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join("key")).unwrap();
        assert_eq!(key.derive("a"), RootKey::of(folder.path()).unwrap().derive("a"));
        assert!(key.derive("a") != key.derive("b") && key.derive("a") != text);
    }

    #[test]
    fn the_key_file_is_private_and_damage_is_said() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        RootKey::of(folder.path()).unwrap();
        let path = folder.path().join("key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "zz").unwrap();
        assert!(RootKey::of(folder.path()).unwrap_err().to_string().contains("64 hexadecimal digits"));
    }
}
