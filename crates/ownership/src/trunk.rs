//! The port to the product's repositories, and products read through it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kernel::Problem;
use tokio::runtime::Handle;

use crate::model::Brought;
use crate::offline::{Commit, Entry, Source};

/// An answer about a repository.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, Problem>>;

/// A commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct At {
    pub repository: String,
    /// Full id.
    pub commit: String,
}

/// What ownership asks of the repositories.
pub trait Trunk: Debug + Send + Sync {
    /// The newest commit of each trunk that has one; the first is the product's own repository.
    fn newest(&self) -> Answer<'_, Vec<At>>;

    /// The files of a commit.
    fn files<'a>(&'a self, at: &'a At) -> Answer<'a, Vec<Entry>>;

    /// Texts by the ids of their files; what is no text is not among them.
    fn texts<'a>(&'a self, repository: &'a str, ids: Vec<String>) -> Answer<'a, HashMap<String, String>>;

    /// Who brought each line of a file, and who approved of it.
    fn brought<'a>(&'a self, at: &'a At, path: &'a str) -> Answer<'a, BTreeMap<u32, Brought>>;

    /// The newest `limit` commits since then, oldest first, and the one before them.
    fn since<'a>(&'a self, at: &'a At, since: Timestamp, limit: usize) -> Answer<'a, (Option<String>, Vec<Commit>)>;
}

/// A repository as a [`Source`], for a thread that may wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    trunk: Arc<dyn Trunk>,
    repository: String,
    runtime: Handle,
    texts: HashMap<String, String>,
}

impl Waiting {
    pub(crate) fn new(trunk: Arc<dyn Trunk>, repository: &str, runtime: Handle) -> Self {
        Self { trunk, repository: repository.to_owned(), runtime, texts: HashMap::new() }
    }

    fn at(&self, commit: Option<&str>) -> Result<At, Problem> {
        let commit = commit.ok_or_else(|| Problem::internal("a repository is read at a commit"))?;
        Ok(At { repository: self.repository.clone(), commit: commit.to_owned() })
    }
}

impl Source for Waiting {
    type Error = Problem;

    fn files(&mut self, commit: Option<&str>) -> Result<Vec<Entry>, Problem> {
        let at = self.at(commit)?;
        self.runtime.block_on(self.trunk.files(&at))
    }

    fn prepare(&mut self, entries: &[&Entry]) -> Result<(), Problem> {
        let mut ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        self.texts.clear();
        if !ids.is_empty() {
            self.texts = self.runtime.block_on(self.trunk.texts(&self.repository, ids))?;
        }
        Ok(())
    }

    fn text(&mut self, entry: &Entry) -> Result<Option<String>, Problem> {
        Ok(self.texts.get(&entry.id).cloned())
    }

    fn brought(&mut self, commit: Option<&str>, path: &str) -> Result<BTreeMap<u32, Brought>, Problem> {
        let at = self.at(commit)?;
        self.runtime.block_on(self.trunk.brought(&at, path))
    }
}
