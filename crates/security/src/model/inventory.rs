//! What was found in a folder: packages by file, and what of it is not known.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ecosystem::Ecosystem;
use super::package::Package;

/// Files that were read, and the others that matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Inventory {
    pub files: Vec<Scanned>,
    /// Lockfiles whose format is not read here.
    pub unsupported: Vec<String>,
    /// Files that hold packages and that nobody looks into here.
    pub opaque: Vec<String>,
    pub skipped: Vec<Skipped>,
}

/// One lockfile, or one folder in which packages are installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// In order, each once.
    pub packages: Vec<Package>,
    /// Left out where it is the default, so that what was stored before is the same.
    #[serde(default, skip_serializing_if = "Evidence::is_lockfile")]
    pub by: Evidence,
}

/// What says that packages are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    #[default]
    Lockfile,
    /// They lie there.
    Installed,
}

impl Evidence {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    const fn is_lockfile(&self) -> bool {
        matches!(self, Self::Lockfile)
    }
}

impl Scanned {
    pub fn lockfile(path: impl Into<String>, packages: Vec<Package>) -> Self {
        Self { path: path.into(), packages, by: Evidence::Lockfile }
    }

    pub fn installed(path: impl Into<String>, mut packages: Vec<Package>) -> Self {
        packages.sort_unstable();
        packages.dedup();
        Self { path: path.into(), packages, by: Evidence::Installed }
    }
}

/// What was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
    #[serde(skip)]
    pub why: Why,
}

/// Whether leaving it out leaves something unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What is in it is known by something else.
    Redundant,
    /// It might be affected, and nobody can say.
    Unknown,
}

impl Skipped {
    pub fn redundant(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), why: Why::Redundant }
    }

    pub fn unknown(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into(), why: Why::Unknown }
    }
}

