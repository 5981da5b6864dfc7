//! A real git trunk for the sample product, in a folder of the demo's own.
//!
//! The machine's git settings, hooks and signing keys have no say here, and no variable of a surrounding git call either.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::{Error, sample};

const NAME: &str = "Trunkline demo";
const MAIL: &str = "demo@trunkline.invalid";
const FIRST_MESSAGE: &str = "A small outdoor shop\n\nProducts, search, a basket and orders.\n";
/// Variables with which a surrounding git call would lead ours astray.
const LEADING_ASTRAY: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"];

/// Whether the sample product's Terraform is on trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Infrastructure {
    Declared,
    LeftOut,
}

impl Infrastructure {
    /// Declared where this machine has `terraform` or `tofu`; without them a change that declares it would be held.
    pub fn of_this_machine() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_there = |folder: PathBuf| ["terraform", "tofu"].iter().any(|program| folder.join(program).is_file());
        if std::env::split_paths(&path).any(is_there) { Self::Declared } else { Self::LeftOut }
    }
}

/// The repository and what was committed to it.
#[derive(Debug)]
pub struct Trunk {
    folder: PathBuf,
    infrastructure: Infrastructure,
    first: String,
    /// The commit that each patch became.
    commits: BTreeMap<String, String>,
}

impl Trunk {
    /// Makes the repository in `folder`, which is missing or empty, with the first commit.
    pub async fn prepare(folder: &Path, infrastructure: Infrastructure) -> Result<Self, Error> {
        if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::NotEmpty { path: folder.to_owned() });
        }
        write_base(folder, infrastructure)?;
        let mut trunk =
            Self { folder: folder.to_owned(), infrastructure, first: String::new(), commits: BTreeMap::new() };
        trunk.git(&["init", "--quiet", "--initial-branch=main"], "").await?;
        trunk.git(&["add", "--all"], "").await?;
        trunk.first = trunk.record(FIRST_MESSAGE).await?;
        Ok(trunk)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn infrastructure(&self) -> Infrastructure {
        self.infrastructure
    }

    /// The first commit.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Commits the patch called `name` and returns its commit.
    pub async fn commit(&mut self, name: &str) -> Result<String, Error> {
        let patch = sample::patch(name).ok_or_else(|| Error::NoPatch { name: name.into() })?;
        self.git(&["apply", "--index", "--whitespace=nowarn", "-"], &patch.diff).await?;
        let sha = self.record(&self.filled(&patch.message)).await?;
        self.commits.insert(name.into(), sha.clone());
        Ok(sha)
    }

    /// Reverts the commit that the patch called `name` became.
    pub async fn revert(&self, name: &str) -> Result<String, Error> {
        let sha = self.commits.get(name).ok_or_else(|| Error::NoPatch { name: name.into() })?;
        self.git(&["revert", "--no-edit", sha], "").await?;
        self.head().await
    }

    /// `{NAME}` becomes the commit of the patch NAME.
    fn filled(&self, message: &str) -> String {
        self.commits.iter().fold(message.to_owned(), |text, (name, sha)| text.replace(&format!("{{{name}}}"), sha))
    }

    async fn record(&self, message: &str) -> Result<String, Error> {
        self.git(&["commit", "--quiet", "--no-verify", "--file=-"], message).await?;
        self.head().await
    }

    async fn head(&self) -> Result<String, Error> {
        self.git(&["rev-parse", "HEAD"], "").await
    }

    async fn git(&self, arguments: &[&str], input: &str) -> Result<String, Error> {
        let mut git = self.command(arguments).spawn().map_err(Error::NoGit)?;
        if let Some(mut stdin) = git.stdin.take() {
            // When git does not read it, it says why; that is told below.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = git.wait_with_output().await.map_err(Error::NoGit)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::Git { operation: arguments.join(" "), said })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in LEADING_ASTRAY {
            command.env_remove(name);
        }
        command
            .args(["-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false"])
            .args(arguments)
            .current_dir(&self.folder)
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C")])
            .envs([("GIT_AUTHOR_NAME", NAME), ("GIT_AUTHOR_EMAIL", MAIL)])
            .envs([("GIT_COMMITTER_NAME", NAME), ("GIT_COMMITTER_EMAIL", MAIL)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

fn write_base(folder: &Path, infrastructure: Infrastructure) -> Result<(), Error> {
    for (path, content) in sample::base() {
        if infrastructure == Infrastructure::LeftOut && path.starts_with("infra/") {
            continue;
        }
        let content = match (infrastructure, path.as_str()) {
            (Infrastructure::LeftOut, "trunkline.yaml") => without_infrastructure(&content).into(),
            _ => content,
        };
        let file = folder.join(&path);
        let written =
            file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&file, content));
        written.map_err(|source| Error::Write { path: file, source })?;
    }
    Ok(())
}

fn without_infrastructure(yaml: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(yaml);
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("infrastructure:")).collect();
    format!("{}\n", kept.join("\n").trim_end()).into_bytes()
}
