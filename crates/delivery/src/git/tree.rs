//! What stands in the files of a commit: texts below folders, places of words, lines that a change touches.

use std::collections::BTreeSet;

use crate::git::call::Call;
use crate::git::{Error, Mirror};

/// More files, or larger ones, are no definitions.
const FILES_MAX: usize = 5_000;
const BYTES_MAX: u64 = 32 << 20;
/// Of one file.
const PLACES_MAX: usize = 100;
/// Of all.
const PLACES_KEPT_MAX: usize = 20_000;

/// A place in a file that names a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    pub word: String,
    pub path: String,
    /// From 1.
    pub line: u32,
}

struct Entry {
    id: String,
    size: u64,
    path: String,
}

impl Mirror {
    /// The text files of a commit below `folders` (`flags/`), by path. What is no UTF-8 comes with its mistakes replaced.
    pub(crate) async fn texts(&self, commit: &str, folders: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let call = Call::in_repository(self.folder(), "ls-tree").args(["-r", "-z", "-l", "--full-tree", commit, "--"]);
        let listed = call.args(folders).output().await?;
        let entries: Vec<_> = listed.split(|b| *b == 0).filter_map(entry).collect();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        if entries.len() > FILES_MAX || entries.iter().map(|entry| entry.size).sum::<u64>() > BYTES_MAX {
            return Err(Error::TooMany { folders: folders.join(", "), files_max: FILES_MAX, bytes_max: BYTES_MAX });
        }
        let ids: String = entries.iter().flat_map(|entry| [entry.id.as_str(), "\n"]).collect();
        let answer =
            Call::in_repository(self.folder(), "cat-file").arg("--batch").input(ids.into_bytes()).output().await?;
        let texts = blobs(&answer).ok_or_else(|| Error::Unreadable { what: "cat-file".into() })?;
        Ok(entries.into_iter().map(|entry| entry.path).zip(texts).collect())
    }

    /// Where the text files of a commit, but for those below `left_out`, name one of `words`; by word and place.
    pub(crate) async fn mentions(
        &self,
        commit: &str,
        words: &[String],
        left_out: &[&str],
    ) -> Result<Vec<Mention>, Error> {
        let patterns = words.iter().map(|word| pattern(word)).collect::<Vec<_>>().join("\n");
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let call =
            Call::in_repository(self.folder(), "grep").args(["-I", "-n", "-o", "-z", "-E", "--no-color", "-f", "-"]);
        let excluded = left_out.iter().map(|folder| format!(":(exclude,top){folder}"));
        let call = call.arg(format!("--max-count={PLACES_MAX}")).arg(commit).arg("--").arg(":/").args(excluded);
        let answer = call.input(patterns.into_bytes()).answer().await?;
        match answer.code {
            Some(0) => Ok(mentions(&String::from_utf8_lossy(&answer.stdout), commit, words)),
            Some(1) => Ok(Vec::new()),
            _ => Err(answer.failure()),
        }
    }

    /// Which of `words` stand in lines that were added or removed between two commits, but for files below `left_out`.
    pub(crate) async fn words_in_changes(
        &self,
        from: Option<&str>,
        to: &str,
        words: &[String],
        left_out: &[&str],
    ) -> Result<BTreeSet<String>, Error> {
        let call =
            self.diff(from, to).args(["-p", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--"]);
        let excluded = left_out.iter().map(|folder| format!(":(exclude,top){folder}"));
        let answer = call.arg(":/").args(excluded).output().await?;
        let text = String::from_utf8_lossy(&answer);
        let is_head = |line: &&str| line.starts_with("+++ ") || line.starts_with("--- ");
        let changed = text.lines().filter(|line| line.starts_with(['+', '-']) && !is_head(line));
        let mut left: Vec<_> = words.iter().collect();
        let mut found = BTreeSet::new();
        for line in changed {
            left.retain(|word| {
                let is_there = names(&line[1..], word);
                if is_there {
                    found.insert((*word).clone());
                }
                !is_there
            });
        }
        Ok(found)
    }
}

/// `<mode> blob <id> <size>\t<path>`; nothing else than files.
fn entry(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line).ok()?;
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let mode = words.next()?;
    let is_file = mode.starts_with("100") && words.next()? == "blob";
    is_file.then_some(())?;
    Some(Entry { id: words.next()?.to_owned(), size: words.next()?.parse().ok()?, path: path.to_owned() })
}

/// `<id> blob <size>\n<bytes>\n`, again and again.
fn blobs(mut answer: &[u8]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    while !answer.is_empty() {
        let end = answer.iter().position(|b| *b == b'\n')?;
        let head = std::str::from_utf8(&answer[..end]).ok()?;
        let size: usize = head.rsplit(' ').next()?.parse().ok()?;
        let bytes = answer.get(end + 1..end + 1 + size)?;
        texts.push(String::from_utf8_lossy(bytes).into_owned());
        answer = answer.get(end + 1 + size + 1..)?;
    }
    Some(texts)
}

const fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The word with something around it that belongs to no word.
fn pattern(word: &str) -> String {
    let escaped: String =
        word.chars().map(|c| if is_inner(c) || !c.is_ascii() { c.to_string() } else { format!("[{c}]") }).collect();
    format!("(^|[^A-Za-z0-9_-]){escaped}($|[^A-Za-z0-9_-])")
}

/// Whether a line names a word as a whole.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_inner) && !after.is_some_and(is_inner)
    })
}

/// `<commit>:<path>\0<line>\0<what matched>`, one a line.
fn mentions(answer: &str, commit: &str, words: &[String]) -> Vec<Mention> {
    let mut all = BTreeSet::new();
    for line in answer.lines() {
        let mut parts = line.strip_prefix(commit).and_then(|rest| rest.strip_prefix(':')).unwrap_or("").split('\0');
        let (Some(path), Some(Ok(number)), Some(matched)) = (parts.next(), parts.next().map(str::parse), parts.next())
        else {
            continue;
        };
        for word in words.iter().filter(|word| names(matched, word)) {
            all.insert(Mention { word: word.clone(), path: path.to_owned(), line: number });
        }
        if all.len() >= PLACES_KEPT_MAX {
            break;
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_part_of_another() {
        for line in ["flag('gift')", "gift", "flags.gift = 1", "gift: on"] {
            assert!(names(line, "gift"), "{line}");
        }
        for line in ["gift-wrap", "gifts", "a_gift", "regift"] {
            assert!(!names(line, "gift"), "{line}");
        }
        assert!(names("gift-wrap or gift", "gift"), "the second one is");
    }

    #[test]
    fn every_sign_in_a_word_means_itself() {
        assert_eq!(pattern("a.b"), "(^|[^A-Za-z0-9_-])a[.]b($|[^A-Za-z0-9_-])");
    }

    #[test]
    fn blobs_are_cut_by_their_sizes() {
        assert_eq!(blobs(b"aa blob 4\na\nb\n\nbb blob 0\n\n").unwrap(), ["a\nb\n", ""]);
        assert_eq!(blobs(b"aa missing\n"), None);
        assert_eq!(blobs(b"aa blob 9\nshort\n"), None);
    }
}
