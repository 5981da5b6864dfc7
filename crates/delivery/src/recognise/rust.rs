//! Rust: `Cargo.toml`.

use super::{CheckGuess, Folder, Guess, Recognised};

pub(super) fn recognise(files: &Folder) -> Option<Recognised> {
    let manifest = files.text("Cargo.toml")?;
    let mut found = Recognised::new("Rust");
    let locked = if files.has("Cargo.lock") { " --locked" } else { "" };
    let run = Guess::new(format!("cargo test{locked}"), "Cargo.toml");
    found.checks.push(CheckGuess {
        name: "test".into(),
        run,
        tests: vec!["tests/**".into(), "**/tests/**".into()],
        junit: None,
    });
    // What the program needs beside itself stays; what cargo needs to build does not.
    found.build = Some(Guess::new(format!("cargo build --release{locked} --target-dir target"), "Cargo.toml"));
    let binary = binary(files, &manifest)?;
    found.keep = vec![format!("target/release/{binary}")];
    for folder in ["static", "templates", "assets", "public", "migrations"] {
        if files.has(folder) {
            found.keep.push(format!("{folder}/**"));
        }
    }
    found.start = Some(Guess::new(format!("target/release/{binary}"), "Cargo.toml, its binary; PORT is passed"));
    Some(found)
}

/// The name of the first `[[bin]]`, else the package's where it has a `src/main.rs`.
fn binary(files: &Folder, manifest: &str) -> Option<String> {
    let name_after = |section: &str| {
        let rest = manifest.split_once(section)?.1;
        let own = rest.split("\n[").next().unwrap_or_default();
        let line = own.lines().find_map(|line| line.trim().strip_prefix("name")?.trim_start().strip_prefix('='))?;
        Some(line.trim().trim_matches('"').to_owned())
    };
    name_after("[[bin]]").or_else(|| name_after("[package]").filter(|_| files.has("src/main.rs")))
}
