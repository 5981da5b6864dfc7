//! Packages where they are installed, read from what each says of itself. Files within a package are the package's own: a lockfile
//! among them says nothing of what is installed, while an archive of packages is one wherever it lies.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kernel::Problem;
use walkdir::{DirEntry, WalkDir};

use super::kinds::{FileKind, Folder, NODE_MODULES, is_metadata};
use super::manifests::Family;
use super::{DEPTH_MAX, FILES_MAX, too_many, walk_problem};
use crate::model::inventory::{Inventory, Scanned, Skipped};
use crate::model::lockfile::PACKAGES_MAX;
use crate::model::{Package, installed};
use crate::offline::file::{bytes, relative, text};

/// What is read so far of a folder.
#[derive(Debug)]
pub(super) struct Packages<'a> {
    base: &'a Path,
    files: usize,
    count: usize,
    /// By the folder that they lie in.
    found: BTreeMap<String, Vec<Package>>,
    opaque: Vec<String>,
    skipped: Vec<Skipped>,
}

impl<'a> Packages<'a> {
    /// `files` were looked at before.
    pub(super) fn new(base: &'a Path, files: usize) -> Self {
        Self { base, files, count: 0, found: BTreeMap::new(), opaque: Vec::new(), skipped: Vec::new() }
    }

    /// All packages in `node_modules`, a virtual environment or another folder of installed packages, at any depth; gives how many.
    pub(super) fn folder(&mut self, root: &Path) -> Result<usize, Problem> {
        if root != self.base && root.is_symlink() {
            self.link(root);
            return Ok(0);
        }
        let before = self.count;
        let mut walk = WalkDir::new(root).max_depth(DEPTH_MAX).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| walk_problem(&error, root))?;
            if !entry.file_type().is_dir() {
                self.file(&entry)?;
            } else if self.is_done_with(&entry)? {
                walk.skip_current_dir();
            }
        }
        Ok(self.count - before)
    }

    /// Whether nothing more is looked at in a folder.
    fn is_done_with(&mut self, entry: &DirEntry) -> Result<bool, Problem> {
        let path = entry.path();
        if is_metadata(path) {
            self.python(path)?;
            return Ok(true);
        }
        if is_of_npm(path) {
            self.npm(path)?;
        }
        if entry.depth() == DEPTH_MAX {
            self.unknown(path, format!("folders deeper than {DEPTH_MAX} are not looked into"));
            return Ok(true);
        }
        match Folder::of(path).filter(|_| entry.depth() > 0) {
            Some(Folder::History) => Ok(true),
            Some(Folder::Cache(reason)) => {
                self.skipped.push(Skipped::redundant(relative(path, self.base), reason));
                Ok(true)
            }
            Some(Folder::Installed(_) | Folder::Environment) | None => Ok(false),
        }
    }

    fn file(&mut self, entry: &DirEntry) -> Result<(), Problem> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(too_many(FILES_MAX, "files"));
        }
        let path = entry.path();
        if entry.path_is_symlink() {
            self.link(path);
        } else if is_metadata(path) {
            self.python(path)?;
        } else if FileKind::of(path) == Some(FileKind::Opaque) {
            self.opaque.push(relative(path, self.base));
        }
        Ok(())
    }

    /// What a link to a package leads to is met where it lies, if that is in what is scanned.
    fn link(&mut self, path: &Path) {
        let is_folder = path.file_name().is_some_and(|name| name == NODE_MODULES);
        if (is_folder || is_of_npm(path) || is_metadata(path)) && !leads_inside(path, self.base) {
            self.unknown(path, "it is a link that leads out of what is scanned".to_owned());
        }
    }

    fn npm(&mut self, folder: &Path) -> Result<(), Problem> {
        let manifest = folder.join("package.json");
        // npm leaves empty folders behind, and others that only hold what another package needs.
        if !is_there(&manifest) && !holds_more_than_packages(folder) {
            return Ok(());
        }
        let read =
            regular(&manifest).and_then(|()| text(&manifest).map_err(why)).and_then(|text| installed::npm(&text));
        self.take(folder, &manifest, read)
    }

    /// `*.dist-info` with its METADATA, `*.egg-info` and `EGG-INFO` with their PKG-INFO, or an `*.egg-info` that is a file.
    pub(super) fn python(&mut self, metadata: &Path) -> Result<(), Problem> {
        if metadata.is_symlink() {
            self.link(metadata);
            return Ok(());
        }
        let name = if metadata.extension().is_some_and(|end| end == "dist-info") { "METADATA" } else { "PKG-INFO" };
        let file = if metadata.is_dir() { metadata.join(name) } else { metadata.to_owned() };
        let read = regular(&file).and_then(|()| bytes(&file).map_err(why)).and_then(|bytes| installed::python(&bytes));
        self.take(metadata, &file, read)
    }

    /// Keeps a package with the folder that it lies in, or says why nobody knows which it is.
    fn take(&mut self, package: &Path, file: &Path, read: Result<Package, String>) -> Result<(), Problem> {
        let mut folder = package.parent().unwrap_or(package);
        if folder.file_name().is_some_and(is_scope) {
            folder = folder.parent().unwrap_or(folder);
        }
        let place = if folder == self.base { ".".to_owned() } else { relative(folder, self.base) };
        let packages = self.found.entry(place).or_default();
        match read {
            Ok(package) => {
                packages.push(package);
                self.count += 1;
            }
            Err(reason) => self.unknown(file, reason),
        }
        if self.count > PACKAGES_MAX { Err(too_many(PACKAGES_MAX, "installed packages")) } else { Ok(()) }
    }

    fn unknown(&mut self, path: &Path, reason: String) {
        self.skipped.push(Skipped::unknown(relative(path, self.base), reason));
    }

    /// Hands over all that was found.
    pub(super) fn into(self, inventory: &mut Inventory) {
        let folders = self.found.into_iter().map(|(path, packages)| Scanned::installed(path, packages));
        inventory.add_installed(folders.collect());
        inventory.opaque.extend(self.opaque);
        inventory.skipped.extend(self.skipped);
    }
}

