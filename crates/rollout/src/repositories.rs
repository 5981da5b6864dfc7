//! The repositories that delivery watches, as ownership asks for them.

use std::collections::{BTreeMap, HashMap};

use delivery::Delivery;
use delivery::git::blame::Line;
use delivery::git::{self, Mirror};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use kernel::Problem;
use ownership::model::Brought;
use ownership::offline::{Commit, Entry};
use ownership::{Answer, At, Trunk};

/// Reads delivery's mirrors.
#[derive(Debug, Clone)]
pub struct Repositories(pub Delivery);

impl Repositories {
    fn mirror(&self, repository: &str) -> Mirror {
        self.0.mirror(repository)
    }
}

impl Trunk for Repositories {
    fn newest(&self) -> Answer<'_, Vec<At>> {
        async {
            let heads = self.0.heads().await.map_err(Problem::from)?;
            Ok(heads.into_iter().map(|(repository, commit)| At { repository, commit }).collect())
        }
        .boxed()
    }

    fn files<'a>(&'a self, at: &'a At) -> Answer<'a, Vec<Entry>> {
        async {
            let blobs = self.mirror(&at.repository).blobs(&at.commit).await.map_err(unreadable)?;
            Ok(blobs.into_iter().map(|blob| Entry { path: blob.path, id: blob.id }).collect())
        }
        .boxed()
    }

    fn texts<'a>(&'a self, repository: &'a str, ids: Vec<String>) -> Answer<'a, HashMap<String, String>> {
        async move { self.mirror(repository).texts_of(&ids).await.map_err(unreadable) }.boxed()
    }

    fn brought<'a>(&'a self, at: &'a At, path: &'a str) -> Answer<'a, BTreeMap<u32, Brought>> {
        async {
            let lines = self.mirror(&at.repository).lines(&at.commit, path).await.map_err(unreadable)?;
            let brought = |line: Line| Brought { author: line.author, approved_by: line.approved_by };
            Ok(lines.into_iter().map(|(number, line)| (number, brought(line))).collect())
        }
        .boxed()
    }

    fn since<'a>(&'a self, at: &'a At, since: Timestamp, limit: usize) -> Answer<'a, (Option<String>, Vec<Commit>)> {
        async move {
            let commits = self.mirror(&at.repository).since(&at.commit, since, limit).await.map_err(unreadable)?;
            let base = commits.first().and_then(|first| first.parents.first().cloned());
            let commit = |commit: git::Commit| Commit { commit: commit.sha, at: commit.at, subject: commit.subject };
            Ok((base, commits.into_iter().map(commit).collect()))
        }
        .boxed()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what a failure is mapped with")]
fn unreadable(error: git::Error) -> Problem {
    Problem::unavailable(format!("the repository cannot be read: {}", kernel::chain(&error))).hint("it is tried again")
}
