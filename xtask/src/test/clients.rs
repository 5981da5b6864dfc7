//! Other people's clients, as stories use them: packages of their registries, in `acceptance/clients/*`, installed by their
//! lock files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::tally::{Count, Tally};
use crate::cargo::cargo;
use crate::{process, workspace};

/// Marks a folder whose packages are those of its lock file, by a copy of it.
const STAMP: &str = ".installed";

/// Installs what is not there yet.
pub(super) fn install(tally: &mut Tally) {
    tally.add_result("clients of others", all().map(|()| Count::one(true)));
}

fn all() -> Result<()> {
    let folder = workspace::root().join("acceptance/clients");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|p| p.is_dir()).collect();
    folders.sort();
    for folder in folders {
        if folder.join("package-lock.json").is_file() {
            once(&folder, "package-lock.json", "node_modules", node)?;
        }
        if folder.join("requirements.txt").is_file() {
            once(&folder, "requirements.txt", "venv", python)?;
        }
        if folder.join("Cargo.toml").is_file() {
            rust(&folder)?;
        }
    }
    Ok(())
}

/// Runs `install` unless what it makes is of this lock file already.
fn once(folder: &Path, lock: &str, made: &str, install: fn(&Path) -> Result<()>) -> Result<()> {
    let (lock, stamp) = (folder.join(lock), folder.join(made).join(STAMP));
    let wanted = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    install(folder)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn node(folder: &Path) -> Result<()> {
    let npm = |args: &[&str]| process::output(Command::new("npm").args(args).current_dir(folder));
    npm(&["ci", "--no-audit", "--no-fund"])?;
    npm(&["run", "build", "--if-present"]).map(drop)
}

fn python(folder: &Path) -> Result<()> {
    process::output(Command::new("python3").args(["-m", "venv", "venv"]).current_dir(folder))?;
    let pip = folder.join("venv/bin/pip");
    let install = ["install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
    process::output(Command::new(pip).args(install).current_dir(folder)).map(drop)
}

/// Cargo itself knows what is built already; what it builds stays beside the workspace's own.
fn rust(folder: &Path) -> Result<()> {
    let target = workspace::members()?.target_directory.join("clients");
    let install = ["install", "--quiet", "--debug", "--locked", "--path", ".", "--root", "dist", "--target-dir"];
    process::output(cargo(install).arg(target).current_dir(folder)).map(drop)
}
