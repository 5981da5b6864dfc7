//! Who brought a line, and who approved of it, as git tells it. Pure: whoever calls git may be a mirror or a working copy.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The format of `git log` that [`approved`] reads. The trailers are of the message's last paragraph.
pub const TRAILERS: &str = "--format=%H%x1f%(trailers:key=Approved-by,key=Reviewed-by,valueonly,unfold,separator=%x1f)";

/// What git gives for the commit of a line that is in none.
const NO_COMMIT: char = '0';

/// A line of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// That brought it; nothing if none did yet.
    pub commit: Option<String>,
    /// The address of the commit's author.
    pub author: String,
    /// The values of the commit's trailers `Approved-by` and `Reviewed-by`.
    pub approved_by: Vec<String>,
}

/// The lines of `git blame --line-porcelain`, from 1 on.
pub fn lines(told: &str) -> BTreeMap<u32, Line> {
    let mut lines = BTreeMap::new();
    let mut line = Line::default();
    let mut is_head = true;
    for text in told.lines() {
        if is_head {
            let commit = text.split(' ').next().unwrap_or_default();
            line.commit = commit.contains(|digit| digit != NO_COMMIT).then(|| commit.to_owned());
        } else if let Some(mail) = text.strip_prefix("author-mail ") {
            mail.trim_matches(['<', '>']).clone_into(&mut line.author);
        }
        is_head = text.starts_with('\t');
        if is_head {
            let number = u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1);
            lines.insert(number, std::mem::take(&mut line));
        }
    }
    lines
}

/// The commits whose messages are to be read.
pub fn commits(lines: &BTreeMap<u32, Line>) -> Vec<String> {
    let all: BTreeSet<&String> = lines.values().filter_map(|line| line.commit.as_ref()).collect();
    all.into_iter().cloned().collect()
}

/// Adds who approved, from what `git log` says of these commits in the format [`TRAILERS`].
pub fn approved(lines: &mut BTreeMap<u32, Line>, told: &str) {
    let parts = told.lines().map(|line| {
        let mut parts = line.split('\u{1f}').map(str::trim).filter(|part| !part.is_empty());
        (parts.next().unwrap_or_default(), parts.map(str::to_owned).collect::<Vec<_>>())
    });
    let by_commit: HashMap<&str, Vec<String>> = parts.collect();
    for line in lines.values_mut() {
        let found = line.commit.as_deref().and_then(|commit| by_commit.get(commit));
        line.approved_by = found.cloned().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_author_of_its_commit_and_who_approved_it() {
        let told = "aa 1 1 1\nauthor Ann\nauthor-mail <ann@x>\nfilename w\n\tauthor-mail <eve@x>\n\
                    bb 2 2 1\nauthor-mail <bob@x>\n\tsecond\n0000 3 3 1\nauthor-mail <not.committed.yet>\n\tthird\n";
        let mut lines = lines(told);
        assert_eq!(commits(&lines), ["aa", "bb"]);
        approved(&mut lines, "bb\u{1f}Cleo <cleo@x>\u{1f}dan\naa\u{1f}\n");
        let line = |commit: &str, author: &str, by: &[&str]| Line {
            commit: Some(commit.to_owned()),
            author: author.to_owned(),
            approved_by: by.iter().map(|by| (*by).to_owned()).collect(),
        };
        assert_eq!(lines[&1], line("aa", "ann@x", &[]));
        assert_eq!(lines[&2], line("bb", "bob@x", &["Cleo <cleo@x>", "dan"]));
        assert_eq!(lines[&3].commit, None);
    }
}
