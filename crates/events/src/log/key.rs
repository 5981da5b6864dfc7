//! Persons in columns: a keyed hash of their id, so that nobody can make two ids meet on purpose.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip::SipHasher24;

/// Makes the keys of one installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonKey([u8; 16]);

impl PersonKey {
    pub(crate) fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The key of an id.
    pub(crate) fn of(&self, id: &str) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(id.as_bytes());
        hasher.finish()
    }
}

/// A map by person key: keys are hashes already.
pub(crate) type ByPerson<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;
/// A set of person keys.
pub(crate) type PersonSet = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// Takes a hash as its hash.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only person keys are hashed with it");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