impl Inventory {
    /// Every package of every file.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.files.iter().flat_map(|file| file.packages.iter().map(|package| (file.path.as_str(), package)))
    }

    /// What a service is made of: of what its commit holds the lockfiles below the service's folder, or above it where those lock
    /// it too; and what its artifact holds beyond that.
    #[must_use]
    pub fn of_service(commit: &Self, artifact: Option<&Self>, folder: &str) -> Self {
        let belongs = |path: &str| is_below(path, folder) || is_beside_or_above(path, folder);
        let mut service = Self {
            files: commit.files.iter().filter(|file| belongs(&file.path)).cloned().collect(),
            unsupported: commit.unsupported.iter().filter(|path| belongs(path)).cloned().collect(),
            opaque: commit.opaque.iter().filter(|path| belongs(path)).cloned().collect(),
            skipped: commit.skipped.iter().filter(|skipped| belongs(&skipped.path)).cloned().collect(),
        };
        if let Some(artifact) = artifact {
            service.add(artifact);
        }
        service
    }

    /// Takes what another has and this has not.
    pub fn add(&mut self, other: &Self) {
        let (lockfiles, installed): (Vec<_>, Vec<_>) =
            other.files.iter().cloned().partition(|file| file.by == Evidence::Lockfile);
        for file in lockfiles {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        self.add_installed(installed);
        union(&mut self.unsupported, &other.unsupported);
        union(&mut self.opaque, &other.opaque);
        union(&mut self.skipped, &other.skipped);
    }

    /// Takes folders of installed packages, of each what is not here yet: what a lockfile names is told by the lockfile, which is
    /// where it can be changed, and which knows where it came from.
    pub fn add_installed(&mut self, folders: Vec<Scanned>) {
        let mut known: BTreeSet<_> = self.packages().map(|(_, package)| identity(package)).collect();
        for mut folder in folders {
            folder.packages.retain(|package| known.insert(identity(package)));
            if !self.files.contains(&folder) {
                self.files.push(folder);
            }
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
    }

    /// What of it nobody knows: (path, why).
    pub fn gaps(&self) -> impl Iterator<Item = (&str, &str)> {
        let unsupported = self.unsupported.iter().map(|path| (path.as_str(), "its format is not supported"));
        let opaque = self.opaque.iter().map(|path| (path.as_str(), "nobody looks into it"));
        let skipped = self.skipped.iter().filter(|skipped| skipped.why == Why::Unknown);
        unsupported.chain(opaque).chain(skipped.map(|skipped| (skipped.path.as_str(), skipped.reason.as_str())))
    }
}

fn identity(package: &Package) -> (Ecosystem, String, String) {
    let Package { ecosystem, name, version, .. } = package;
    (ecosystem.clone(), ecosystem.normal(name).into_owned(), version.clone())
}

fn union<T: Clone + PartialEq>(into: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !into.contains(one) {
            into.push(one.clone());
        }
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    folder == "." || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the folder of a path is one that `folder` is in.
fn is_beside_or_above(path: &str, folder: &str) -> bool {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    parent.is_empty() || folder == parent || is_below(folder, parent)
}

/// As it is stored and handed between processes: fields are only added.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Wire {
    files: Vec<Scanned>,
    unsupported: Vec<String>,
    opaque: Vec<String>,
    skipped: Vec<Left>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Left {
    path: String,
    reason: String,
    #[serde(default)]
    redundant: bool,
}

impl From<Wire> for Inventory {
    fn from(wire: Wire) -> Self {
        let skipped = wire.skipped.into_iter().map(|left| {
            if left.redundant {
                Skipped::redundant(left.path, left.reason)
            } else {
                Skipped::unknown(left.path, left.reason)
            }
        });
        let Wire { files, unsupported, opaque, .. } = wire;
        Self { files, unsupported, opaque, skipped: skipped.collect() }
    }
}

impl From<Inventory> for Wire {
    fn from(inventory: Inventory) -> Self {
        let skipped = inventory.skipped.into_iter().map(|skipped| Left {
            path: skipped.path,
            reason: skipped.reason,
            redundant: skipped.why == Why::Redundant,
        });
        let skipped = skipped.collect();
        Self { files: inventory.files, unsupported: inventory.unsupported, opaque: inventory.opaque, skipped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str) -> Package {
        Package::registered(Ecosystem::Npm, "a", version)
    }

    fn inventory(paths: &[&str]) -> Inventory {
        let file = |path: &&str| Scanned::lockfile(*path, vec![package("1.0.0")]);
        Inventory { files: paths.iter().map(file).collect(), ..Inventory::default() }
    }

    fn paths(inventory: &Inventory) -> Vec<&str> {
        inventory.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn a_service_has_the_lockfiles_below_its_folder_and_above_it() {
        let commit = inventory(&["Cargo.lock", "web/package-lock.json", "web/admin/package-lock.json", "api/uv.lock"]);
        let of = |folder: &str| Inventory::of_service(&commit, None, folder);
        assert_eq!(paths(&of("web/admin")), ["Cargo.lock", "web/package-lock.json", "web/admin/package-lock.json"]);
        assert_eq!(paths(&of("api")), ["Cargo.lock", "api/uv.lock"]);
        assert_eq!(paths(&of(".")).len(), 4);
    }

    #[test]
    fn what_the_artifact_has_as_well_is_there_once() {
        let commit = inventory(&["package-lock.json"]);
        let mut artifact = inventory(&["package-lock.json", "vendor/package-lock.json"]);
        artifact.opaque.push("lib/a.jar".into());
        let service = Inventory::of_service(&commit, Some(&artifact), ".");
        assert_eq!(paths(&service), ["package-lock.json", "vendor/package-lock.json"]);
        assert_eq!(service.gaps().next(), Some(("lib/a.jar", "nobody looks into it")));
    }

    #[test]
    fn of_what_is_installed_that_is_told_which_no_lockfile_names() {
        let mut artifact = Inventory::default();
        artifact.files.push(Scanned::installed("node_modules", vec![package("1.0.0"), package("2.0.0")]));
        let service = Inventory::of_service(&inventory(&["package-lock.json"]), Some(&artifact), ".");
        let told: Vec<_> = service.packages().map(|(path, package)| (path, package.version.as_str())).collect();
        assert_eq!(told, [("node_modules", "2.0.0"), ("package-lock.json", "1.0.0")]);
        let alone = Inventory::of_service(&Inventory::default(), Some(&artifact), ".");
        assert_eq!(alone, artifact);
    }

    #[test]
    fn what_was_stored_before_there_were_installed_packages_is_of_lockfiles() {
        let stored =
            r#"{"files":[{"path":"package-lock.json","packages":[]}],"unsupported":[],"opaque":[],"skipped":[]}"#;
        let read: Inventory = serde_json::from_str(stored).unwrap();
        assert_eq!(read.files, [Scanned::lockfile("package-lock.json", vec![])]);
        assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }

    #[test]
    fn an_inventory_is_the_same_after_it_was_stored() {
        let mut inventory = inventory(&["package-lock.json"]);
        inventory.files.push(Scanned::installed("site-packages", vec![]));
        inventory.skipped = vec![Skipped::unknown("a", "b"), Skipped::redundant("c", "d")];
        let stored = serde_json::to_string(&inventory).unwrap();
        assert_eq!(serde_json::from_str::<Inventory>(&stored).unwrap(), inventory);
    }
}
