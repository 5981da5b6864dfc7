//! The files of the repository that we stand in: of the folder as it is, and of its commits.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use anyhow::{Context as _, bail};
use delivery::git::blame::{self, Line};
use jiff::Timestamp;
use kernel::Problem;
use ownership::model::Brought;
use ownership::offline::{Commit, Entry, Source};

use crate::out::short;

/// Longer files are no text that people wrote.
const TEXT_BYTES_MAX: u64 = 4 << 20;
/// The newest commits of a history; older ones are left out.
const COMMITS_MAX: &str = "--max-count=5000";
/// Where no git says what belongs to the product.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", "target"];
/// The id of a file as it lies in the folder.
const HERE: &str = "here";

/// A folder, with its history if git keeps one.
#[derive(Debug)]
pub(in crate::cli) struct Repository {
    top: PathBuf,
    is_git: bool,
    blobs: Option<Blobs>,
}

impl Repository {
    /// The repository that we stand in, else the folder.
    pub(in crate::cli) fn here() -> anyhow::Result<Self> {
        Ok(Self::around(std::env::current_dir().context("the current folder is not there")?))
    }

    fn around(folder: PathBuf) -> Self {
        let mut repository = Self { top: folder, is_git: false, blobs: None };
        let found = repository.git(&["rev-parse", "--show-toplevel"]).ok().filter(|output| output.status.success());
        if let Some(output) = found {
            repository.top = PathBuf::from(text(&output));
            repository.is_git = true;
        }
        repository
    }

    pub(in crate::cli) fn top(&self) -> &Path {
        &self.top
    }

    /// The id of a revision.
    pub(in crate::cli) fn commit(&self, revision: &str) -> anyhow::Result<String> {
        if !self.is_git {
            let problem = Problem::invalid(format!("{} is no git repository", self.top.display()));
            return Err(problem.hint("stand in the product's repository").into());
        }
        self.revision(revision).ok_or_else(|| {
            let problem = Problem::not_found(format!("{revision} is no commit of {}", self.top.display()));
            problem.hint("`git log` shows those that are there").into()
        })
    }

    /// The commit before, on trunk's side of a merge; none before the first.
    pub(in crate::cli) fn parent(&self, commit: &str) -> anyhow::Result<Option<String>> {
        let parent = self.revision(&format!("{commit}^1"));
        if parent.is_none() && text(&self.git(&["rev-parse", "--is-shallow-repository"])?) == "true" {
            let problem = Problem::invalid(format!("what is before {} is not in this clone", short(commit)));
            return Err(problem
                .hint("`git fetch --unshallow` brings it; what the commit brought is not known without")
                .into());
        }
        Ok(parent)
    }

    /// The commits of trunk since then, oldest first, and the one before them.
    pub(in crate::cli) fn since(&self, since: Timestamp) -> anyhow::Result<(Option<String>, Vec<Commit>)> {
        self.commit("HEAD")?;
        let since = format!("--since={since}");
        let format = "--format=%H%x1f%cI%x1f%s";
        let log = self.git(&["log", "--first-parent", "--reverse", COMMITS_MAX, &since, format, "HEAD"])?;
        let log = succeeded(&log)?;
        let commits = log.lines().map(commit_of).collect::<anyhow::Result<Vec<_>>>()?;
        let base = commits.first().map(|first| self.parent(&first.commit)).transpose()?.flatten();
        Ok((base, commits))
    }

    /// What git is told that we are called; none if nothing.
    pub(in crate::cli) fn author(&self) -> Option<String> {
        ["user.email", "user.name"].into_iter().find_map(|key| {
            let output = self.git(&["config", "--get", key]).ok().filter(|output| output.status.success())?;
            Some(text(&output)).filter(|name| !name.is_empty())
        })
    }

