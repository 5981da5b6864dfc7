//! What belongs to an artifact: the files and links below a folder that globs keep.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use crate::verify::artifact::Error;

pub(crate) const FILES_MAX: usize = 1_000_000;
pub(crate) const BYTES_MAX: u64 = 32 << 30;

/// A file or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// Where it leads, if it is a link.
    pub(crate) link: Option<PathBuf>,
    pub(crate) is_executable: bool,
    pub(crate) bytes: u64,
    /// How many names the file has on this disk.
    pub(crate) names: u64,
}

/// The entries below `root/path` that `globs` keep (all, if there are none), sorted by the bytes of their paths.
/// Globs are relative to `root/path`; a glob that names a folder keeps what is in it. `.git` is never kept.
pub(crate) fn list(root: &Path, path: &str, globs: &[String]) -> Result<Vec<Entry>, Error> {
    let keep = globset(globs)?;
    let base = real_folder(root, path)?;
    let walk =
        WalkDir::new(&base).follow_root_links(false).into_iter().filter_entry(|e| e.file_name() != OsStr::new(".git"));
    let mut entries = Vec::new();
    let mut bytes = 0;
    for found in walk {
        let found = found.map_err(|error| Error::io("read", &base)(error.into()))?;
        let relative = found.path().strip_prefix(&base).unwrap_or(found.path());
        if found.file_type().is_dir() || !(globs.is_empty() || keep.is_match(relative)) {
            continue;
        }
        let entry = entry(root, &found)?;
        bytes += entry.bytes;
        entries.push(entry);
        bounded(entries.len(), bytes)?;
    }
    if entries.is_empty() {
        return Err(Error::Empty { globs: if globs.is_empty() { "**".into() } else { globs.join(", ") } });
    }
    entries.sort_by(|a, b| a.path.as_os_str().as_bytes().cmp(b.path.as_os_str().as_bytes()));
    Ok(entries)
}

fn bounded(files: usize, bytes: u64) -> Result<(), Error> {
    if files > FILES_MAX {
        return Err(Error::TooLarge { bound: format!("{FILES_MAX} files") });
    }
    if bytes > BYTES_MAX {
        return Err(Error::TooLarge { bound: format!("{} GiB", BYTES_MAX >> 30) });
    }
    Ok(())
}

fn globset(globs: &[String]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
        for text in [glob.to_owned(), format!("{glob}/**")] {
            let built = GlobBuilder::new(&text).literal_separator(true).build();
            set.add(built.map_err(|source| Error::Glob { glob: glob.to_owned(), source })?);
        }
    }
    set.build().map_err(|source| Error::Glob { glob: globs.join(", "), source })
}

/// `root/path` if every part of it is a folder and none a link: a build may have put one there that leads elsewhere.
fn real_folder(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let missing = || Error::NoFolder { path: path.to_owned() };
    let mut folder = root.to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => folder.push(name),
            _ => return Err(missing()),
        }
        let is_folder = fs::symlink_metadata(&folder).is_ok_and(|data| data.is_dir());
        if !is_folder {
            return Err(missing());
        }
    }
    Ok(folder)
}

fn entry(root: &Path, found: &DirEntry) -> Result<Entry, Error> {
    let path = found.path().strip_prefix(root).unwrap_or(found.path()).to_owned();
    let data = found.metadata().map_err(|error| Error::io("read", found.path())(error.into()))?;
    if data.is_symlink() {
        let target = fs::read_link(found.path()).map_err(Error::io("read", found.path()))?;
        if !stays_inside(&path, &target) {
            return Err(Error::Leaves { path: path.display().to_string(), target: target.display().to_string() });
        }
        return Ok(Entry { path, link: Some(target), is_executable: false, bytes: 0, names: 1 });
    }
    if !data.is_file() {
        return Err(Error::Special { path: path.display().to_string() });
    }
    Ok(Entry { path, link: None, is_executable: data.mode() & 0o111 != 0, bytes: data.len(), names: data.nlink() })
}

/// Whether a link stays inside whatever the other links are: `..` only at the start of its target, and no more of them
/// than there are real folders above it. (`a/..` may leave when `a` is a link itself.)
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut above = link.components().count().saturating_sub(1);
    let mut has_descended = false;
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => has_descended = true,
            Component::ParentDir if !has_descended && above > 0 => above -= 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_climb_as_far_as_the_root() {
        let inside = |link: &str, target: &str| stays_inside(Path::new(link), Path::new(target));
        assert!(inside("node_modules/.bin/tsc", "../typescript/bin/tsc"));
        assert!(inside("lib64", "lib"));
        assert!(inside("a/b", "../c"));
        assert!(!inside("a/b", "../../c"));
        assert!(!inside("python", "/usr/bin/python3"));
        assert!(!inside("a", "b/../../c"));
        assert!(!inside("x", "here/here/.."), "here may be a link to the root");
    }

    #[test]
    fn a_glob_that_names_a_folder_keeps_what_is_in_it() {
        let set = globset(&["./dist/".into(), "*.json".into()]).unwrap();
        assert!(set.is_match("dist/a/b.js") && set.is_match("package.json"));
        assert!(!set.is_match("src/tsconfig.json") && !set.is_match("distant"));
    }
}
