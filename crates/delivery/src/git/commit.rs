//! A commit and what its message says about other commits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One commit of trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub sha: String,
    /// The first is the one before it on trunk.
    pub parents: Vec<String>,
    pub author: String,
    pub email: String,
    pub subject: String,
    /// The message without its subject.
    pub body: String,
    /// When it was committed, as its committer's clock said.
    pub at: Timestamp,
}

/// One file that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStat {
    /// Relative to the repository. Bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Lines; `None` for a binary file.
    pub added: Option<u64>,
    /// Lines; `None` for a binary file.
    pub removed: Option<u64>,
}

const SHA_LENGTH_MIN: usize = 7;
const SHA_LENGTH_MAX: usize = 64;

impl Commit {
    /// The commits that it says it mends: lines `Fixes: <sha>`, as written (at least 7 characters each), in lower case.
    /// `Fixes: #12` names an issue and is none.
    pub fn fixes(&self) -> Vec<String> {
        let values = self.body.lines().filter_map(|line| {
            let (key, value) = line.trim().split_once(':')?;
            key.eq_ignore_ascii_case("fixes").then_some(value)
        });
        // `Fixes: 54a4f0239f2e ("KVM: MMU")` names one commit, `Fixes: a, b` two.
        unique(values.flat_map(|value| value.split(',').filter_map(|part| sha(part.split_whitespace().next()?))))
    }

    /// The commits that it undoes: `This reverts commit <sha>`, as `git revert` writes it, wrapped or not.
    pub fn reverts(&self) -> Vec<String> {
        let words: Vec<_> = self.body.split_whitespace().collect();
        unique(words.windows(4).filter_map(|four| match four {
            [this, reverts, commit, id]
                if this.eq_ignore_ascii_case("this") && *reverts == "reverts" && *commit == "commit" =>
            {
                sha(id)
            }
            _ => None,
        }))
    }
}

fn sha(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_sha = (SHA_LENGTH_MIN..=SHA_LENGTH_MAX).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit());
    is_sha.then(|| word.to_ascii_lowercase())
}

fn unique(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_body(body: &str) -> Commit {
        Commit {
            sha: "0".repeat(40),
            parents: vec![],
            author: "Ann".into(),
            email: "ann@example.org".into(),
            subject: "mend".into(),
            body: body.into(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn several_fixes_are_read_and_issues_are_not() {
        let commit = with_body(
            "Because.\n\nFixes: 54A4F0239f2e (\"KVM: MMU\")\nfixes: abcdef0, 1234567\nFixes: #12\nFixes: abc\n",
        );
        assert_eq!(commit.fixes(), ["54a4f0239f2e", "abcdef0", "1234567"]);
    }

    #[test]
    fn a_revert_is_read_wrapped_or_not() {
        let one = with_body("This reverts commit 54a4f0239f2e54a4f0239f2e54a4f0239f2e54a4.");
        assert_eq!(one.reverts(), ["54a4f0239f2e54a4f0239f2e54a4f0239f2e54a4"]);
        let merge = with_body("This reverts commit\nabcdef01, reversing\nchanges made to 12345678.");
        assert_eq!(merge.reverts(), ["abcdef01"]);
        assert!(with_body("This reverts commit messages to plain text").reverts().is_empty());
    }
}
