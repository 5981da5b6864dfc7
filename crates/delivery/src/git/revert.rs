//! Taking a commit back on trunk itself.

use std::path::Path;

use super::call::{self, Call};
use super::{Error, Mirror};

/// Trunk may move meanwhile; then the revert is made anew on what is there.
const TRIES_MAX: u32 = 3;
const NAME: &str = "Trunkline";
const MAIL: &str = "trunkline@localhost.invalid";

impl Mirror {
    /// Pushes a commit to `branch` that reverts `sha`; gives its id. `folder` must not exist; it is removed again.
    pub(crate) async fn land_revert(&self, sha: &str, branch: &str, folder: &Path) -> Result<String, Error> {
        let mut tries = 1;
        loop {
            let worktree = self.worktree(&self.newest(branch).await?, folder).await?;
            let landed = self.revert_and_push(sha, branch, folder).await;
            worktree.remove().await;
            match landed {
                Err(error) if is_overtaken(&error) && tries < TRIES_MAX => tries += 1,
                landed => return landed,
            }
        }
    }

    async fn newest(&self, branch: &str) -> Result<String, Error> {
        let missing = || Error::NoBranch { url: super::without_credentials(self.url()), branch: branch.to_owned() };
        self.fetch(branch).await?.ok_or_else(missing)
    }

    async fn revert_and_push(&self, sha: &str, branch: &str, folder: &Path) -> Result<String, Error> {
        for (name, value) in [("user.name", NAME), ("user.email", MAIL)] {
            Call::in_worktree(folder, "config").args([name, value]).output().await?;
        }
        let is_merge = self.commit(sha).await?.is_some_and(|commit| commit.parents.len() > 1);
        let mut revert = Call::in_worktree(folder, "revert").args(["--no-edit", "--no-gpg-sign"]);
        if is_merge {
            revert = revert.args(["--mainline", "1"]);
        }
        revert.arg(sha).output().await?;
        let made = Call::in_worktree(folder, "rev-parse").arg("HEAD").text().await?;
        let push = Call::in_worktree(folder, "push").args(["--quiet", "--", self.url()]);
        push.arg(format!("{made}:refs/heads/{branch}")).within(call::TRANSFER).output().await?;
        Ok(made)
    }
}

fn is_overtaken(error: &Error) -> bool {
    matches!(error, Error::Failed { why, .. } if why.contains("fetch first") || why.contains("non-fast-forward"))
}
