//! Our own bare copy of a repository, from which everything is read.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::git::call::{self, Call};
use crate::git::{Commit, Error, FileStat, Worktree, local_path, parse};

/// Where a change's pipeline stands, relative to the repository.
const CONFIGURATION: &str = "trunkline.yaml";

/// A bare mirror. Cloning the value is cheap and gives another handle on the same folder.
#[derive(Debug, Clone)]
pub struct Mirror {
    folder: PathBuf,
    url: String,
}

/// How trunk moved since it was last looked at. Commits are listed oldest first, along the first parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrunkMove {
    Unchanged,
    Advanced {
        commits: Vec<Commit>,
    },
    /// A force-push: `dropped` were on trunk and are not any more.
    Rewritten {
        dropped: Vec<String>,
        commits: Vec<Commit>,
    },
}

impl Mirror {
    /// The mirror in `folder` of the repository at `url` (a path or an address), cloned when it is not there yet.
    pub async fn open(folder: &Path, url: &str) -> Result<Self, Error> {
        let mirror = Self { folder: folder.to_owned(), url: url.to_owned() };
        if !folder.join("HEAD").exists() {
            mirror.create().await?;
        }
        Ok(mirror)
    }

    /// The mirror in `folder`, which [`Mirror::open`] made before; nothing is asked.
    pub fn existing(folder: &Path, url: &str) -> Self {
        Self { folder: folder.to_owned(), url: url.to_owned() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    async fn create(&self) -> Result<(), Error> {
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(parent).await.map_err(Error::io("make the folder", parent))?;
        Call::anywhere("init")
            .args(["--quiet", "--bare", "--template=", "--initial-branch=trunkline-none", "--"])
            .arg(&self.folder)
            .output()
            .await?;
        Ok(())
    }

    /// The name of trunk: `configured`, else the origin's default branch, else `main`, else `master`.
    ///
    /// In a repository with files checked out, HEAD is where somebody works and no default; there, the default of *its*
    /// origin counts.
    pub async fn trunk(&self, configured: Option<&str>) -> Result<String, Error> {
        if let Some(branch) = configured {
            return Ok(branch.to_owned());
        }
        let default = match local_path(&self.url) {
            Some(path) if is_checked_out(&path) => origin_default(&path).await?,
            _ => self.ask_head().await?,
        };
        if let Some(branch) = default {
            return Ok(branch);
        }
        for branch in ["main", "master"] {
            if self.ask_branch(branch).await?.is_some() {
                return Ok(branch.to_owned());
            }
        }
        // A repository with one oddly named branch is followed on it; an empty one will get `main`.
        Ok(self.ask_head().await?.unwrap_or_else(|| "main".to_owned()))
    }

    async fn ask_head(&self) -> Result<Option<String>, Error> {
        let call = Call::anywhere("ls-remote").args(["--symref", "--", &self.url, "HEAD"]).within(call::ASK);
        Ok(parse::symbolic_head(&call.text().await?))
    }

    /// What the origin says that `branch` is; nothing is fetched.
    pub async fn ask_branch(&self, branch: &str) -> Result<Option<String>, Error> {
        let reference = format!("refs/heads/{branch}");
        let call = Call::anywhere("ls-remote").args(["--", &self.url, &reference]).within(call::ASK);
        Ok(call.text().await?.split_whitespace().next().map(str::to_owned))
    }

    /// Brings `branch` and the tags up to date, also when they were rewritten, and says what `branch` is now.
    /// `None`: it has no commit yet.
    pub async fn fetch(&self, branch: &str) -> Result<Option<String>, Error> {
        let heads = format!("+refs/heads/{branch}:refs/heads/{branch}");
        let call = Call::in_repository(&self.folder, "fetch").args([
            "--quiet",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-tags",
        ]);
        let answer = call.args(["--", &self.url, &heads]).within(call::TRANSFER).answer().await?;
        if answer.code == Some(0) {
            return self.head(branch).await;
        }
        let failure = answer.failure();
        match &failure {
            Error::Failed { why, .. } if why.contains("couldn't find remote ref") => self.gone(branch).await,
            _ => Err(failure),
        }
    }

    /// Fetches one commit of the origin that need not be on a branch.
    pub async fn fetch_commit(&self, sha: &str) -> Result<(), Error> {
        let call = Call::in_repository(&self.folder, "fetch").args([
            "--quiet",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-tags",
        ]);
        let refs = format!("+{sha}:refs/trunkline/{sha}");
        let answer = call.args(["--", &self.url, &refs]).within(call::TRANSFER).answer().await?;
        if answer.code == Some(0) { Ok(()) } else { Err(answer.failure()) }
    }

    /// The origin has no such branch: fine while it never had one.
    async fn gone(&self, branch: &str) -> Result<Option<String>, Error> {
        if self.head(branch).await?.is_none() {
            return Ok(None);
        }
        Err(Error::NoBranch { url: crate::git::without_credentials(&self.url), branch: branch.to_owned() })
    }

    /// The newest commit of `branch` as of the last fetch.
    pub async fn head(&self, branch: &str) -> Result<Option<String>, Error> {
        self.resolve(&format!("refs/heads/{branch}")).await
    }

    /// The full id of the commit that `revision` names.
    pub async fn resolve(&self, revision: &str) -> Result<Option<String>, Error> {
        let call = Call::in_repository(&self.folder, "rev-parse").args(["--quiet", "--verify", "--end-of-options"]);
        let answer = call.arg(format!("{revision}^{{commit}}")).answer().await?;
        match answer.code {
            Some(0) => Ok(Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())),
            Some(1 | 128) => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    /// Whether the commit is here.
    pub async fn contains(&self, sha: &str) -> Result<bool, Error> {
        Ok(self.resolve(sha).await?.is_some())
    }

    /// Whether `descendant` contains `ancestor` (a commit contains itself). Both must be here.
    pub async fn is_ancestor(&self, ancestor: &str, descendant: &str) -> Result<bool, Error> {
        let call = Call::in_repository(&self.folder, "merge-base").args(["--is-ancestor", ancestor, descendant]);
        let answer = call.answer().await?;
        match answer.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(answer.failure()),
        }
    }

    /// What happened to trunk between `from` (`None`: never looked) and `to`; at most the newest `limit` commits.
    pub async fn moved(&self, from: Option<&str>, to: &str, limit: usize) -> Result<TrunkMove, Error> {
        let Some(from) = from else {
            return Ok(TrunkMove::Advanced { commits: self.commits(None, to, limit).await? });
        };
        if from == to {
            return Ok(TrunkMove::Unchanged);
        }
        if !self.contains(from).await? {
            // The mirror was made anew after the rewrite.
            return Ok(TrunkMove::Rewritten {
                dropped: vec![from.to_owned()],
                commits: self.commits(None, to, limit).await?,
            });
        }
        let commits = self.commits(Some(from), to, limit).await?;
        if self.is_ancestor(from, to).await? {
            return Ok(TrunkMove::Advanced { commits });
        }
        let dropped = self.commits(Some(to), from, limit).await?.into_iter().map(|commit| commit.sha).collect();
        Ok(TrunkMove::Rewritten { dropped, commits })
    }

    /// The commits of `to` that `from` does not contain, along the first parents, oldest first; the newest `limit` of them.
    pub async fn commits(&self, from: Option<&str>, to: &str, limit: usize) -> Result<Vec<Commit>, Error> {
        let range = from.map_or_else(|| to.to_owned(), |from| format!("{from}..{to}"));
        let call = Call::in_repository(&self.folder, "log").args(["-z", "--first-parent", parse::FORMAT]);
        let answer =
            call.arg(format!("--max-count={limit}")).arg("--end-of-options").arg(range).arg("--").output().await?;
        let mut commits = parse::commits(&answer).ok_or_else(|| unreadable("log"))?;
        commits.reverse();
        Ok(commits)
    }

    /// One commit; `None` if it is not here.
    pub async fn commit(&self, revision: &str) -> Result<Option<Commit>, Error> {
        match self.resolve(revision).await? {
            Some(sha) => Ok(self.commits(None, &sha, 1).await?.pop()),
            None => Ok(None),
        }
    }

    /// The files that differ between the two commits; all files of `to` if there is no `from`.
    pub async fn changed_files(&self, from: Option<&str>, to: &str) -> Result<Vec<FileStat>, Error> {
        let answer = self.diff(from, to).arg("--numstat").output().await?;
        parse::numstat(&answer).ok_or_else(|| unreadable("diff-tree"))
    }

    /// The paths that were added or changed, not those removed.
    pub(crate) async fn written_files(&self, from: Option<&str>, to: &str) -> Result<Vec<PathBuf>, Error> {
        let answer = self.diff(from, to).args(["--name-only", "--diff-filter=AMT"]).output().await?;
        Ok(parse::paths(&answer).map(|path| PathBuf::from(OsString::from_vec(path.to_vec()))).collect())
    }

    /// The lines that were added to files that match the pattern.
    pub(crate) async fn added_lines(&self, from: Option<&str>, to: &str, pattern: &str) -> Result<Vec<String>, Error> {
        let call = self.diff(from, to).args([
            "-p",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--",
            pattern,
        ]);
        let answer = call.output().await?;
        let text = String::from_utf8_lossy(&answer);
        let added = text.lines().filter(|line| !line.starts_with("+++ ")).filter_map(|line| line.strip_prefix('+'));
        Ok(added.map(str::to_owned).collect())
    }

    pub(crate) fn diff(&self, from: Option<&str>, to: &str) -> Call {
        let call = Call::in_repository(&self.folder, "diff-tree").args(["-r", "-z", "--no-renames", "--no-commit-id"]);
        match from {
            // The trees, so that nothing of a merge is left out.
            Some(from) => call.arg(from).arg(to),
            None => call.arg("--root").arg(to),
        }
    }

    /// A file as it is in a commit; `None` if it is not there or no file.
    pub async fn file(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let answer =
            Call::in_repository(&self.folder, "cat-file").args(["blob", &format!("{commit}:{path}")]).answer().await?;
        match answer.code {
            Some(0) => Ok(Some(answer.stdout)),
            Some(1 | 128) => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    /// The text of `trunkline.yaml` in a commit.
    pub async fn configuration(&self, commit: &str) -> Result<Option<String>, Error> {
        Ok(self.file(commit, CONFIGURATION).await?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The files of `commit` in the new folder `folder`.
    ///
    /// It is a repository of its own that borrows the mirror's objects: what a command does to it with git stays there,
    /// and several can be made at once (`git worktree add` stumbles over its own kind).
    pub async fn worktree(&self, commit: &str, folder: &Path) -> Result<Worktree, Error> {
        let worktree = Worktree::new(folder.to_owned());
        let clone = Call::anywhere("clone").args(["--quiet", "--shared", "--no-checkout", "--template=", "--"]);
        clone.arg(&self.folder).arg(folder).within(call::TRANSFER).output().await?;
        let checkout = Call::in_worktree(folder, "checkout").args(["--quiet", "--detach", commit]);
        checkout.within(call::TRANSFER).output().await?;
        Ok(worktree)
    }

    /// Puts `paths` as they are in `commit` into a worktree of another commit, which no foreign code has touched yet.
    pub(crate) async fn overlay(&self, worktree: &Worktree, commit: &str, paths: &[PathBuf]) -> Result<(), Error> {
        let mut list = Vec::new();
        for path in paths {
            list.extend_from_slice(path.as_os_str().as_encoded_bytes());
            list.push(0);
        }
        let call = Call::in_worktree(worktree.folder(), "checkout").args([
            "--quiet",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
        ]);
        call.arg(commit).input(list).output().await?;
        Ok(())
    }

    /// Packs what piled up, if it is much. No commit is ever lost by it: what was deployed once stays here.
    pub async fn tidy(&self) -> Result<(), Error> {
        let call = Call::in_repository(&self.folder, "gc").args(["--auto", "--no-prune", "--quiet"]);
        call.within(call::TRANSFER).output().await?;
        Ok(())
    }
}

/// The address that a repository on this machine calls `origin`; `None` if it has none.
pub async fn origin_of(path: &Path) -> Result<Option<String>, Error> {
    let answer = Call::in_worktree(path, "config").args(["--get", "remote.origin.url"]).answer().await?;
    match answer.code {
        Some(0) => Ok(Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())),
        Some(1) => Ok(None),
        _ => Err(answer.failure()),
    }
}

fn is_checked_out(path: &Path) -> bool {
    path.join(".git").exists()
}

async fn origin_default(path: &Path) -> Result<Option<String>, Error> {
    let call = Call::in_worktree(path, "symbolic-ref").args(["--quiet", "refs/remotes/origin/HEAD"]);
    let answer = call.answer().await?;
    let text = String::from_utf8_lossy(&answer.stdout);
    Ok(text.trim().strip_prefix("refs/remotes/origin/").map(str::to_owned))
}

fn unreadable(what: &str) -> Error {
    Error::Unreadable { what: what.to_owned() }
}
