//! The web console: its packages, and `ui/dist` that is embedded in the binary.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use crate::{process, workspace};

/// What `ui/dist` is made of, from the root.
const SOURCES: [&str; 8] = [
    "ui/src",
    "ui/public",
    "ui/build",
    "ui/index.html",
    "ui/vite.config.ts",
    "ui/tsconfig.json",
    "ui/package-lock.json",
    "api/openapi.json",
];

pub(crate) fn folder() -> PathBuf {
    workspace::root().join("ui")
}

/// `npm ARGS` in the console's folder.
pub(crate) fn npm<const N: usize>(args: [&str; N]) -> Command {
    let mut npm = Command::new("npm");
    npm.args(args).current_dir(folder()).env("npm_config_fund", "false").env("npm_config_audit", "false");
    npm.env("npm_config_update_notifier", "false");
    npm
}

/// Whether the packages in `node_modules` are not those of the lock file: a copy of it is kept there when they are installed.
pub(crate) fn needs_packages() -> bool {
    let lock = fs::read(folder().join("package-lock.json")).ok();
    lock.is_none() || lock != fs::read(stamp()).ok()
}

/// Packages of the lock file, unless they are there.
pub(crate) fn install() -> Result<()> {
    if !needs_packages() {
        return Ok(());
    }
    process::output(&mut npm(["ci"])).context("the console's packages were not installed")?;
    fs::copy(folder().join("package-lock.json"), stamp()).context("cannot mark ui/node_modules as installed")?;
    Ok(())
}

fn stamp() -> PathBuf {
    folder().join("node_modules/.installed-lock.json")
}

/// Whether a source is newer than what was built of it.
pub(crate) fn is_stale() -> bool {
    let built = modified(&folder().join("dist/index.html"));
    built.is_none_or(|built| SOURCES.iter().any(|source| newest(&workspace::root().join(source)) > Some(built)))
}

/// The time of the last change in a folder, but for the client types, which every build writes anew.
fn newest(path: &Path) -> Option<SystemTime> {
    let files = WalkDir::new(path).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    files.filter(|file| file.file_name() != "schema.ts").filter_map(|file| file.metadata().ok()?.modified().ok()).max()
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

/// `ui/dist`, unless it is up to date.
pub(crate) fn build() -> Result<()> {
    if !is_stale() {
        return Ok(());
    }
    process::output(&mut npm(["run", "build"])).context("the console was not built")?;
    embed_again()
}

/// Cargo does not see files that were not there when the binary was built last: the embedding module has to look new.
fn embed_again() -> Result<()> {
    let module = workspace::root().join("bin/trunkline/src/console.rs");
    let file =
        File::options().append(true).open(&module).with_context(|| format!("cannot open {}", module.display()))?;
    #[expect(clippy::disallowed_methods, reason = "a file's time is the system's")]
    file.set_modified(SystemTime::now()).context("cannot mark the console as changed")
}
