//! Which looks of a run are kept.
//!
//! A look is stored with all that it saw, and there is one every few seconds for weeks. What stays is a rule over numbers that
//! never shrink, so that it does not matter whether it is applied at each look or once at the end: what it lets go it never wants
//! back. Of a run of any length at most `2 * SPREAD_MAX + 4` are kept.

use super::Assessment;

/// Most looks of the even spread, and of those at which something changed.
pub const SPREAD_MAX: u64 = 500;

/// A look among the others of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub look: u64,
    /// How many looks changed anything up to this one, if it did.
    pub change: Option<u64>,
    pub is_decision: bool,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    pub looks: u64,
    pub changes: u64,
    /// The look that put the probability of the arms' sizes where it stands; later ones build on it.
    pub srm_look: u64,
}

/// Whether a look stays: the first, the newest, one that decided and the one that later ones build on, whatever their number; of
/// all, and of those that changed anything, an even spread.
pub fn stays(mark: Mark, reach: Reach) -> bool {
    mark.is_decision
        || [1, reach.looks, reach.srm_look].contains(&mark.look)
        || mark.look.is_multiple_of(stride(reach.looks))
        || mark.change.is_some_and(|change| change.is_multiple_of(stride(reach.changes)))
}

/// Whether one look said otherwise than the one before: the decision, the state of a metric, the arms' sizes.
pub fn is_change(before: &Assessment, after: &Assessment) -> bool {
    let said = |look: &Assessment| (look.decision, look.srm.ok);
    let states = |look: &Assessment| look.metrics.iter().map(|metric| metric.state).collect::<Vec<_>>();
    said(before) != said(after) || states(before) != states(after)
}

/// A power of two, so that what stays at a greater one stayed at every smaller.
fn stride(count: u64) -> u64 {
    count.div_ceil(SPREAD_MAX).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(kept: &[Mark]) -> Vec<u64> {
        kept.iter().map(|mark| mark.look).collect()
    }

    /// What is kept if the rule is applied after each look; `changes` and `builds` say at which looks something changed, and at
    /// which the sizes' probability sank.
    fn look_by_look(changes: &[bool], builds: &[bool]) -> (Vec<Mark>, Vec<Mark>, Reach) {
        let mut reach = Reach { looks: 0, changes: 0, srm_look: 0 };
        let (mut all, mut kept) = (Vec::new(), Vec::new());
        for (is_change, builds) in changes.iter().zip(builds) {
            reach.looks += 1;
            reach.changes += u64::from(*is_change);
            if *builds {
                reach.srm_look = reach.looks;
            }
            let is_decision = reach.looks == changes.len() as u64;
            let mark = Mark { look: reach.looks, change: is_change.then_some(reach.changes), is_decision };
            all.push(mark);
            kept.push(mark);
            kept.retain(|mark| stays(*mark, reach));
        }
        (all, kept, reach)
    }

    #[test]
    fn few_looks_are_kept_all_and_many_evenly() {
        let (_, few, _) = look_by_look(&[false; 500], &[false; 500]);
        assert_eq!(numbers(&few), (1..=500).collect::<Vec<_>>());
        let (_, many, _) = look_by_look(&[false; 5_001], &[false; 5_001]);
        let even = (1..=312).map(|n| n * 16);
        assert_eq!(numbers(&many), std::iter::once(1).chain(even).chain([5_001]).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_stays_whatever_its_number() {
        let mut changes = [false; 5_000];
        changes[4_332] = true;
        let (_, kept, _) = look_by_look(&changes, &[false; 5_000]);
        assert!(numbers(&kept).contains(&4_333));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn thinned_at_each_look_is_thinned_at_the_end(
            looks in prop::collection::vec((prop::bool::weighted(0.4), prop::bool::weighted(0.01)), 1..4_000),
        ) {
            let (changes, builds): (Vec<bool>, Vec<bool>) = looks.into_iter().unzip();
            let (all, kept, reach) = look_by_look(&changes, &builds);
            let at_the_end: Vec<Mark> = all.iter().copied().filter(|mark| stays(*mark, reach)).collect();
            prop_assert_eq!(&kept, &at_the_end);
            prop_assert!(kept.len() as u64 <= 2 * SPREAD_MAX + 4);
            let numbers = numbers(&kept);
            for needed in [1, reach.looks, reach.srm_look.max(1)] {
                prop_assert!(numbers.contains(&needed));
            }
        }
    }
}
