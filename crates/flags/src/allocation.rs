//! Who of a split's buckets gets which variant: pure arithmetic on cut points.
//!
//! Invariant: whoever is in a variant whose share does not shrink stays in it, whatever else happens. A share that shrinks
//! gives up the buckets next to the one that grows, so that two variants share one moving boundary: the last in, the first out.

use std::collections::BTreeMap;

use kernel::Problem;

/// A part of the buckets: from the end of the part before (excluded) up to `end`.
pub(crate) type Part = (u64, String);

/// How far shares may miss 1 in sum: people write 33.3 %.
const SUM_TOLERANCE: f64 = 0.002;

/// The share of each variant, in the order in which they first appear.
pub(crate) fn shares(parts: &[Part], whole: u64) -> Vec<(String, f64)> {
    let mut shares: Vec<(String, f64)> = Vec::new();
    let mut start = 0;
    for (end, variant) in parts {
        let share = ratio(end - start, whole);
        match shares.iter_mut().find(|(known, _)| known == variant) {
            Some((_, sum)) => *sum += share,
            None => shares.push((variant.clone(), share)),
        }
        start = *end;
    }
    shares
}

#[expect(clippy::cast_precision_loss, reason = "shares are shown, never counted with")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// The same buckets with new shares (0 to 1, 1 in sum; a variant left out gets 0), with the fewest moved.
pub(crate) fn rebalance(parts: &[Part], whole: u64, wanted: &BTreeMap<String, f64>) -> Result<Vec<Part>, Box<Problem>> {
    let sizes = sizes(whole, wanted)?;
    let mut parts = parts.to_vec();
    // Each step settles a variant or empties a part, so this many are enough by far.
    for _ in 0..4 * (parts.len() + sizes.len()) * (sizes.len() + 1) {
        let differences = differences(&parts, &sizes);
        if !move_boundary(&mut parts, &differences) && !carve(&mut parts, &differences) {
            break;
        }
        tidy(&mut parts);
    }
    assert!(differences(&parts, &sizes).values().all(|d| *d == 0), "a ramp that stops half way");
    Ok(parts)
}

/// How many buckets each variant is to have; together the whole.
fn sizes(whole: u64, wanted: &BTreeMap<String, f64>) -> Result<BTreeMap<String, u64>, Box<Problem>> {
    if let Some((variant, share)) = wanted.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
        let problem = Problem::invalid(format!("the share of \"{variant}\" is {share}"));
        return Err(Box::new(problem.hint("shares are from 0 to 1")));
    }
    let sum: f64 = wanted.values().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        let problem = Problem::invalid(format!("the shares sum up to {sum}"));
        return Err(Box::new(problem.hint("name every variant that is to have a share; together they are 1")));
    }
    let mut sizes: BTreeMap<String, u64> =
        wanted.iter().map(|(variant, share)| (variant.clone(), buckets(whole, share / sum))).collect();
    let total: u64 = sizes.values().sum();
    // What rounding left over or took too much is settled with the largest share, where it matters least.
    if let Some(largest) = sizes.values_mut().max() {
        *largest = *largest + whole - total;
    }
    Ok(sizes)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of at most 1 of at most 2^33 buckets"
)]
fn buckets(whole: u64, share: f64) -> u64 {
    ((whole as f64) * share).round() as u64
}

/// How many buckets each variant has too many (positive) or too few.
fn differences(parts: &[Part], sizes: &BTreeMap<String, u64>) -> BTreeMap<String, i64> {
    let signed = |n: u64| i64::try_from(n).expect("there are at most 2^33 buckets");
    let mut differences: BTreeMap<String, i64> = sizes.iter().map(|(v, size)| (v.clone(), -signed(*size))).collect();
    let mut start = 0;
    for (end, variant) in parts {
        *differences.entry(variant.clone()).or_default() += signed(end - start);
        start = *end;
    }
    differences
}

/// Two neighbours of which one shrinks and the other grows: their boundary moves.
fn move_boundary(parts: &mut [Part], differences: &BTreeMap<String, i64>) -> bool {
    let mut start = 0;
    for at in 0..parts.len().saturating_sub(1) {
        let (left, right) = (differences[&parts[at].1], differences[&parts[at + 1].1]);
        let (end, right_end) = (parts[at].0, parts[at + 1].0);
        if left < 0 && right > 0 {
            parts[at].0 += left.unsigned_abs().min(right.unsigned_abs()).min(right_end - end);
            return true;
        }
        if left > 0 && right < 0 {
            parts[at].0 -= left.unsigned_abs().min(right.unsigned_abs()).min(end - start);
            return true;
        }
        start = end;
    }
    false
}

