//! Sets and maps of names that are looked up on the hot path.
//!
//! The hash is fast and has no secret: what is *stored* comes from files of the product, so nobody outside can choose
//! colliding keys; what is *asked* for may be anything.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// 64 bits of a name.
#[inline]
pub(super) fn of(name: &str) -> u64 {
    of_bytes(name.as_bytes())
}

#[inline]
fn of_bytes(bytes: &[u8]) -> u64 {
    let mut hash = (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        hash = fold(hash ^ u64::from_le_bytes(chunk.try_into().expect("chunks of eight")));
    }
    let mut last = 0_u64;
    for byte in chunks.remainder() {
        last = last << 8 | u64::from(*byte);
    }
    fold(hash ^ last)
}

#[inline]
fn fold(value: u64) -> u64 {
    let wide = u128::from(value ^ MULTIPLIER) * 0xA076_1D64_78BD_642F_u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    {
        (wide as u64) ^ ((wide >> 64) as u64)
    }
}

/// Hashes names with [`of`].
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct NameHasher(u64);

impl Hasher for NameHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= of_bytes(bytes);
    }

    /// The end mark of a `str`: one name is hashed, so it tells nothing.
    #[inline]
    fn write_u8(&mut self, _: u8) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// For maps that are looked up by name.
pub(super) type ByName = BuildHasherDefault<NameHasher>;

/// A set of names.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(HashSet<Box<str>, ByName>);

impl Names {
    #[inline]
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        Self(names.into_iter().map(Box::from).collect())
    }
}
