//! Which files a command can reach, as landlock rules.
//!
//! Landlock knows only permission, and a rule on a folder holds for all beneath it. So to hide `/a/b/c`, every entry of `/`, `/a` and
//! `/a/b` that does not lead there is opened one by one.
//!
//! Invariant: no rule is ever put on a file or folder that is, contains or (through a symbolic link) leads into a hidden one, except the
//! explicit grants, and of those none whose path a command could have turned into a link.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use landlock::{Access, AccessFs, BitFlags, PathBeneath, RulesetCreated, RulesetCreatedAttr};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::RULES;
use crate::Isolation;

/// Devices that every program expects. No disk and no memory is among them.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom", "tty", "ptmx"];

/// Folders in `/dev` that are written freely: terminals and shared memory.
const DEVICE_FOLDERS: &[&str] = &["pts", "shm", "mqueue"];

/// Adds every rule.
pub(super) fn grant(rules: &mut RulesetCreated, isolation: &Isolation) -> Result<(), String> {
    let hidden = Hidden::new(&isolation.hidden);
    let mut grants = Grants { rules, hidden };
    grants.everything_but_hidden()?;
    grants.devices()?;
    for path in &isolation.read {
        match grants.open_named(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot let the command read {}: {error}", path.display())),
            Ok(handle) => grants.add(&handle, readable())?,
        }
    }
    for path in &isolation.write {
        let handle = grants.open_named(path);
        let handle = handle.map_err(|error| format!("cannot let the command write {}: {error}", path.display()))?;
        grants.add(&handle, writable())?;
    }
    Ok(())
}

fn readable() -> BitFlags<AccessFs> {
    AccessFs::from_read(RULES)
}

/// Everything but making device files.
fn writable() -> BitFlags<AccessFs> {
    AccessFs::from_all(RULES) & !(AccessFs::MakeBlock | AccessFs::MakeChar)
}

/// The hidden folders as they were named and where they really are.
struct Hidden {
    folders: Vec<(PathBuf, PathBuf)>,
}

impl Hidden {
    fn new(named: &[PathBuf]) -> Self {
        Self { folders: named.iter().map(|path| (path.clone(), real_path(path))).collect() }
    }

    fn is_hidden(&self, real: &Path) -> bool {
        self.folders.iter().any(|(_, hidden)| real.starts_with(hidden))
    }

    fn leads_to_hidden(&self, real: &Path) -> bool {
        self.folders.iter().any(|(_, hidden)| hidden.starts_with(real))
    }

    /// The entries of `real` that lead to something hidden: they are known even where the folder may not be listed.
    fn next_parts(&self, real: &Path) -> BTreeSet<OsString> {
        let below = self.folders.iter().filter_map(|(_, hidden)| hidden.strip_prefix(real).ok());
        below.filter_map(|rest| Some(rest.iter().next()?.to_owned())).collect()
    }

    /// The hidden folder that `path` lies in, and the rest of the path.
    fn around<'a>(&'a self, path: &'a Path) -> Option<(&'a Path, &'a Path)> {
        self.folders.iter().find_map(|(named, real)| {
            let rest = path.strip_prefix(named).or_else(|_| path.strip_prefix(real)).ok()?;
            Some((real.as_path(), rest))
        })
    }
}

/// The path without symbolic links; of a path that does not exist (yet), as much of it as does.
fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real_path(parent).join(name),
        _ => path.to_owned(),
    })
}

struct Grants<'a> {
    rules: &'a mut RulesetCreated,
    hidden: Hidden,
}