    fn revision(&self, revision: &str) -> Option<String> {
        let revision = format!("{revision}^{{commit}}");
        let output = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &revision]).ok()?;
        output.status.success().then(|| text(&output))
    }

    fn git(&self, args: &[&str]) -> anyhow::Result<Output> {
        self.command().args(args).stdin(Stdio::null()).output().context("git cannot be started")
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.top).args([
            "--no-pager",
            "-c",
            "core.quotePath=false",
            "-c",
            "core.fsmonitor=false",
        ]);
        command.env("LC_ALL", "C.UTF-8").env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    /// Files that git knows or would take. Links are not followed: what they lead to is owned where it lies.
    fn in_folder(&self) -> anyhow::Result<Vec<Entry>> {
        let mut paths: Vec<String> = if self.is_git {
            let output = self.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
            succeeded(&output)?.split_terminator('\0').map(str::to_owned).collect()
        } else {
            walked(&self.top)
        };
        // A path in conflict is there more than once.
        paths.sort();
        paths.dedup();
        let is_file = |path: &String| self.top.join(path).symlink_metadata().is_ok_and(|found| found.is_file());
        Ok(paths.into_iter().filter(is_file).map(|path| Entry { path, id: HERE.to_owned() }).collect())
    }

    fn in_commit(&self, commit: &str) -> anyhow::Result<Vec<Entry>> {
        let output = self.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let listed = succeeded(&output)?;
        let entry = |line: &str| {
            let (about, path) = line.split_once('\t')?;
            let mut about = about.split(' ');
            let (mode, _, id) = (about.next()?, about.next(), about.next()?);
            mode.starts_with("100").then(|| Entry { path: path.to_owned(), id: id.to_owned() })
        };
        Ok(listed.split_terminator('\0').filter_map(entry).collect())
    }
}

impl Source for Repository {
    type Error = anyhow::Error;

    fn files(&mut self, commit: Option<&str>) -> anyhow::Result<Vec<Entry>> {
        match commit {
            Some(commit) => self.in_commit(commit),
            None => self.in_folder(),
        }
    }

    fn text(&mut self, entry: &Entry) -> anyhow::Result<Option<String>> {
        if entry.id == HERE {
            let path = self.top.join(&entry.path);
            let file = std::fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut bytes = Vec::new();
            let read = file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes);
            read.with_context(|| format!("cannot read {}", path.display()))?;
            let is_whole = bytes.len() as u64 <= TEXT_BYTES_MAX;
            return Ok(String::from_utf8(bytes).ok().filter(|_| is_whole));
        }
        if self.blobs.is_none() {
            self.blobs = Some(Blobs::start(self.command())?);
        }
        let blobs = self.blobs.as_mut().context("git answers no more")?;
        blobs.text(&entry.id).with_context(|| format!("cannot read {}", entry.path))
    }

    fn brought(&mut self, commit: Option<&str>, path: &str) -> anyhow::Result<BTreeMap<u32, Brought>> {
        let here = self.author();
        let mut args = vec!["blame", "--line-porcelain"];
        args.extend(commit);
        args.extend(["--", path]);
        let output = self.git(&args)?;
        if output.status.success() {
            let mut lines = blame::lines(&String::from_utf8_lossy(&output.stdout));
            let commits = blame::commits(&lines);
            if !commits.is_empty() {
                let mut args = vec!["log", "--no-walk=unsorted", blame::TRAILERS];
                args.extend(commits.iter().map(String::as_str));
                blame::approved(&mut lines, &succeeded(&self.git(&args)?)?);
            }
            return Ok(lines
                .into_iter()
                .filter_map(|(at, line)| Some((at, brought(line, here.as_deref())?)))
                .collect());
        }
        // A file that git does not know yet is ours; without git nobody knows.
        let Some(here) = here.filter(|_| self.is_git && commit.is_none()) else { return Ok(BTreeMap::new()) };
        let text = std::fs::read_to_string(self.top.join(path)).unwrap_or_default();
        let ours = || Brought { author: here.clone(), approved_by: vec![] };
        Ok((1..).zip(text.lines()).map(|(number, _)| (number, ours())).collect())
    }
}

/// What no commit has yet is `here`'s.
fn brought(line: Line, here: Option<&str>) -> Option<Brought> {
    let author = if line.commit.is_some() { Some(line.author) } else { here.map(str::to_owned) };
    let author = author.filter(|author| !author.is_empty())?;
    Some(Brought { author, approved_by: line.approved_by })
}

fn walked(top: &Path) -> Vec<String> {
    let is_left_out = |name: &std::ffi::OsStr| LEFT_OUT.iter().any(|left_out| name == *left_out);
    let entries = walkdir::WalkDir::new(top).into_iter().filter_entry(|entry| !is_left_out(entry.file_name()));
    let path = |entry: walkdir::DirEntry| Some(entry.path().strip_prefix(top).ok()?.to_str()?.to_owned());
    entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file()).filter_map(path).collect()
}

