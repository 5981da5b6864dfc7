//! The pinned split: which share of visitors a seed puts where. Stored results depend on it, so it never changes; a new
//! algorithm gets a new name beside it.

/// Parts that a whole is divided into: shares are given in basis points.
pub const WHOLE: u32 = 10_000;

/// The bucket of `key` under `seed`, from 0 to 9,999: `murmur3_x86_32(seed, 0x00, key) mod 10_000`, hash seed 0.
///
/// A visitor is in the candidate's share exactly if the bucket is below the share, so that growing a share never moves
/// anybody back.
pub fn bucket(seed: &str, key: &str) -> u32 {
    let mut text = Vec::with_capacity(seed.len() + 1 + key.len());
    text.extend_from_slice(seed.as_bytes());
    text.push(0);
    text.extend_from_slice(key.as_bytes());
    let hash = murmur3::murmur3_32(&mut text.as_slice(), 0).expect("reading from memory cannot fail");
    hash % WHOLE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_algorithm_is_pinned() {
        let buckets = ["ann", "ben", "cora", "dan"].map(|key| bucket("47", key));
        assert_eq!(buckets, [5336, 8650, 9866, 315], "a change here re-buckets every visitor of every installation");
    }

    #[test]
    fn buckets_are_even() {
        let below = (0..100_000).filter(|n| bucket("seed", &n.to_string()) < 2_000).count();
        assert!((19_500..20_500).contains(&below), "{below} of 100,000 in a fifth");
    }

    proptest! {
        #[test]
        fn always_in_range(seed: String, key: String) {
            prop_assert!(bucket(&seed, &key) < WHOLE);
        }
    }
}
