//! What a folder holds: its lockfiles read, and everything else that packages come in said.

mod installed;
mod kinds;
mod manifests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use walkdir::{DirEntry, WalkDir};

use super::file::{relative, shown, text};
use crate::model::inventory::{Inventory, Scanned, Skipped};
use crate::model::lockfile::{self, Content, Format, Include};
use crate::model::place::Source;
use installed::{Met, Packages};
use kinds::{FileKind, Folder, LOCKED, NODE_MODULES, is_metadata};
use manifests::{Family, Manifests};

/// Most files of one folder.
const FILES_MAX: usize = 5_000_000;
/// Most lockfiles that are read.
const LOCKFILES_MAX: usize = 10_000;
/// Deepest folder.
const DEPTH_MAX: usize = 100;

/// Which installed packages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Installed {
    /// Those that no lockfile beside or above them speaks of.
    Unlocked,
    /// All: what was built runs with what is in it, whatever a lockfile says.
    All,
}

/// Reads every lockfile of a folder and what is installed in it, or one lockfile. The first lockfile that cannot be read is a
/// problem: a part is not the whole.
pub fn inventory(root: &Path, installed: Installed) -> Result<Inventory, Problem> {
    let inventory = contents(root, installed)?;
    let Inventory { files, unsupported, opaque, .. } = &inventory;
    if files.is_empty() && unsupported.is_empty() && opaque.is_empty() {
        let message = format!("there is no lockfile in {}", root.display());
        return Err(Problem::invalid(message).hint(format!("what is read: {}", kinds::SUPPORTED)));
    }
    Ok(inventory)
}

/// As [`inventory`]; a folder without a lockfile is one of which nothing is to be said.
pub fn contents(root: &Path, installed: Installed) -> Result<Inventory, Problem> {
    let mut reading = Reading::new(root, installed);
    if root.is_dir() {
        reading.folder()?;
    } else {
        reading.only(root)?;
    }
    Ok(reading.finish())
}

struct Reading {
    /// The folder that is scanned, or that the one file is in: names are relative to it.
    base: PathBuf,
    /// Lockfiles that were read.
    done: BTreeSet<PathBuf>,
    manifests: Manifests,
    installed: Installed,
    met: Met,
    inventory: Inventory,
}

impl Reading {
    fn new(root: &Path, installed: Installed) -> Self {
        let beside = root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self {
            base: if root.is_dir() { root } else { beside }.to_owned(),
            done: BTreeSet::new(),
            manifests: Manifests::default(),
            installed,
            met: Met::default(),
            inventory: Inventory::default(),
        }
    }

