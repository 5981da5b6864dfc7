//! Frozen vectors: a change here re-buckets every split of every installation.

use proptest::prelude::*;

use super::*;

/// Keys chosen by flagd's testbed so that their hashes lie at the edges.
const EDGES: [(&str, u32); 5] =
    [("ejOoVL", 0), ("bY9fO-", 1), ("SI7p-", 0x7FFF_FFFF), ("6LvT0", 0x8000_0000), ("ceQdGm", u32::MAX)];

#[test]
fn the_hash_is_murmur3() {
    for (key, hash) in EDGES {
        assert_eq!(murmur3(b"", key.as_bytes()), hash, "{key}");
    }
    assert_eq!(murmur3(b"", b""), 0);
    assert_eq!(murmur3("é".as_bytes(), "ü漢".as_bytes()), murmur3(b"", "éü漢".as_bytes()));
}

#[test]
fn each_algorithm_is_pinned() {
    let weights = [25, 25, 25, 25];
    let choose = |algorithm: Algorithm, hash| algorithm.choose(hash, weights.into_iter(), 100);
    let hashes = ["ann", "ben", "cora", "dan", "eve"].map(|key| murmur3(b"checkout", key.as_bytes()));
    assert_eq!(hashes.map(|hash| choose(Algorithm::Flagd1, hash)), PINNED_1);
    assert_eq!(hashes.map(|hash| choose(Algorithm::Flagd2, hash)), PINNED_2);
    let hashes = ["ann", "ben", "cora", "dan", "eve"].map(|key| {
        let mut cbor = Cbor::default();
        cbor.list(2);
        cbor.text("checkout");
        cbor.text(key);
        murmur3(b"", cbor.bytes())
    });
    assert_eq!(hashes.map(|hash| choose(Algorithm::Flagd3, hash)), PINNED_3);
}

const PINNED_1: [Option<usize>; 5] = [Some(3), Some(0), Some(0), Some(2), Some(2)];
const PINNED_2: [Option<usize>; 5] = [Some(2), Some(3), Some(0), Some(1), Some(1)];
const PINNED_3: [Option<usize>; 5] = [Some(1), Some(3), Some(2), Some(2), Some(2)];

#[test]
fn the_ends_of_the_hash_have_a_place() {
    let all = |hash| Algorithm::Flagd2.choose(hash, [1, 1].into_iter(), 2);
    assert_eq!(EDGES.map(|(_, hash)| all(hash)), [Some(0), Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(Algorithm::Flagd1.choose(0x7FFF_FFFF, [1].into_iter(), 1), None, "flagd-1 leaves its very end out");
    for algorithm in [Algorithm::Flagd1, Algorithm::Flagd2, Algorithm::Flagd3] {
        assert_eq!(algorithm.choose(7, [0, 0].into_iter(), 0), None);
    }
}

#[test]
fn cbor_is_deterministic() {
    let of = |value: f64| {
        let mut cbor = Cbor::default();
        cbor.number(value);
        cbor.bytes().to_vec()
    };
    // RFC 8949, appendix A.
    for (value, bytes) in [
        (0.0, vec![0x00]),
        (-0.0, vec![0x00]),
        (23.0, vec![0x17]),
        (24.0, vec![0x18, 0x18]),
        (1000.0, vec![0x19, 0x03, 0xE8]),
        (1_000_000.0, vec![0x1A, 0x00, 0x0F, 0x42, 0x40]),
        (1_000_000_000_000.0, vec![0x1B, 0, 0, 0, 0xE8, 0xD4, 0xA5, 0x10, 0]),
        (-1.0, vec![0x20]),
        (-1000.0, vec![0x39, 0x03, 0xE7]),
        (1.5, vec![0xF9, 0x3E, 0x00]),
        (-4.1, vec![0xFB, 0xC0, 0x10, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66]),
        (1.0e300, vec![0xFB, 0x7E, 0x37, 0xE4, 0x3C, 0x88, 0x00, 0x75, 0x9C]),
        (5.960_464_477_539_063e-8, vec![0xF9, 0x00, 0x01]),
        (0.000_061_035_156_25, vec![0xF9, 0x04, 0x00]),
        (0.1_f32.into(), vec![0xFA, 0x3D, 0xCC, 0xCC, 0xCD]),
    ] {
        assert_eq!(of(value), bytes, "{value}");
    }
}

fn weights() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0_u32..1000, 2..6)
}

proptest! {
    /// Raising one share, at the expense of others or not, never takes it from anybody.
    #[test]
    fn raising_a_share_moves_nobody_out(before in weights(), which in 0_usize..6, by in 1_u32..1000, hash: u32) {
        let which = which % before.len();
        let total: u32 = before.iter().sum();
        prop_assume!(total > 0);
        let mut after = before.clone();
        after[which] += by;
        for algorithm in [Algorithm::Flagd2, Algorithm::Flagd3] {
            let was = algorithm.choose(hash, before.iter().copied(), total);
            let is = algorithm.choose(hash, after.iter().copied(), total + by);
            prop_assert!(was != Some(which) || is == Some(which), "{before:?} {after:?}");
        }
    }

    /// The same shares in other units are the same cuts.
    #[test]
    fn units_do_not_matter(weights in weights(), times in 1_u32..1000, hash: u32) {
        let total: u32 = weights.iter().sum();
        let scaled = weights.iter().map(|weight| weight * times);
        let plain = Algorithm::Flagd2.choose(hash, weights.iter().copied(), total);
        prop_assert_eq!(plain, Algorithm::Flagd2.choose(hash, scaled, total * times));
    }
}
