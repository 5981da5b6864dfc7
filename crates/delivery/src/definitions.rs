//! Definitions of other contexts (flags, segments, journeys, experiments, surveys) that stand in a commit: handed over as texts, checked by a
//! port, and traced through the code. Delivery does not know what they mean.

use std::collections::BTreeSet;
use std::fmt::Debug;

use kernel::Problem;

use crate::facade::Delivery;
use crate::git::{self, Mention, Mirror};
use crate::{Error, store};

/// Where definitions stand, at the top of a repository.
pub const FOLDERS: [&str; 5] = ["flags/", "segments/", "journeys/", "experiments/", "surveys/"];
/// What is written there is a definition and no use of it.
const NO_CODE: [&str; 4] = ["flags/", "segments/", "experiments/", "surveys/"];

/// Whoever knows what definitions mean.
pub trait Definitions: Debug + Send + Sync {
    /// What is wrong with the files (path, text) of a commit, each with its place.
    fn check(&self, files: &[(String, String)]) -> Vec<Problem>;
}

/// Whether a path is that of a definition; other files of those folders are nobody's.
pub fn is_definition(path: &str) -> bool {
    let Some((folder, name)) = path.split_once('/') else { return false };
    let endings: &[&str] = match folder {
        "flags" => &[".json", ".yaml", ".yml"],
        "segments" => &[".txt"],
        "journeys" | "experiments" | "surveys" => &[".yaml", ".yml"],
        _ => return false,
    };
    !name.contains('/') && !name.starts_with('.') && endings.iter().any(|ending| name.ends_with(ending))
}

/// The definitions of a commit, by path.
pub(crate) async fn read(mirror: &Mirror, commit: &str) -> Result<Vec<(String, String)>, git::Error> {
    let mut files = mirror.texts(commit, &FOLDERS).await?;
    files.retain(|(path, _)| is_definition(path));
    Ok(files)
}

impl Delivery {
    /// The definitions (path, text) of a change's commit that stand below one of `folders`.
    pub async fn files(&self, commit: &str, folders: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let mut files = read(&self.mirror_of(commit).await?, commit).await?;
        files.retain(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)));
        Ok(files)
    }

    /// As [`Delivery::files`], of another commit of the same repository, which need not be a change.
    pub async fn files_at(&self, commit: &str, other: &str, folders: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let mut files = read(&self.mirror_of(commit).await?, other).await?;
        files.retain(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)));
        Ok(files)
    }

    /// The commit before a change on trunk.
    pub async fn parent(&self, commit: &str) -> Result<Option<String>, Error> {
        Ok(store::change::find(self.engine.db(), commit).await?.and_then(|change| change.parent))
    }

    /// Where the code of a change's commit names one of `keys`.
    pub async fn references(&self, commit: &str, keys: &[String]) -> Result<Vec<Mention>, Error> {
        Ok(self.mirror_of(commit).await?.mentions(commit, keys, &NO_CODE).await?)
    }

    /// Which of `keys` stand in lines of code that differ between `from` and a change's commit.
    pub async fn named_between(
        &self,
        from: Option<&str>,
        commit: &str,
        keys: &[String],
    ) -> Result<BTreeSet<String>, Error> {
        Ok(self.mirror_of(commit).await?.words_in_changes(from, commit, keys, &NO_CODE).await?)
    }

    /// The mirror of a repository that is watched, to read from.
    pub fn mirror(&self, repository: &str) -> Mirror {
        Mirror::existing(&self.engine.mirror_path(repository), "")
    }

    /// The repository of a change.
    pub async fn repository_of(&self, commit: &str) -> Result<String, Error> {
        let change = store::change::find(self.engine.db(), commit).await?;
        Ok(change.ok_or_else(|| store::missing(format!("change {commit}")))?.repository)
    }

    /// The newest commit of each trunk that has one, in the order in which the repositories were added.
    pub async fn heads(&self) -> Result<Vec<(String, String)>, Error> {
        let repositories = store::repository::repositories(self.engine.db()).await?;
        let head = |repository: store::repository::Repository| Some((repository.name, repository.head?));
        Ok(repositories.into_iter().filter_map(head).collect())
    }

    async fn mirror_of(&self, commit: &str) -> Result<Mirror, Error> {
        let change = store::change::find(self.engine.db(), commit).await?;
        let change = change.ok_or_else(|| store::missing(format!("change {commit}")))?;
        Ok(Mirror::existing(&self.engine.mirror_path(&change.repository), ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_stand_at_the_top_and_have_their_endings() {
        for path in ["flags/checkout.yaml", "flags/a.json", "segments/staff.txt", "journeys/checkout.yml"] {
            assert!(is_definition(path), "{path}");
        }
        for path in
            ["flags/README.md", "flags/old/a.json", "src/flags/a.json", "journeys/a.json", "flags/.a.yaml", "flags"]
        {
            assert!(!is_definition(path), "{path}");
        }
    }
}