fn commit_of(line: &str) -> anyhow::Result<Commit> {
    let mut parts = line.splitn(3, '\u{1f}');
    let (Some(commit), Some(at), Some(subject)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("git log says {line:?}");
    };
    let at = at.parse().with_context(|| format!("git log says {at:?} for a time"))?;
    Ok(Commit { commit: commit.to_owned(), at, subject: subject.to_owned() })
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn succeeded(output: &Output) -> anyhow::Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim())
}

/// One git that gives the text of blobs, as long as it is asked.
#[derive(Debug)]
struct Blobs {
    git: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    fn start(mut command: Command) -> anyhow::Result<Self> {
        let command = command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut git = command.stderr(Stdio::null()).spawn().context("git cannot be started")?;
        let questions = git.stdin.take();
        let answers = git.stdout.take().context("git has no output")?;
        Ok(Self { git, questions, answers: BufReader::new(answers) })
    }

    /// The text; none if it is none, or too long.
    fn text(&mut self, id: &str) -> anyhow::Result<Option<String>> {
        let questions = self.questions.as_mut().context("git has no input")?;
        writeln!(questions, "{id}")?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size = head.trim().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.with_context(|| format!("git cat-file says {:?}", head.trim()))?;
        let mut bytes = Vec::new();
        let mut answer = self.answers.by_ref().take(size + 1);
        if size > TEXT_BYTES_MAX {
            std::io::copy(&mut answer, &mut std::io::sink())?;
            return Ok(None);
        }
        answer.read_to_end(&mut bytes)?;
        bytes.pop();
        Ok(String::from_utf8(bytes).ok())
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // Without questions it ends by itself.
        self.questions = None;
        let _ = self.git.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn run(folder: &Path, args: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]).args(args);
        assert!(git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap().status.success(), "{args:?}");
    }

    fn paths(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn files_are_those_of_the_folder_or_of_a_commit() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        run(folder.path(), &["init", "-q"]);
        fs::create_dir(at("inner")).unwrap();
        fs::write(at("inner/ä b.js"), "first").unwrap();
        fs::write(at(".gitignore"), "left-out\n").unwrap();
        std::os::unix::fs::symlink("inner", at("link")).unwrap();
        run(folder.path(), &["add", "-A"]);
        run(
            folder.path(),
            &["commit", "-q", "-m", "one: a | b", "-m", "Approved-by: Bob <bob@example.com>\nReviewed-by: cleo"],
        );
        fs::write(at("inner/ä b.js"), "second").unwrap();
        fs::write(at("left-out"), "").unwrap();
        fs::write(at("new"), [0xff]).unwrap();

        let mut repository = Repository::around(at("inner"));
        let here = repository.files(None).unwrap();
        assert_eq!(paths(&here), [".gitignore", "inner/ä b.js", "new"]);
        assert_eq!(repository.text(&here[1]).unwrap().as_deref(), Some("second"));
        assert_eq!(repository.text(&here[2]).unwrap(), None, "it is no text");
        let head = repository.commit("HEAD").unwrap();
        let then = repository.files(Some(&head)).unwrap();
        assert_eq!(paths(&then), [".gitignore", "inner/ä b.js"]);
        for _ in 0..2 {
            assert_eq!(repository.text(&then[1]).unwrap().as_deref(), Some("first"));
            assert_eq!(repository.text(&then[0]).unwrap().as_deref(), Some("left-out\n"));
        }
        assert_eq!(repository.parent(&head).unwrap(), None);
        let (base, commits) = repository.since(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((base, commits.len(), commits[0].subject.as_str()), (None, 1, "one: a | b"));
        let brought = repository.brought(Some(&head), ".gitignore").unwrap();
        let approved_by = ["Bob <bob@example.com>", "cleo"].map(str::to_owned).to_vec();
        assert_eq!(brought[&1], Brought { author: "ann@example.com".into(), approved_by });
        assert!(repository.commit("nothing").is_err());
    }

    #[test]
    fn without_git_all_files_are_the_products() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["src", "node_modules"] {
            fs::create_dir(folder.path().join(path)).unwrap();
            fs::write(folder.path().join(path).join("a.js"), "").unwrap();
        }
        let mut repository = Repository { top: folder.path().to_owned(), is_git: false, blobs: None };
        assert_eq!(paths(&repository.files(None).unwrap()), ["src/a.js"]);
        assert!(repository.commit("HEAD").is_err());
    }
}
