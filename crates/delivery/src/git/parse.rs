//! Git's machine-readable answers, as values.

use jiff::Timestamp;

use crate::git::{Commit, FileStat};

/// `git log -z --format=…` with these fields.
pub(crate) const FORMAT: &str = "--format=%H%x00%P%x00%an%x00%ae%x00%ct%x00%s%x00%b";
const FIELDS: usize = 7;

pub(crate) fn commits(answer: &[u8]) -> Option<Vec<Commit>> {
    let mut fields: Vec<_> = answer.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    // `-z` ends or separates the commits by NUL, as the version of git likes it.
    if fields.len() % FIELDS == 1 {
        fields.pop();
    }
    fields.chunks(FIELDS).map(commit).collect()
}

fn commit(fields: &[std::borrow::Cow<'_, str>]) -> Option<Commit> {
    let [sha, parents, author, email, at, subject, body] = fields else { return None };
    Some(Commit {
        sha: sha.to_string(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author: author.to_string(),
        email: email.to_string(),
        subject: subject.to_string(),
        body: body.trim_end().to_owned(),
        at: Timestamp::from_second(at.parse().ok()?).ok()?,
    })
}

/// `git diff-tree --numstat -z --no-renames`.
pub(crate) fn numstat(answer: &[u8]) -> Option<Vec<FileStat>> {
    paths(answer)
        .map(|line| {
            let line = String::from_utf8_lossy(line);
            let mut parts = line.splitn(3, '\t');
            let (added, removed) = (parts.next()?, parts.next()?);
            Some(FileStat { path: parts.next()?.to_owned(), added: added.parse().ok(), removed: removed.parse().ok() })
        })
        .collect()
}

/// Entries that NUL ends.
pub(crate) fn paths(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    answer.split(|byte| *byte == 0).filter(|entry| !entry.is_empty())
}

/// `git ls-remote --symref … HEAD`: the branch that HEAD names.
pub(crate) fn symbolic_head(answer: &str) -> Option<String> {
    answer.lines().find_map(|line| {
        let name = line.strip_prefix("ref: refs/heads/")?;
        name.strip_suffix("\tHEAD").map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commits_with_and_without_a_last_separator() {
        let one = b"aa\0bb cc\0Ann\0a@x\x001700000000\0subject\0body\nmore\n";
        let two = b"bb\0\0Bob\0b@x\x001600000000\0first\0";
        let separated = [&one[..], b"\0", &two[..]].concat();
        let ended = [&separated[..], b"\0"].concat();
        for answer in [separated, ended] {
            let commits = commits(&answer).unwrap();
            assert_eq!(commits.len(), 2);
            assert_eq!((commits[0].parents.len(), commits[0].body.as_str()), (2, "body\nmore"));
            assert_eq!((commits[1].parents.len(), commits[1].subject.as_str()), (0, "first"));
        }
        assert_eq!(super::commits(b"").unwrap(), []);
    }

    #[test]
    fn a_binary_file_has_no_lines() {
        let stats = numstat(b"3\t1\ta b.txt\0-\t-\tlogo.png\0").unwrap();
        assert_eq!((stats[0].path.as_str(), stats[0].added, stats[0].removed), ("a b.txt", Some(3), Some(1)));
        assert_eq!((stats[1].path.as_str(), stats[1].added), ("logo.png", None));
    }

    #[test]
    fn the_branch_of_head_is_found() {
        assert_eq!(symbolic_head("ref: refs/heads/trunk/x\tHEAD\nabc\tHEAD\n"), Some("trunk/x".into()));
        assert_eq!(symbolic_head("abc\tHEAD\n"), None);
    }
}
