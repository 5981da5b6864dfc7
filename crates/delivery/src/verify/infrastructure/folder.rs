//! Where the infrastructure of a repository keeps its state and its plans.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::verify::infrastructure::Error;

const PRIVATE: u32 = 0o700;
const STATE: &str = "terraform.tfstate";

/// `DATA/infrastructure/<repository>`
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    settings: PathBuf,
}

/// The files of one saved plan.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    folder: PathBuf,
}

/// What the marks say about the application of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    Begun,
    Done,
}

impl Folder {
    pub(crate) fn of(data: &Path, repository: &str) -> Self {
        let all = data.join("infrastructure");
        Self { root: all.join(repository), settings: all.join("terraform.rc") }
    }

    /// Makes what is missing. `terraform.rc` is ours and may be edited (mirrors of providers, for example).
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        for folder in [self.root.clone(), self.state_folder(), self.root.join("plans")] {
            make(&folder)?;
        }
        if !self.settings.exists() {
            fs::write(&self.settings, "disable_checkpoint = true\n").map_err(Error::io("write", &self.settings))?;
        }
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Path {
        &self.settings
    }

    pub(crate) fn state_folder(&self) -> PathBuf {
        self.root.join("state")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.state_folder().join(STATE)
    }

    /// The digest of the state; that of nothing if there is none yet.
    pub(crate) fn state_digest(&self) -> String {
        digest(&fs::read(self.state()).unwrap_or_default())
    }

    pub(crate) fn saved(&self, digest: &str) -> Saved {
        Saved { folder: self.root.join("plans").join(digest.strip_prefix("sha256:").unwrap_or(digest)) }
    }

    /// Saves a plan and its lock file under the plan's digest, durably.
    pub(crate) fn save(&self, plan: &[u8], lock: Option<&[u8]>) -> Result<String, Error> {
        let name = digest(plan);
        let saved = self.saved(&name);
        make(&saved.folder)?;
        if let Some(lock) = lock {
            write(&saved.lock(), lock)?;
        }
        write(&saved.plan(), plan)?;
        sync(&saved.folder)?;
        Ok(name)
    }
}

impl Saved {
    pub(crate) fn plan(&self) -> PathBuf {
        self.folder.join("plan")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join("lock.hcl")
    }

    /// Whether the file is still the one that was planned.
    pub(crate) fn is_intact(&self, expected: &str) -> bool {
        fs::read(self.plan()).is_ok_and(|bytes| digest(&bytes) == expected)
    }

    pub(crate) fn mark(&self) -> Mark {
        match (self.folder.join("done").exists(), self.folder.join("begun").exists()) {
            (true, _) => Mark::Done,
            (_, true) => Mark::Begun,
            _ => Mark::None,
        }
    }

    /// Durable before it returns: what follows may be cut short at any point.
    pub(crate) fn set_begun(&self) -> Result<(), Error> {
        write(&self.folder.join("begun"), b"")?;
        sync(&self.folder)
    }

    pub(crate) fn set_done(&self) -> Result<(), Error> {
        write(&self.folder.join("done"), b"")?;
        sync(&self.folder)
    }

    /// It failed by itself, which is known; it may be tried again.
    pub(crate) fn set_ended(&self) -> Result<(), Error> {
        let mark = self.folder.join("begun");
        fs::remove_file(&mark).map_err(Error::io("remove", &mark))
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(PRIVATE).create(folder).map_err(Error::io("make the folder", folder))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let durable = || -> io::Result<()> {
        let mut file = fs::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    durable().map_err(Error::io("write", path))
}

fn sync(folder: &Path) -> Result<(), Error> {
    fs::File::open(folder).and_then(|opened| opened.sync_all()).map_err(Error::io("sync", folder))
}
