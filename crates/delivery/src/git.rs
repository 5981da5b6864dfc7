//! Git: the mirror of a repository, what its trunk says, worktrees, and whether it may have moved.
//!
//! Everything goes through the machine's `git` binary, each call with a time limit and an environment of its own.
//!
//! Invariants: the mirror is bare and belongs to us, so its configuration and hooks are ours; no git command is ever run
//! *inside* a worktree after foreign code ran there (that code could have put a configuration in its place).

pub mod blame;
mod call;
mod commit;
mod mirror;
mod objects;
mod parse;
mod revert;
mod scratch;
mod tree;
mod watch;
mod worktree;

pub use commit::{Commit, FileStat};
pub use mirror::{Mirror, TrunkMove, origin_of};
pub use objects::Blob;
pub use tree::Mention;
pub use watch::{Signal, Watch};
pub use worktree::Worktree;

pub(crate) use scratch::{Scratch, remove_folder};

use std::path::{Path, PathBuf};

/// An operation on a repository failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no `git` on this machine.
    #[error("there is no git on this machine")]
    NoGit(#[source] std::io::Error),
    /// Git ran and said no; `why` is what it wrote last.
    #[error("git {what} failed: {why}")]
    Failed { what: String, why: String },
    /// Git did not answer in time and was ended.
    #[error("git {what} did not answer within {seconds} s")]
    TimedOut { what: String, seconds: u64 },
    /// Git's answer is larger than what is read.
    #[error("the answer of git {what} is larger than {bytes_max} bytes")]
    TooLarge { what: String, bytes_max: usize },
    /// Git's answer is not what its manual says.
    #[error("the answer of git {what} could not be read")]
    Unreadable { what: String },
    /// The configured branch, or any, is missing.
    #[error("{url} has no branch {branch}")]
    NoBranch { url: String, branch: String },
    /// What is to be read is no set of definitions any more.
    #[error("{folders} hold more than {files_max} files or {bytes_max} bytes")]
    TooMany { folders: String, files_max: usize, bytes_max: u64 },
    #[error("failed to {operation} {path}")]
    Io {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { operation, path, source }
    }
}

/// The folder that a repository's address names, if it is on this machine: a path or a `file://` address.
pub fn local_path(url: &str) -> Option<PathBuf> {
    if let Some(path) = url.strip_prefix("file://") {
        return Some(PathBuf::from(path));
    }
    let is_remote = url.contains("://") || url.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
    (!is_remote || Path::new(url).exists()).then(|| PathBuf::from(url))
}

/// An address without the user and password in it, for messages.
pub(crate) fn without_credentials(text: &str) -> String {
    text.split(' ').map(word_without_credentials).collect::<Vec<_>>().join(" ")
}

fn word_without_credentials(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_local_and_an_address_is_not() {
        assert_eq!(local_path("/srv/shop"), Some(PathBuf::from("/srv/shop")));
        assert_eq!(local_path("../shop"), Some(PathBuf::from("../shop")));
        assert_eq!(local_path("file:///srv/shop"), Some(PathBuf::from("/srv/shop")));
        assert_eq!(local_path("https://example.org/shop.git"), None);
        assert_eq!(local_path("git@example.org:shop.git"), None);
    }

    #[test]
    fn no_password_stands_in_a_message() {
        let text = "unable to access 'https://ann:secret@example.org/shop.git/': no";
        assert_eq!(without_credentials(text), "unable to access 'https://example.org/shop.git/': no");
    }
}
