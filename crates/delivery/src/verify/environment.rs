//! The environment of checks and builds: clean, without tokens, with package caches of their own.
//!
//! The caches of a repository are kept from run to run and shared by its checks and builds; other repositories have
//! others. The home folder stays visible, because tools find their settings there, but is not writable under `strict`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::verify::Error;

/// The caches of one repository.
#[derive(Debug, Clone)]
pub struct Caches {
    root: PathBuf,
}

/// (variable, folder below the caches)
const FOLDERS: &[(&str, &str)] = &[
    ("CARGO_HOME", "cargo"),
    ("npm_config_cache", "npm"),
    ("npm_config_store_dir", "pnpm"),
    ("PIP_CACHE_DIR", "pip"),
    ("GOPATH", "go"),
    ("GOMODCACHE", "go/mod"),
    ("GOCACHE", "go/build"),
    ("XDG_CACHE_HOME", "home/cache"),
    ("XDG_STATE_HOME", "home/state"),
    ("XDG_DATA_HOME", "home/data"),
    ("TF_PLUGIN_CACHE_DIR", "terraform"),
];

/// How long the names of a step's folder for temporary files are: sockets are made there, and their paths are short.
const TEMPORARY_PREFIX: &str = "t";

impl Caches {
    /// Makes the folders of `repository` below `data/work/cache`. Blocking.
    pub fn prepare(data: &Path, repository: &str) -> Result<Self, Error> {
        let root = data.join("work").join("cache").join(repository);
        for folder in FOLDERS.iter().map(|(_, folder)| *folder).chain(["tmp"]) {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
        }
        link_cargo_settings(&root.join("cargo"));
        Ok(Self { root })
    }

    /// What a step may write besides its own folders.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// A new folder for the temporary files of one step; dropping it removes it. Blocking.
    pub(crate) fn temporary(&self) -> Result<tempfile::TempDir, Error> {
        let parent = self.root.join("tmp");
        let mut builder = tempfile::Builder::new();
        builder
            .prefix(TEMPORARY_PREFIX)
            .rand_bytes(6)
            .tempdir_in(&parent)
            .map_err(Error::io("make a folder in", &parent))
    }

    /// The whole environment of a step.
    pub(crate) fn variables(&self, temporary: &Path) -> BTreeMap<String, String> {
        let mut variables = exec::environment::base();
        let text = |path: &Path| path.display().to_string();
        for (name, folder) in FOLDERS {
            variables.insert((*name).to_owned(), text(&self.root.join(folder)));
        }
        // Where the toolchains are; only what is downloaded and built goes to the private folder.
        if let Ok(rustup) = std::env::var("RUSTUP_HOME") {
            variables.insert("RUSTUP_HOME".into(), rustup);
        }
        variables.insert("TMPDIR".into(), text(temporary));
        variables.insert("CI".into(), "true".into());
        variables.insert("TRUNKLINE".into(), "1".into());
        variables
    }
}

/// Registries and mirrors that this machine's cargo is told to use count for checks as well; credentials do not.
fn link_cargo_settings(private: &Path) {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let Some(real) = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))) else { return };
    for name in ["config.toml", "config"] {
        let (from, to) = (real.join(name), private.join(name));
        if !from.is_file() || real == private {
            continue;
        }
        match symlink(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                tracing::warn!(file = %from.display(), %error, "cargo's settings could not be linked");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_private_and_no_token_is_in_sight() {
        let data = tempfile::tempdir().unwrap();
        let caches = Caches::prepare(data.path(), "shop").unwrap();
        let again = Caches::prepare(data.path(), "shop").unwrap();
        let temporary = again.temporary().unwrap();
        let variables = caches.variables(temporary.path());
        assert_eq!(variables["CI"], "true");
        assert_eq!(variables["TRUNKLINE"], "1");
        assert!(variables["CARGO_HOME"].starts_with(&*data.path().to_string_lossy()));
        assert!(Path::new(&variables["TMPDIR"]).is_dir());
        assert!(variables.contains_key("PATH"));
        assert!(!variables.keys().any(|name| name.contains("TOKEN")), "{variables:?}");
    }
}
