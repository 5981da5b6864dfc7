//! The sample product as it is at some commit, with its packages installed once for all tests.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use demo::{Infrastructure, Trunk};
use tempfile::TempDir;

/// A trunk in a folder beside its packages: node finds them one folder up.
pub(crate) struct Sample {
    folder: TempDir,
    pub(crate) trunk: Trunk,
}

/// The shop on a port of its own; ends when dropped.
pub(crate) struct Shop {
    server: Child,
    pub(crate) url: String,
}

impl Sample {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let trunk = Trunk::prepare(&folder.path().join("trunk"), Infrastructure::Declared).await.unwrap();
        Self { folder, trunk }
    }

    /// The first commit and these patches.
    pub(crate) async fn with(patches: &[&str]) -> Self {
        let mut sample = Self::new().await;
        for patch in patches {
            sample.trunk.commit(patch).await.unwrap();
        }
        sample
    }

    /// What the shop's own tests say: all that was printed, and whether they passed.
    pub(crate) fn tests(&self) -> (bool, String) {
        self.link_packages();
        let output = self.run("npm", &["test"]);
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The tests of the newest commit, on its parent.
    pub(crate) fn tests_on_the_parent(&self) -> (bool, String) {
        self.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
        self.git(&["checkout", "main", "--", "test"]);
        let result = self.tests();
        self.git(&["checkout", "--quiet", "--force", "main"]);
        result
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.run("git", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn open(&self) -> Shop {
        self.link_packages();
        let data = self.folder.path().join("data");
        let env = [("DATA_DIR", data.to_str().unwrap()), ("PORT", "0"), ("TRUNKLINE_RELEASE", "1")];
        let node = |script: &str| {
            let mut command = Command::new("node");
            command.arg(script).current_dir(self.trunk.folder()).envs(env);
            command
        };
        assert!(node("migrate.js").stdout(Stdio::null()).status().unwrap().success());
        let mut server = node("server.js").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().split_once("http://").map(|(_, rest)| format!("http://{rest}"));
        Shop { server, url: url.unwrap_or_else(|| panic!("the shop said {line:?}")) }
    }

    /// The packages of the present commit, where node looks for them.
    fn link_packages(&self) {
        let link = self.folder.path().join("node_modules");
        // None at first, or those of an earlier commit.
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(packages(self.trunk.folder()).join("node_modules"), link).unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).current_dir(self.trunk.folder()).output().unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// What `npm ci` installs, below the folder for builds: one folder for each lock file, kept from run to run.
fn packages(shop: &Path) -> PathBuf {
    let lock = std::fs::read(shop.join("package-lock.json")).unwrap();
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("packages-{:016x}", hasher.finish()));
    if !std::fs::read(folder.join("installed")).is_ok_and(|installed| installed == lock) {
        install(shop, &folder);
    }
    folder
}

/// Installs beside and then swaps, because other test processes do the same at the same time.
fn install(shop: &Path, folder: &Path) {
    let parent = folder.parent().unwrap();
    std::fs::create_dir_all(parent).unwrap();
    let fresh = tempfile::tempdir_in(parent).unwrap();
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(shop.join(file), fresh.path().join(file)).unwrap();
    }
    let npm = Command::new("npm").args(["ci", "--silent"]).current_dir(fresh.path()).status().unwrap();
    assert!(npm.success(), "npm ci failed");
    std::fs::copy(shop.join("package-lock.json"), fresh.path().join("installed")).unwrap();
    if std::fs::rename(fresh.path(), folder).is_err() {
        // Somebody else was first, or it is of an older lock file, which then has to go.
        let ours = std::fs::read(shop.join("package-lock.json")).unwrap();
        if std::fs::read(folder.join("installed")).is_ok_and(|theirs| theirs == ours) {
            return;
        }
        let old = tempfile::tempdir_in(parent).unwrap();
        let _ = std::fs::rename(folder, old.path().join("packages"));
        let _ = std::fs::rename(fresh.path(), folder);
    }
}