    fn folder(&mut self) -> Result<(), Problem> {
        let mut walk = WalkDir::new(&self.base).max_depth(DEPTH_MAX).sort_by_file_name().into_iter();
        let mut files = 0;
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| walk_problem(&error, &self.base))?;
            if entry.file_type().is_dir() {
                if self.leaves_out(&entry) {
                    walk.skip_current_dir();
                }
                continue;
            }
            files += 1;
            if files > FILES_MAX {
                return Err(too_many(FILES_MAX, "files"));
            }
            self.manifests.see(entry.path());
            self.file(&entry)?;
        }
        self.read_installed(files)?;
        let unlocked = self.manifests.without_lockfile(&self.base)?;
        self.inventory.skipped.extend(unlocked);
        Ok(())
    }

    /// Reads what is installed, now that it is known where lockfiles are.
    fn read_installed(&mut self, files: usize) -> Result<(), Problem> {
        let Met { folders, metadata } = std::mem::take(&mut self.met);
        let base = self.base.clone();
        let mut packages = Packages::new(&base, files);
        let mut locked = BTreeSet::new();
        for (folder, family) in folders {
            if self.is_locked(&folder, family) {
                locked.insert(relative(&folder, &base));
            } else if packages.folder(&folder)? > 0 {
                self.manifests.installed(folder.parent().unwrap_or(&folder), family);
            }
        }
        for path in metadata {
            if self.is_locked(&path, Family::Python) {
                locked.insert(relative(&path, &base));
            } else {
                packages.python(&path)?;
            }
        }
        self.inventory.skipped.extend(locked.into_iter().map(|path| Skipped::redundant(path, LOCKED)));
        packages.into(&mut self.inventory);
        Ok(())
    }

    /// Whether a lockfile says enough of what is installed. Whoever names the very folder wants to know what is in it.
    fn is_locked(&self, path: &Path, family: Family) -> bool {
        self.installed == Installed::Unlocked && self.manifests.has_lockfile(path, family, &self.base)
    }

    /// Whether nothing of a folder is looked at, or not now; where it could hold lockfiles that is said.
    fn leaves_out(&mut self, entry: &DirEntry) -> bool {
        let name = relative(entry.path(), &self.base);
        if entry.depth() == DEPTH_MAX {
            let reason = format!("folders deeper than {DEPTH_MAX} are not looked into");
            self.inventory.skipped.push(Skipped::unknown(name, reason));
            return true;
        }
        if is_metadata(entry.path()) {
            self.met.metadata.push(entry.path().to_owned());
            return true;
        }
        match Folder::of(entry.path()) {
            Some(Folder::Installed(family)) => {
                self.met.folders.push((entry.path().to_owned(), family));
                true
            }
            Some(Folder::Environment) if entry.depth() > 0 => {
                self.met.folders.push((entry.path().to_owned(), Family::Python));
                true
            }
            Some(Folder::Cache(reason)) if entry.depth() > 0 => {
                self.inventory.skipped.push(Skipped::redundant(name, reason));
                true
            }
            Some(Folder::History) => entry.depth() > 0,
            Some(Folder::Environment | Folder::Cache(_)) | None => false,
        }
    }

    fn file(&mut self, entry: &DirEntry) -> Result<(), Problem> {
        if is_metadata(entry.path()) {
            self.met.metadata.push(entry.path().to_owned());
        } else if entry.file_name() == NODE_MODULES {
            self.met.folders.push((entry.path().to_owned(), Family::Npm));
        }
        let Some(kind) = FileKind::of(entry.path()) else { return Ok(()) };
        let name = relative(entry.path(), &self.base);
        if !entry.file_type().is_file() {
            let reason = "it is a link or no file at all, and not followed";
            self.inventory.skipped.push(Skipped::unknown(name, reason));
            return Ok(());
        }
        self.keep(kind, entry.path(), name)
    }

    /// A path that is one file.
    fn only(&mut self, path: &Path) -> Result<(), Problem> {
        if !path.is_file() {
            let message = format!("{} is not there, or no file", path.display());
            return Err(Problem::invalid(message).hint("name a folder or a lockfile"));
        }
        let Some(kind) = FileKind::of(path) else {
            let message = format!("{} is not a lockfile that is known by its name", path.display());
            return Err(Problem::invalid(message).hint(format!("what is read: {}", kinds::SUPPORTED)));
        };
        let name = path.file_name().map_or_else(|| shown(path), |name| name.to_string_lossy().into_owned());
        self.keep(kind, path, name)
    }

    fn keep(&mut self, kind: FileKind, path: &Path, name: String) -> Result<(), Problem> {
        match kind {
            FileKind::Lockfile(format) => self.lockfile(path, name, format)?,
            FileKind::Unsupported => self.inventory.unsupported.push(name),
            FileKind::Opaque => self.inventory.opaque.push(name),
        }
        Ok(())
    }

    /// A lockfile, and the files that belong to it.
    fn lockfile(&mut self, path: &Path, name: String, format: Format) -> Result<(), Problem> {
        let mut open = vec![(path.to_owned(), name, format)];
        while let Some((path, name, format)) = open.pop() {
            for include in self.read(&path, &name, format)? {
                if let Some(inner) = self.included(&path, &include) {
                    let name = relative(&inner, &self.base);
                    open.push((inner, name, Format::Requirements));
                } else {
                    let Include { line, path } = include;
                    let reason = format!("line {line}: {path} is not there, or outside of what is scanned");
                    self.inventory.skipped.push(Skipped::unknown(&name, reason));
                }
            }
        }
        Ok(())
    }

    /// Reads one file, unless that was done; gives the files that it names.
    fn read(&mut self, path: &Path, name: &str, format: Format) -> Result<Vec<Include>, Problem> {
        if !self.done.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            return Ok(Vec::new());
        }
        if self.done.len() > LOCKFILES_MAX {
            return Err(too_many(LOCKFILES_MAX, "lockfiles"));
        }
        let (shown, text) = (shown(path), text(path)?);
        let Content { packages, unlocked, includes } = lockfile::read(format, Source { file: &shown, text: &text })?;
        self.inventory.files.push(Scanned::lockfile(name, packages));
        self.inventory.skipped.extend(
            unlocked
                .iter()
                .map(|unlocked| Skipped::unknown(name, format!("line {}: {}", unlocked.line, unlocked.reason))),
        );
        Ok(includes)
    }

    /// The file that a file of requirements names, if it lies within what is scanned.
    fn included(&self, path: &Path, include: &Include) -> Option<PathBuf> {
        let found = path.parent()?.join(&include.path).canonicalize().ok().filter(|found| found.is_file())?;
        let inner = found.strip_prefix(self.base.canonicalize().ok()?).ok()?;
        Some(self.base.join(inner))
    }

    fn finish(self) -> Inventory {
        let mut inventory = self.inventory;
        inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
        inventory
    }
}

/// A folder or file that cannot be looked at: what is in it is unknown.
pub(super) fn walk_problem(error: &walkdir::Error, root: &Path) -> Problem {
    let path = error.path().unwrap_or(root).display();
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Problem::invalid(format!("{path} cannot be read: {why}"))
        .hint("what is in it is not known, so nothing is said of the rest")
}

fn too_many(limit: usize, what: &str) -> Problem {
    Problem::new(Kind::TooLarge, format!("there are more than {limit} {what}")).hint("name a folder further down")
}
