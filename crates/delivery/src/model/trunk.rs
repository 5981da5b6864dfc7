//! What trunk is, is what runs, unless stated with the reason: which changes are in production, which wait, and why.

use std::collections::BTreeSet;

/// A change as far as shipping is concerned. Changes are listed in trunk order, oldest first, so that a change contains
/// those before it (trunk's first-parent line).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub sha: String,
    pub verification: Verification,
    /// Commits that it says it mends (`Fixes:`) or undoes (`This reverts commit`), as written.
    pub mends: Vec<String>,
}

/// How far the verification of a change got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verification {
    /// Waits for its run, or runs.
    Pending,
    Passed,
    Failed,
    /// A newer change was verified instead.
    Superseded,
}

/// A commit that was taken back and must not come again by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold {
    pub sha: String,
    /// The commit that customers had when it was taken back. What mends counts only after that: a fix that was taken back
    /// as well did not help.
    pub since: String,
    pub why: String,
}

/// Why a change is not shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is the commit that was taken back.
    TakenBack { why: String },
    /// It contains one that was taken back.
    Behind { sha: String },
}

/// Whether `reference`, as written in a commit message, names `sha`: at least 7 characters of it.
pub(crate) fn names(reference: &str, sha: &str) -> bool {
    reference.len() >= 7 && sha.starts_with(&reference.to_ascii_lowercase())
}

/// Whether the change at `index` is held, and behind what.
pub(crate) fn held(changes: &[Change], index: usize, holds: &[Hold]) -> Option<Held> {
    holds.iter().find_map(|hold| {
        let bad = changes.iter().position(|c| c.sha == hold.sha)?;
        if bad > index {
            return None;
        }
        let since = changes.iter().position(|c| c.sha == hold.since).map_or(bad, |since| since.max(bad));
        let after = changes.get(since + 1..=index).unwrap_or_default();
        if after.iter().any(|c| c.mends.iter().any(|r| names(r, &hold.sha) || names(r, &hold.since))) {
            return None;
        }
        if bad == index {
            return Some(Held::TakenBack { why: hold.why.clone() });
        }
        Some(Held::Behind { sha: hold.sha.clone() })
    })
}

/// The newest change that may ship and is newer than what is live or was tried; `attempted` are commits with a
/// deployment of this service already.
pub(crate) fn to_ship<'a>(
    changes: &'a [Change],
    live: Option<&str>,
    attempted: &BTreeSet<String>,
    holds: &[Hold],
) -> Option<&'a Change> {
    let first = live.and_then(|sha| changes.iter().position(|c| c.sha == sha)).map_or(0, |i| i + 1);
    let newest = changes[first.min(changes.len())..]
        .iter()
        .enumerate()
        .rev()
        .find(|(i, c)| c.verification == Verification::Passed && held(changes, first + i, holds).is_none())?;
    (!attempted.contains(&newest.1.sha)).then_some(newest.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &str = "bad00000bad00000";

    fn change(sha: &str, verification: Verification) -> Change {
        Change { sha: sha.into(), verification, mends: vec![] }
    }

    fn hold() -> Vec<Hold> {
        vec![Hold { sha: BAD.into(), since: BAD.into(), why: "failed for customers".into() }]
    }

    fn history() -> Vec<Change> {
        use Verification::{Failed, Passed};
        vec![change("good", Passed), change("red", Failed), change(BAD, Passed), change("innocent", Passed)]
    }

    #[test]
    fn the_bad_commit_and_all_that_contain_it_are_held() {
        let changes = history();
        assert_eq!(held(&changes, 1, &hold()), None);
        assert!(matches!(held(&changes, 2, &hold()), Some(Held::TakenBack { .. })));
        assert_eq!(held(&changes, 3, &hold()), Some(Held::Behind { sha: BAD.into() }));
        assert_eq!(to_ship(&changes, Some("good"), &BTreeSet::new(), &hold()), None);
    }

    #[test]
    fn a_fix_releases_itself_and_what_waited() {
        let mut changes = history();
        changes.push(Change { mends: vec!["bad0000".into()], ..change("fix", Verification::Passed) });
        assert_eq!(held(&changes, 3, &hold()), Some(Held::Behind { sha: BAD.into() }), "alone it still is held");
        assert_eq!(held(&changes, 4, &hold()), None);
        assert_eq!(to_ship(&changes, Some("good"), &BTreeSet::new(), &hold()).unwrap().sha, "fix");
    }

    #[test]
    fn a_fix_that_was_taken_back_too_releases_nothing() {
        let fix = |sha: &str, mends: &str| Change { mends: vec![mends.into()], ..change(sha, Verification::Passed) };
        let mut changes = history();
        changes.extend([fix("fix1000fix1000", BAD), change("later", Verification::Passed)]);
        let holds = [Hold { sha: BAD.into(), since: "fix1000fix1000".into(), why: "taken back by a person".into() }];
        assert_eq!(held(&changes, 5, &holds), Some(Held::Behind { sha: BAD.into() }));
        changes.push(fix("fix2", "fix1000"));
        assert_eq!(held(&changes, 6, &holds), None, "mending what customers had last is enough");
    }

    #[test]
    fn a_failed_commit_ships_inside_a_later_one() {
        let changes = vec![
            change("a", Verification::Passed),
            change("b", Verification::Failed),
            change("c", Verification::Passed),
        ];
        assert_eq!(to_ship(&changes, Some("a"), &BTreeSet::new(), &[]).unwrap().sha, "c");
    }

    #[test]
    fn what_was_tried_is_not_tried_again_by_itself() {
        let changes = vec![change("a", Verification::Passed), change("b", Verification::Passed)];
        assert_eq!(to_ship(&changes, Some("a"), &BTreeSet::from(["b".to_owned()]), &[]), None);
    }

    #[test]
    fn six_characters_name_nobody() {
        assert!(!names("bad000", BAD));
        assert!(names("BAD0000", BAD));
    }
}
