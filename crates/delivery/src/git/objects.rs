//! Whole commits as they are stored: which files there are, the text of each, who wrote a line, what came when.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::git::blame::{self, Line};
use crate::git::call::Call;
use crate::git::{Commit, Error, Mirror, parse};

/// Longer files are no text that people wrote.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// Git's answers are read so much at a time.
const BATCH_BYTES_MAX: u64 = 32 << 20;
const BATCH_MAX: usize = 20_000;

/// A file of a commit, and which content it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// From the top of the repository.
    pub path: String,
    pub id: String,
}

impl Mirror {
    /// The files of a commit, by path; links and paths that are no UTF-8 are none.
    pub async fn blobs(&self, commit: &str) -> Result<Vec<Blob>, Error> {
        let call = Call::in_repository(self.folder(), "ls-tree").args(["-r", "-z", "--full-tree", "--end-of-options"]);
        let listed = call.arg(commit).output().await?;
        Ok(listed.split(|byte| *byte == 0).filter_map(blob).collect())
    }

    /// The texts of blobs, by id; what is no text, or too long for one, is not among them.
    pub async fn texts_of(&self, ids: &[String]) -> Result<HashMap<String, String>, Error> {
        let mut texts = HashMap::new();
        for batch in batches(self.sizes(ids).await?) {
            let answer = Call::in_repository(self.folder(), "cat-file")
                .arg("--batch")
                .input(batch.concat().into_bytes())
                .output()
                .await?;
            read_texts(&answer, &mut texts).ok_or_else(|| Error::Unreadable { what: "cat-file".into() })?;
        }
        Ok(texts)
    }

    async fn sizes(&self, ids: &[String]) -> Result<Vec<(String, u64)>, Error> {
        let mut sizes = Vec::new();
        for ids in ids.chunks(BATCH_MAX) {
            let input: String = ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
            let call = Call::in_repository(self.folder(), "cat-file").arg("--batch-check=%(objectname) %(objectsize)");
            let answer = call.input(input.into_bytes()).output().await?;
            let answer = String::from_utf8_lossy(&answer);
            let lines = answer.lines().filter_map(|line| line.split_once(' '));
            sizes.extend(lines.filter_map(|(id, size)| Some((id.to_owned(), size.parse().ok()?))));
        }
        Ok(sizes)
    }

    /// Who brought each line of a file, from line 1, and who approved of it; none for a file that is not there.
    pub async fn lines(&self, commit: &str, path: &str) -> Result<BTreeMap<u32, Line>, Error> {
        let call = Call::in_repository(self.folder(), "blame").args(["--line-porcelain", commit, "--", path]);
        let answer = call.answer().await?;
        let mut lines = match answer.code {
            Some(0) => blame::lines(&String::from_utf8_lossy(&answer.stdout)),
            Some(1 | 128) => return Ok(BTreeMap::new()),
            _ => return Err(answer.failure()),
        };
        let commits = blame::commits(&lines);
        if commits.is_empty() {
            return Ok(lines);
        }
        let call = Call::in_repository(self.folder(), "log").args(["--no-walk=unsorted", blame::TRAILERS, "--stdin"]);
        let told = call.input(commits.join("\n").into_bytes()).output().await?;
        blame::approved(&mut lines, &String::from_utf8_lossy(&told));
        Ok(lines)
    }

    /// The newest `limit` commits of a commit's history since then, along the first parents, oldest first.
    pub async fn since(&self, commit: &str, since: Timestamp, limit: usize) -> Result<Vec<Commit>, Error> {
        let call = Call::in_repository(self.folder(), "log").args(["-z", "--first-parent", parse::FORMAT]);
        let call = call.arg(format!("--max-count={limit}")).arg(format!("--since={since}"));
        let answer = call.args(["--end-of-options", commit, "--"]).output().await?;
        let mut commits = parse::commits(&answer).ok_or_else(|| Error::Unreadable { what: "log".into() })?;
        commits.reverse();
        Ok(commits)
    }
}

/// `<mode> blob <id>\t<path>`
fn blob(line: &[u8]) -> Option<Blob> {
    let line = std::str::from_utf8(line).ok()?;
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, _kind, id) = (words.next()?, words.next()?, words.next()?);
    mode.starts_with("100").then(|| Blob { path: path.to_owned(), id: id.to_owned() })
}

/// Questions for git, as many at a time as its answer stays within bounds.
fn batches(sizes: Vec<(String, u64)>) -> Vec<Vec<String>> {
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for (id, size) in sizes.into_iter().filter(|(_, size)| *size <= TEXT_BYTES_MAX) {
        if bytes + size > BATCH_BYTES_MAX || batch.len() >= BATCH_MAX {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(format!("{id}\n"));
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// `<id> blob <size>\n<bytes>\n`, again and again.
fn read_texts(mut answer: &[u8], texts: &mut HashMap<String, String>) -> Option<()> {
    while !answer.is_empty() {
        let end = answer.iter().position(|byte| *byte == b'\n')?;
        let mut head = std::str::from_utf8(&answer[..end]).ok()?.split(' ');
        let (id, _kind, size) = (head.next()?, head.next()?, head.next()?.parse::<usize>().ok()?);
        let bytes = answer.get(end + 1..end + 1 + size)?;
        if let Ok(text) = std::str::from_utf8(bytes) {
            texts.insert(id.to_owned(), text.to_owned());
        }
        answer = answer.get(end + 1 + size + 1..)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_blobs_and_no_links() {
        let blob = blob(b"100644 blob aa\tsrc/a b.js").unwrap();
        assert_eq!((blob.path.as_str(), blob.id.as_str()), ("src/a b.js", "aa"));
        assert_eq!(super::blob(b"120000 blob bb\tlink"), None);
        assert_eq!(super::blob(b"160000 commit cc\tmodule"), None);
    }

    #[test]
    fn what_is_no_text_is_left_out_and_stops_no_other() {
        let mut texts = HashMap::new();
        read_texts(b"aa blob 2\na\n\nbb blob 1\n\xff\ncc blob 0\n\n", &mut texts).unwrap();
        assert_eq!(texts, HashMap::from([("aa".into(), "a\n".into()), ("cc".into(), String::new())]));
        assert_eq!(read_texts(b"aa blob 9\nshort\n", &mut texts), None);
    }

    #[test]
    fn an_answer_stays_within_bounds() {
        let sizes = vec![("a".into(), 30 << 20), ("b".into(), 1), ("c".into(), 3 << 20), ("d".into(), 3 << 20)];
        assert_eq!(batches(sizes), [vec!["b\n", "c\n", "d\n"]]);
        let many = (0..12).map(|n| (n.to_string(), TEXT_BYTES_MAX)).collect();
        assert_eq!(batches(many).iter().map(Vec::len).collect::<Vec<_>>(), [8, 4]);
    }
}