impl Grants<'_> {
    fn everything_but_hidden(&mut self) -> Result<(), String> {
        let root = open(CWD, OsStr::new("/"), OFlags::PATH).map_err(|error| format!("cannot open /: {error}"))?;
        if self.hidden.folders.is_empty() {
            // Nothing to hide, so the names in `/` may be listed.
            self.add(&root, AccessFs::ReadDir.into())?;
        }
        self.beside_hidden(&root, Path::new("/"))
    }

    /// Opens what is in `folder` and not on the way to something hidden; follows the way itself.
    fn beside_hidden(&mut self, folder: &OwnedFd, real: &Path) -> Result<(), String> {
        for name in names_in(folder).union(&self.hidden.next_parts(real)) {
            let entry = real.join(name);
            if self.hidden.is_hidden(&entry) || entry == Path::new("/dev") {
                continue;
            }
            // Entries come and go, and some belong to others: what cannot be opened now is not open to the command either.
            let Ok(handle) = open(folder, name, OFlags::PATH | OFlags::NOFOLLOW) else { continue };
            if self.hidden.leads_to_hidden(&entry) {
                self.beside_hidden(&handle, &entry)?;
            } else if !is_link(&handle) {
                self.add(&handle, readable())?;
            }
        }
        Ok(())
    }

    fn devices(&mut self) -> Result<(), String> {
        let Ok(folder) = open(CWD, OsStr::new("/dev"), OFlags::PATH) else { return Ok(()) };
        self.add(&folder, AccessFs::ReadDir.into())?;
        for name in DEVICES.iter().chain(DEVICE_FOLDERS) {
            if self.hidden.leads_to_hidden(&Path::new("/dev").join(name)) {
                continue;
            }
            if let Ok(handle) = open(&folder, OsStr::new(name), OFlags::PATH) {
                self.add(&handle, writable())?;
            }
        }
        Ok(())
    }

    /// Opens a path that the caller grants. Where it lies in a hidden folder, none of its parts may be a symbolic link: an earlier
    /// command may have written there, and could have pointed it anywhere.
    fn open_named(&self, path: &Path) -> std::io::Result<OwnedFd> {
        if let Some((hidden, rest)) = self.hidden.around(path) {
            let root = open(CWD, hidden.as_os_str(), OFlags::PATH)?;
            let rest = if rest.as_os_str().is_empty() { Path::new(".") } else { rest };
            let flags = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            return match rustix::fs::openat2(root, rest, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), flags) {
                Err(Errno::LOOP) => Err(std::io::Error::other("a part of this path is a symbolic link")),
                opened => Ok(opened?),
            };
        }
        let handle = open(CWD, path.as_os_str(), OFlags::PATH)?;
        let real = std::fs::read_link(format!("/proc/self/fd/{}", handle.as_raw_fd()))?;
        if self.hidden.is_hidden(&real) || self.hidden.leads_to_hidden(&real) {
            return Err(std::io::Error::other("it leads to a hidden folder"));
        }
        Ok(handle)
    }

    fn add(&mut self, handle: &OwnedFd, access: BitFlags<AccessFs>) -> Result<(), String> {
        let access = if is_folder(handle) { access } else { access & AccessFs::from_file(RULES) };
        let rule = PathBeneath::new(handle.as_fd(), access);
        (&mut *self.rules).add_rule(rule).map_err(|error| format!("cannot set up isolation: {error}"))?;
        Ok(())
    }
}

fn open(folder: impl AsFd, name: &OsStr, flags: OFlags) -> std::io::Result<OwnedFd> {
    Ok(rustix::fs::openat(folder, name, flags | OFlags::CLOEXEC, Mode::empty())?)
}

/// The names in a folder, and none if it may not be listed.
fn names_in(folder: &OwnedFd) -> BTreeSet<OsString> {
    let listing = open(folder, OsStr::new("."), OFlags::RDONLY | OFlags::DIRECTORY);
    let Some(listing) = listing.ok().and_then(|listed| Dir::new(listed).ok()) else { return BTreeSet::new() };
    let names = listing.flatten().map(|entry| OsStr::from_bytes(entry.file_name().to_bytes()).to_owned());
    names.filter(|name| name != "." && name != "..").collect()
}

fn file_type(handle: &OwnedFd) -> Option<FileType> {
    rustix::fs::fstat(handle).ok().map(|stat| FileType::from_raw_mode(stat.st_mode))
}

fn is_link(handle: &OwnedFd) -> bool {
    file_type(handle).is_none_or(|kind| kind == FileType::Symlink)
}

fn is_folder(handle: &OwnedFd) -> bool {
    file_type(handle) == Some(FileType::Directory)
}
