//! What must not get lost or out: secrets, tokens, the installation itself, and the hand on the lever.

mod backup;
mod hand;
mod secrets;
mod tokens;

use crate::pets::{Declaration, Pets};

/// Commits a version that keeps things and tells what it was given.
fn commit(pets: &Pets, version: &str, declaration: &Declaration) -> String {
    pets.repository.write("app.py", &include_str!("safe_keeping/app.py").replace("@VERSION@", version));
    pets.repository.write("trunkline.yaml", &declaration.text());
    pets.repository.commit(&format!("version {version}"))
}

/// The same, live.
fn ships(pets: &Pets, version: &str, declaration: &Declaration) -> String {
    let sha = commit(pets, version, declaration);
    pets.goes_live(&sha, version);
    sha
}