/// No such neighbours: one that grows gets a part of its own at the end of the last part that has too much.
fn carve(parts: &mut Vec<Part>, differences: &BTreeMap<String, i64>) -> bool {
    let Some((grows, missing)) = differences.iter().find(|(_, d)| **d < 0) else { return false };
    let Some(at) = parts.iter().rposition(|(_, variant)| differences[variant] > 0) else { return false };
    let start = if at == 0 { 0 } else { parts[at - 1].0 };
    let (end, shrinks) = parts[at].clone();
    let taken = missing.unsigned_abs().min(differences[&shrinks].unsigned_abs()).min(end - start);
    parts[at].0 = end - taken;
    parts.insert(at + 1, (end, grows.clone()));
    true
}

/// Neighbours of one variant are one part; empty parts are none.
fn tidy(parts: &mut Vec<Part>) {
    let mut tidied: Vec<Part> = Vec::with_capacity(parts.len());
    let mut start = 0;
    for (end, variant) in parts.drain(..) {
        if end == start {
            continue;
        }
        match tidied.last_mut() {
            Some(last) if last.1 == variant => last.0 = end,
            _ => tidied.push((end, variant)),
        }
        start = end;
    }
    *parts = tidied;
}

/// The variant of a bucket.
#[cfg(test)]
fn variant_at(parts: &[Part], bucket: u64) -> &str {
    let part = parts.iter().find(|(end, _)| bucket < *end).expect("the parts cover all buckets");
    &part.1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: u64 = 1 << 32;

    fn wanted(shares: &[(&str, f64)]) -> BTreeMap<String, f64> {
        shares.iter().map(|(variant, share)| ((*variant).to_owned(), *share)).collect()
    }

    #[test]
    fn two_variants_share_one_boundary() {
        let mut parts = vec![(WHOLE / 10, "on".to_owned()), (WHOLE, "off".to_owned())];
        for share in [0.5, 0.25, 1.0, 0.0, 0.125] {
            parts = rebalance(&parts, WHOLE, &wanted(&[("on", share), ("off", 1.0 - share)])).unwrap();
            let is_on_left = parts.len() == 2 && parts[0].1 == "on" || parts.len() == 1 || parts[1].1 == "on";
            assert!(is_on_left, "{share}: {parts:?}");
        }
    }

    #[test]
    fn shares_that_make_no_whole_are_refused() {
        let parts = vec![(WHOLE, "off".to_owned())];
        let problem = rebalance(&parts, WHOLE, &wanted(&[("on", 0.5)])).unwrap_err();
        assert!(problem.message.contains("0.5"), "{problem}");
        assert!(rebalance(&parts, WHOLE, &wanted(&[("on", -0.5), ("off", 1.5)])).is_err());
        assert!(rebalance(&parts, WHOLE, &wanted(&[("on", f64::NAN), ("off", 1.0)])).is_err());
    }

    fn any_shares() -> impl Strategy<Value = BTreeMap<String, f64>> {
        prop::collection::vec(0_u32..100, 4).prop_map(|weights| {
            let sum = f64::from(weights.iter().sum::<u32>().max(1));
            let first = if weights.iter().all(|w| *w == 0) { 1.0 } else { f64::from(weights[0]) / sum };
            let rest = weights[1..].iter().map(|w| f64::from(*w) / sum);
            ["a", "b", "c", "d"].into_iter().map(str::to_owned).zip(std::iter::once(first).chain(rest)).collect()
        })
    }

    proptest! {
        #[test]
        fn nobody_loses_a_variant_whose_share_does_not_shrink(
            ramps in prop::collection::vec(any_shares(), 1..8), buckets in prop::collection::vec(0..WHOLE, 64)
        ) {
            let mut parts = vec![(WHOLE, "a".to_owned())];
            for wanted in ramps {
                let before: BTreeMap<String, f64> = shares(&parts, WHOLE).into_iter().collect();
                let next = rebalance(&parts, WHOLE, &wanted).unwrap();
                for bucket in &buckets {
                    let (was, is) = (variant_at(&parts, *bucket), variant_at(&next, *bucket));
                    let shrank = wanted[was] < before[was] - 1e-9;
                    prop_assert!(was == is || shrank, "{bucket} went from {was} to {is}: {parts:?} {next:?}");
                }
                for (variant, share) in shares(&next, WHOLE) {
                    prop_assert!((share - wanted[&variant]).abs() < 1e-6);
                }
                prop_assert_eq!(next.last().unwrap().0, WHOLE);
                parts = next;
            }
        }

        #[test]
        fn the_last_in_is_the_first_out(shares in prop::collection::vec(0.0_f64..=1.0, 2..10), bucket in 0..WHOLE) {
            let mut parts = vec![(WHOLE, "off".to_owned())];
            let mut seen: Vec<(f64, bool)> = Vec::new();
            for share in shares.into_iter().filter(|share| *share > 0.01) {
                parts = rebalance(&parts, WHOLE, &wanted(&[("on", share), ("off", 1.0 - share)])).unwrap();
                let is_on = variant_at(&parts, bucket) == "on";
                for (other, was_on) in &seen {
                    prop_assert!(!(is_on && *other >= share) || *was_on);
                }
                seen.push((share, is_on));
            }
        }
    }
}
