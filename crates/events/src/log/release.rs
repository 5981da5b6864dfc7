//! Which deployment an event belongs to (semantics.md, "Which release, which variant").

use std::collections::HashMap;

use super::answers::Release;

/// Shorter beginnings of a commit name nothing.
const COMMIT_CHARS_MIN: usize = 7;

/// The deployments that are known.
#[derive(Debug, Default)]
pub(super) struct History {
    by_number: HashMap<u64, Release>,
    /// From an instant on, the only one that took customers.
    only: Vec<(i64, Option<u64>)>,
}

impl History {
    pub(super) fn new(releases: Vec<Release>) -> Self {
        let mut instants: Vec<i64> =
            releases.iter().flat_map(|release| [Some(release.from_ms), release.to_ms]).flatten().collect();
        instants.sort_unstable();
        instants.dedup();
        let only = instants.into_iter().map(|at| {
            let mut live = releases.iter().filter(|r| r.from_ms <= at && r.to_ms.is_none_or(|to| at < to));
            let only = live.next().filter(|_| live.next().is_none());
            (at, only.map(|release| release.deployment))
        });
        let only = only.collect();
        Self { by_number: releases.into_iter().map(|release| (release.deployment, release)).collect(), only }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Release> {
        self.by_number.values()
    }

    /// The deployments that a word names: number, commit or digest, oldest first.
    pub(super) fn named(&self, word: &str) -> Vec<&Release> {
        let word = word.trim();
        if word.is_empty() {
            return Vec::new();
        }
        let number = word.parse::<u64>().ok();
        let digest = word.strip_prefix("sha256:").unwrap_or(word);
        let is_named = |release: &&Release| {
            let is_commit = word.len() >= COMMIT_CHARS_MIN && release.commit.starts_with(word);
            let own = release.digest.as_deref().map(|own| own.strip_prefix("sha256:").unwrap_or(own));
            number == Some(release.deployment) || is_commit || own == Some(digest)
        };
        let mut named: Vec<&Release> = self.by_number.values().filter(is_named).collect();
        named.sort_by_key(|release| release.from_ms);
        named
    }

    /// The only deployment that took customers then.
    pub(super) fn only_at(&self, time_ms: i64) -> Option<u64> {
        let after = self.only.partition_point(|(from, _)| *from <= time_ms);
        self.only[..after].last().and_then(|(_, only)| *only)
    }
}

/// Of several deployments with one name, the newest that had begun then.
pub(super) fn pick(named: &[(i64, u64)], time_ms: i64) -> Option<u64> {
    let begun = named.iter().rev().find(|(from, _)| *from <= time_ms);
    begun.or_else(|| named.first()).map(|(_, deployment)| *deployment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases() -> History {
        let release = |deployment, commit: &str, from_ms, to_ms| Release {
            deployment,
            service: "shop".into(),
            commit: commit.into(),
            digest: Some(format!("sha256:d{deployment}")),
            from_ms,
            to_ms,
        };
        History::new(vec![release(1, "aaaaaaaaaa", 0, Some(200)), release(2, "bbbbbbbbbb", 100, None)])
    }

    #[test]
    fn a_name_is_a_number_a_commit_or_a_digest() {
        let releases = releases();
        let named = |word| releases.named(word).first().map(|release| release.deployment);
        assert_eq!(
            [named("1"), named("bbbbbbb"), named("sha256:d2"), named("d1")],
            [Some(1), Some(2), Some(2), Some(1)]
        );
        assert_eq!([named("3"), named("bbb"), named("")], [None, None, None]);
    }

    #[test]
    fn only_one_counts_only_while_it_is_alone() {
        let releases = releases();
        let at = |time| releases.only_at(time);
        assert_eq!([at(-1), at(0), at(99), at(100), at(199), at(200)], [None, Some(1), Some(1), None, None, Some(2)]);
    }
}
