//! What a product looks like that has no `trunkline.yaml` yet: guesses, each with the reason for it.
//!
//! Pure but for reading files of the folder. What says how to start (a `Procfile`, a `Dockerfile`) wins over conventions.

mod go;
mod hints;
mod journey;
mod node;
mod python;
mod rust;
mod site;
mod wiring;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

pub use journey::{FIRST_JOURNEY, FIRST_JOURNEY_FILE};
pub use wiring::{Wiring, wiring};
pub use write::yaml;

/// Files of a product are small where they say how it runs.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A folder that is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    /// The text of a file, if it is one and of a reasonable size.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        let path = self.0.join(path);
        let is_small = fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= FILE_BYTES_MAX);
        if is_small { fs::read_to_string(path).ok() } else { None }
    }

    /// Names of the entries of a folder, sorted.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(path)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// A guess and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    pub value: String,
    /// For example `package.json, scripts.test`
    pub from: String,
}

impl Guess {
    pub(crate) fn new(value: impl Into<String>, from: impl Into<String>) -> Self {
        Self { value: value.into(), from: from.into() }
    }
}

/// A check that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckGuess {
    pub name: String,
    pub run: Guess,
    pub tests: Vec<String>,
    pub junit: Option<String>,
}

/// What a folder looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// For example `Node.js`
    pub kind: &'static str,
    /// The product's name.
    pub product: String,
    pub checks: Vec<CheckGuess>,
    pub build: Option<Guess>,
    /// Globs of what the artifact keeps.
    pub keep: Vec<String>,
    pub migrate: Option<Guess>,
    /// How it is started; `None` if nothing says so.
    pub start: Option<Guess>,
    pub health: Guess,
    /// The folder of Terraform files.
    pub infrastructure: Option<String>,
}

impl Recognised {
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            product: String::new(),
            checks: vec![],
            build: None,
            keep: vec![],
            migrate: None,
            start: None,
            health: Guess::new("/", "guessed: change it in trunkline.yaml"),
            infrastructure: None,
        }
    }
}

/// Looks at the product in `folder`; `None` if it is of no kind that is known.
pub fn recognise(folder: &Path) -> Option<Recognised> {
    let files = Folder(folder.to_owned());
    let by_convention = [node::recognise, rust::recognise, go::recognise, python::recognise, site::recognise];
    let found = by_convention.into_iter().find_map(|recognise| recognise(&files));
    let start = hints::start(&files);
    let mut found = match (found, &start) {
        (Some(found), _) => found,
        (None, Some(_)) => Recognised::new("a product that says how to start it"),
        (None, None) => return None,
    };
    if start.is_some() {
        found.start = start;
    }
    found.migrate = found.migrate.or_else(|| hints::release(&files));
    found.product = product_name(folder);
    found.infrastructure = ["infra", "infrastructure", "terraform"]
        .into_iter()
        .find(|dir| files.names(dir).iter().any(|name| Path::new(name).extension().is_some_and(|e| e == "tf")))
        .map(str::to_owned);
    Some(found)
}

/// The folder's name as the name of a product.
fn product_name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let trimmed = plain.trim_matches(|c: char| !c.is_ascii_lowercase());
    if trimmed.is_empty() { "product".into() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests;