/// Whether a folder is where a package of npm lies: in `node_modules`, or in a scope there.
fn is_of_npm(path: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(OsStr::to_owned);
    let in_node_modules = |path: &Path| path.parent().and_then(name).is_some_and(|name| name == NODE_MODULES);
    let Some(own) = name(path) else { return false };
    if is_scope(&own) || own.as_encoded_bytes().starts_with(b".") {
        return false;
    }
    let scope = path.parent().filter(|parent| parent.file_name().is_some_and(is_scope));
    in_node_modules(path) || scope.is_some_and(in_node_modules)
}

fn is_scope(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"@")
}

/// A pipe is never read to its end, and a link leads anywhere.
fn regular(path: &Path) -> Result<(), String> {
    match path.symlink_metadata() {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err("it is a link or no file at all, and not followed".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err("it is not there".to_owned()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    }
}

/// A problem of a file whose path is told beside it.
fn why(problem: Problem) -> String {
    problem.message
}

fn is_there(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

fn holds_more_than_packages(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return true };
    entries.map_while(Result::ok).any(|entry| entry.file_name() != NODE_MODULES)
}

/// Whether a link leads to something within `base`.
fn leads_inside(link: &Path, base: &Path) -> bool {
    let both = (link.canonicalize(), base.canonicalize());
    matches!(&both, (Ok(target), Ok(base)) if target.starts_with(base))
}

/// What the main reading met of it.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Folders of installed packages, with whose.
    pub(super) folders: Vec<(PathBuf, Family)>,
    /// Metadata of Python's packages outside of those.
    pub(super) metadata: Vec<PathBuf>,
}
