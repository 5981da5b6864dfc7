//! What a folder holds: its lockfiles read, and everything else that packages come in said.

mod kinds;
mod manifests;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kernel::{Kind, Problem};
use walkdir::{DirEntry, WalkDir};

use crate::model::inventory::{Inventory, Scanned, Skipped};
use crate::model::lockfile::{self, Content, FILE_BYTES_MAX, Format};
use crate::model::place::Source;
use kinds::{FileKind, Folder};
use manifests::Manifests;

/// Most files of one folder.
const FILES_MAX: usize = 5_000_000;
/// Most lockfiles that are read.
const LOCKFILES_MAX: usize = 10_000;
/// Deepest folder.
const DEPTH_MAX: usize = 100;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads every lockfile of a folder, or one lockfile. The first that cannot be read is a problem: a part is not the whole.
pub fn inventory(root: &Path) -> Result<Inventory, Problem> {
    let mut reading =
        Reading { root, done: BTreeSet::new(), manifests: Manifests::default(), inventory: Inventory::default() };
    if root.is_dir() {
        reading.folder()?;
    } else {
        reading.only()?;
    }
    let inventory = reading.finish();
    let Inventory { files, unsupported, opaque, .. } = &inventory;
    if files.is_empty() && unsupported.is_empty() && opaque.is_empty() {
        let message = format!("there is no lockfile in {}", root.display());
        return Err(Problem::invalid(message).hint(format!("what is read: {}", kinds::SUPPORTED)));
    }
    Ok(inventory)
}

struct Reading<'a> {
    root: &'a Path,
    /// Lockfiles that were read.
    done: BTreeSet<PathBuf>,
    manifests: Manifests,
    inventory: Inventory,
}

impl Reading<'_> {
    fn folder(&mut self) -> Result<(), Problem> {
        let mut walk = WalkDir::new(self.root).max_depth(DEPTH_MAX).sort_by_file_name().into_iter();
        let mut files = 0;
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|error| walk_problem(&error, self.root))?;
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
        let unlocked = self.manifests.without_lockfile(self.root)?;
        self.inventory.skipped.extend(unlocked);
        Ok(())
    }

    /// Whether nothing of a folder is looked at; where it could hold lockfiles that is said.
    fn leaves_out(&mut self, entry: &DirEntry) -> bool {
        let name = relative(entry.path(), self.root);
        if entry.depth() == DEPTH_MAX {
            let reason = format!("folders deeper than {DEPTH_MAX} are not looked into");
            self.inventory.skipped.push(Skipped::unknown(name, reason));
            return true;
        }
        match Folder::of(entry.path()).filter(|_| entry.depth() > 0) {
            Some(Folder::History) => true,
            Some(Folder::Installed(reason)) => {
                self.inventory.skipped.push(Skipped::redundant(name, reason));
                true
            }
            None => false,
        }
    }

    fn file(&mut self, entry: &DirEntry) -> Result<(), Problem> {
        let (path, name) = (entry.path(), relative(entry.path(), self.root));
        let Some(kind) = FileKind::of(path) else { return Ok(()) };
        if !entry.file_type().is_file() {
            let skipped = Skipped::unknown(name, "it is a link or no file, which are not followed");
            self.inventory.skipped.push(skipped);
            return Ok(());
        }
        match kind {
            FileKind::Lockfile(format) => self.lockfile(path, &name, format)?,
            FileKind::Unsupported => self.inventory.unsupported.push(name),
            FileKind::Opaque => self.inventory.opaque.push(name),
        }
        Ok(())
    }

    /// A path that is one file.
    fn only(&mut self) -> Result<(), Problem> {
        let name = self.root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match FileKind::of(self.root) {
            _ if !self.root.exists() => {
                let message = format!("{} is not there", self.root.display());
                Err(Problem::invalid(message).hint("name a folder or a lockfile"))
            }
            Some(FileKind::Lockfile(format)) => {
                let path = self.root;
                self.lockfile(path, &name, format)
            }
            Some(FileKind::Unsupported) => {
                self.inventory.unsupported.push(name);
                Ok(())
            }
            Some(FileKind::Opaque) => {
                self.inventory.opaque.push(name);
                Ok(())
            }
            None => {
                let message = format!("{} is not a lockfile that is known by its name", self.root.display());
                Err(Problem::invalid(message).hint(format!("what is read: {}", kinds::SUPPORTED)))
            }
        }
    }

    fn lockfile(&mut self, path: &Path, name: &str, format: Format) -> Result<(), Problem> {
        if !self.done.insert(path.to_owned()) {
            return Ok(());
        }
        if self.done.len() > LOCKFILES_MAX {
            return Err(too_many(LOCKFILES_MAX, "lockfiles"));
        }
        let (shown, text) = (shown(path), text(path)?);
        let Content { packages, unlocked, includes } = lockfile::read(format, Source { file: &shown, text: &text })?;
        self.inventory.files.push(Scanned { path: name.to_owned(), packages });
        for unlocked in unlocked {
            let reason = format!("line {}: {}", unlocked.line, unlocked.reason);
            self.inventory.skipped.push(Skipped::unknown(name, reason));
        }
        for include in includes {
            self.include(path, name, &include)?;
        }
        Ok(())
    }

    /// A file of requirements that another one names: read too, if it lies within what was asked for.
    fn include(&mut self, path: &Path, name: &str, include: &lockfile::Include) -> Result<(), Problem> {
        let beside = path.parent().unwrap_or(Path::new("."));
        let base = if self.root.is_dir() { self.root } else { beside };
        let found = beside.join(&include.path).canonicalize().ok();
        let within = base.canonicalize().ok().zip(found).and_then(|(base, found)| {
            found.strip_prefix(base).ok().map(|inner| self_path(self.root, beside).join(inner))
        });
        match within {
            Some(inner) if inner.is_file() => {
                let inner_name = relative(&inner, self_path(self.root, beside));
                self.lockfile(&inner, &inner_name, Format::Requirements)
            }
            _ => {
                let reason =
                    format!("line {}: {} is not there, or outside of what is scanned", include.line, include.path);
                self.inventory.skipped.push(Skipped::unknown(name, reason));
                Ok(())
            }
        }
    }

    fn finish(self) -> Inventory {
        let mut inventory = self.inventory;
        inventory.files.sort_by(|a, b| a.path.cmp(&b.path));
        inventory
    }
}

/// The folder that names are relative to.
fn self_path<'a>(root: &'a Path, beside: &'a Path) -> &'a Path {
    if root.is_dir() { root } else { beside }
}

/// The text of a file; what is wrong with it has the path as it was reached.
fn text(path: &Path) -> Result<String, Problem> {
    let name = shown(path);
    let problem = |problem: Problem| Problem { file: Some(name.clone()), ..problem };
    let unreadable = |error: std::io::Error| {
        problem(Problem::invalid(format!("the file cannot be read: {error}"))).hint("what is in it is not known")
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        let what = format!("the file has more than {} MiB", FILE_BYTES_MAX >> 20);
        return Err(problem(Problem::new(Kind::TooLarge, what)).hint("a file of one product is far smaller"));
    }
    // What editors of some systems put first.
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        let source = Source { file: &name, text: &text };
        source.at(valid, Problem::invalid("the file is not UTF-8").hint("it may be damaged; write it again"))
    })
}

/// A path as whoever asked can open it.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// A path as it is told: relative to `root`, with `/`.
pub(super) fn relative(path: &Path, root: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inner.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { path.display().to_string() } else { parts.join("/") }
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
