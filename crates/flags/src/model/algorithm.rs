//! The split algorithms, by name. Stored results depend on them, so none ever changes; a new one gets a new name beside them.
//!
//! Three came out of flagd within a year, and official providers of today disagree; see ADR 0013.

use serde::{Deserialize, Serialize};

/// Which hash and which arithmetic turn a key into a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Algorithm {
    /// `abs(murmur3_i32) / i32::MAX * 100`, against cumulated percentages. flagd until 2025.
    #[serde(rename = "flagd-1")]
    Flagd1,
    /// `(murmur3_u32 * total weight) >> 32`, against cumulated weights. What new splits get.
    #[default]
    #[serde(rename = "flagd-2")]
    Flagd2,
    /// As `flagd-2`, over the deterministic CBOR of what is split by, so that `1` and `"1"` differ.
    #[serde(rename = "flagd-3")]
    Flagd3,
}

impl Algorithm {
    /// Its stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flagd1 => "flagd-1",
            Self::Flagd2 => "flagd-2",
            Self::Flagd3 => "flagd-3",
        }
    }

    /// The position whose cumulated weight is the first above the hash's place; none if the weights are all 0 or, with
    /// `flagd-1`, for the two hashes at the very end.
    pub(super) fn choose(self, hash: u32, weights: impl Iterator<Item = u32> + Clone, total: u32) -> Option<usize> {
        match self {
            Self::Flagd1 => choose_by_percent(hash, weights, total),
            Self::Flagd2 | Self::Flagd3 => {
                let place = (u64::from(hash) * u64::from(total)) >> 32;
                let mut end = 0_u64;
                weights.into_iter().position(|weight| {
                    end += u64::from(weight);
                    place < end
                })
            }
        }
    }
}

fn choose_by_percent(hash: u32, weights: impl Iterator<Item = u32>, total: u32) -> Option<usize> {
    let distance = f64::from(hash.cast_signed()).abs();
    let place = distance / f64::from(i32::MAX) * 100.0;
    let mut end = 0.0;
    weights.into_iter().position(|weight| {
        if total > 0 {
            end += 100.0 * f64::from(weight) / f64::from(total);
        }
        place < end
    })
}

/// murmur3_x86_32 of `seed` and `key` one after the other, with hash seed 0.
pub(super) fn murmur3(seed: &[u8], key: &[u8]) -> u32 {
    const STACK: usize = 128;
    let length = seed.len() + key.len();
    if seed.is_empty() {
        return murmur3_of(key);
    }
    if length <= STACK {
        let mut text = [0_u8; STACK];
        text[..seed.len()].copy_from_slice(seed);
        text[seed.len()..length].copy_from_slice(key);
        return murmur3_of(&text[..length]);
    }
    murmur3_of(&[seed, key].concat())
}

fn murmur3_of(bytes: &[u8]) -> u32 {
    const C1: u32 = 0xCC9E_2D51;
    const C2: u32 = 0x1B87_3593;
    let mut hash = 0_u32;
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        let block = u32::from_le_bytes(chunk.try_into().expect("chunks of four"));
        hash ^= block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64);
    }
    let mut last = 0_u32;
    for (position, byte) in chunks.remainder().iter().enumerate() {
        last |= u32::from(*byte) << (8 * position);
    }
    hash ^= last.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    #[expect(clippy::cast_possible_truncation, reason = "the algorithm takes the length modulo 2^32")]
    {
        hash ^= bytes.len() as u32;
    }
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    hash ^ (hash >> 16)
}

/// Deterministic CBOR (RFC 8949, 4.2.1) of what a split divides by.
#[derive(Debug, Default)]
pub(super) struct Cbor(Vec<u8>);

impl Cbor {
    pub(super) fn text(&mut self, text: &str) {
        self.head(3, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn list(&mut self, length: usize) {
        self.head(4, length as u64);
    }

    pub(super) fn map(&mut self, length: usize) {
        self.head(5, length as u64);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.0.push(if value { 0xF5 } else { 0xF4 });
    }

    pub(super) fn null(&mut self) {
        self.0.push(0xF6);
    }

    /// Whole numbers within 64 bits as such, others in the shortest float that holds them.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the ranges")]
    pub(super) fn number(&mut self, value: f64) {
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        if value.fract() == 0.0 && (0.0..TWO_63 * 2.0).contains(&value) {
            self.head(0, value as u64);
        } else if value.fract() == 0.0 && (-TWO_63..0.0).contains(&value) {
            self.head(1, (-1 - value as i64) as u64);
        } else if let Some(half) = half(value) {
            self.0.push(0xF9);
            self.0.extend_from_slice(&half.to_be_bytes());
        } else if f64::from(value as f32).to_bits() == value.to_bits() {
            self.0.push(0xFA);
            self.0.extend_from_slice(&(value as f32).to_be_bytes());
        } else {
            self.0.push(0xFB);
            self.0.extend_from_slice(&value.to_be_bytes());
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    #[expect(clippy::cast_possible_truncation, reason = "checked by the ranges")]
    fn head(&mut self, kind: u8, number: u64) {
        let kind = kind << 5;
        match number {
            0..24 => self.0.push(kind | number as u8),
            24..0x100 => self.0.extend_from_slice(&[kind | 0x18, number as u8]),
            0x100..0x1_0000 => {
                self.0.push(kind | 0x19);
                self.0.extend_from_slice(&(number as u16).to_be_bytes());
            }
            0x1_0000..0x1_0000_0000 => {
                self.0.push(kind | 0x1A);
                self.0.extend_from_slice(&(number as u32).to_be_bytes());
            }
            _ => {
                self.0.push(kind | 0x1B);
                self.0.extend_from_slice(&number.to_be_bytes());
            }
        }
    }
}

/// The 16-bit float of exactly this value.
fn half(value: f64) -> Option<u16> {
    let bits = value.to_bits();
    let sign = u16::from(value.is_sign_negative()) << 15;
    if value.is_infinite() {
        return Some(sign | 0x7C00);
    }
    if value.is_nan() {
        return Some(0x7E00);
    }
    let exponent = i32::try_from((bits >> 52) & 0x7FF).expect("11 bits") - 1023;
    let mantissa = bits & ((1 << 52) - 1);
    let (kept, exponent) = match exponent {
        -14..=15 => (mantissa >> 42, u16::try_from(exponent + 15).expect("1 to 30")),
        -24..=-15 => ((mantissa | 1 << 52) >> (42 + (-14 - exponent)), 0),
        _ => return None,
    };
    let half = sign | exponent << 10 | u16::try_from(kept).ok()?;
    (from_half(half).to_bits() == bits).then_some(half)
}

fn from_half(half: u16) -> f64 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, mantissa) = (i32::from(half >> 10 & 0x1F), f64::from(half & 0x3FF));
    match exponent {
        0 => sign * mantissa * 2_f64.powi(-24),
        _ => sign * (1.0 + mantissa / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests;
