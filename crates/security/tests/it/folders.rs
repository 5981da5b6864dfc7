//! Folders as they are found: what is read, what is said to be left out, and what fails.

use std::fs;
use std::path::Path;

use kernel::Kind;
use security::Installed::Unlocked;
use security::model::inventory::Why;
use security::offline;
use tempfile::TempDir;

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn everything_that_holds_packages_is_in_the_coverage() {
    let folder = folder(&[
        ("Cargo.lock", LOCK),
        ("api/requirements.txt", "a==1.0\nb>=2\n-r more.txt\n-r ../../outside.txt\n"),
        ("api/more.txt", "c==3.0\n"),
        ("go.mod", "module a\n"),
        ("lib/a.jar", "PK"),
        ("ui/package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#),
        ("ui/node_modules/a/package-lock.json", "{"),
        (".git/Cargo.lock", "broken"),
        ("target/CACHEDIR.TAG", ""),
        ("target/package/a/Cargo.lock", "broken"),
    ]);
    let inventory = offline::inventory(folder.path(), Unlocked).unwrap();
    let paths: Vec<_> = inventory.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["Cargo.lock", "api/more.txt", "api/requirements.txt", "ui/package-lock.json"]);
    assert_eq!(
        (inventory.unsupported.as_slice(), inventory.opaque.as_slice()),
        (&["go.mod".into()][..], &["lib/a.jar".into()][..])
    );
    let skipped: Vec<_> =
        inventory.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.why, skipped.reason.as_str())).collect();
    assert_eq!(
        skipped,
        [
            ("api/requirements.txt", Why::Unknown, "line 2: b is not pinned to one version"),
            (
                "api/requirements.txt",
                Why::Unknown,
                "line 4: ../../outside.txt is not there, or outside of what is scanned"
            ),
            ("target", Why::Redundant, "a cache, by its CACHEDIR.TAG"),
            ("ui/node_modules", Why::Redundant, "installed packages; the lockfile says which they are"),
        ]
    );
}

#[test]
fn a_manifest_without_a_lockfile_is_said() {
    let asks = r#"{"dependencies": {"a": "^1.0.0"}}"#;
    let folder = folder(&[
        ("ui/package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#),
        ("ui/package.json", asks),
        ("ui/inner/package.json", asks),
        ("docs/package.json", asks),
        ("tools/package.json", r#"{"type": "module"}"#),
        ("pyproject.toml", "[project]\ndependencies = [\"a\"]\n"),
    ]);
    let inventory = offline::inventory(folder.path(), Unlocked).unwrap();
    let skipped: Vec<_> = inventory.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.why)).collect();
    assert_eq!(skipped, [("docs/package.json", Why::Unknown), ("pyproject.toml", Why::Unknown)]);
}

#[test]
fn files_that_include_each_other_are_read_once() {
    let folder = folder(&[("requirements.txt", "-r more.txt\na==1\n"), ("more.txt", "-r requirements.txt\nb==2\n")]);
    for root in [folder.path().to_owned(), folder.path().join("requirements.txt")] {
        let inventory = offline::inventory(&root, Unlocked).unwrap();
        let paths: Vec<_> = inventory.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["more.txt", "requirements.txt"]);
        assert_eq!(inventory.skipped, []);
    }
}

#[test]
fn what_cannot_be_read_is_a_problem_and_not_less() {
    for (files, wanted) in [
        (&[("a/Cargo.lock", "version = 4\n[[package")][..], "a/Cargo.lock:2:"),
        (&[("uv.lock", "")], "uv.lock:1:1: missing field `version`"),
        (&[("poetry.lock", "")], "poetry.lock:1:1: the file ends without its content-hash"),
        (&[("package-lock.json", "")], "package-lock.json:1:1: EOF while parsing a value"),
        (&[("requirements.txt", "a==1 \\\n")], "requirements.txt:1:1: the file ends in the middle"),
        (&[("notes.txt", "nothing")], "there is no lockfile in "),
    ] {
        let folder = folder(files);
        let problem = offline::inventory(folder.path(), Unlocked).unwrap_err();
        let placed = problem.placed();
        let inner = placed.strip_prefix(&format!("{}/", folder.path().display())).unwrap_or(&placed);
        assert!(inner.starts_with(wanted), "{placed}");
        assert_eq!((problem.kind, problem.hint.is_some()), (Kind::InvalidInput, true));
    }
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("Cargo.lock"), b"version = 4\n# \xff\n").unwrap();
    let problem = offline::inventory(folder.path(), Unlocked).unwrap_err();
    assert!(problem.placed().ends_with("/Cargo.lock:2:3: the file is not UTF-8"), "{}", problem.placed());
    assert!(offline::inventory(Path::new("not/there"), Unlocked).is_err());
}

#[test]
fn a_long_chain_of_files_ends() {
    let names: Vec<String> = (0..3_000).map(|number| format!("requirements-{number}.txt")).collect();
    let text = |number: usize| format!("a{number}==1\n-r requirements-{}.txt\n", number + 1);
    let texts: Vec<String> = (0..3_000).map(text).collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder(&files);
    let inventory = offline::inventory(&folder.path().join("requirements-0.txt"), Unlocked).unwrap();
    assert_eq!((inventory.files.len(), inventory.skipped.len()), (3_000, 1));
}

#[test]
fn a_link_is_said_and_not_followed() {
    let folder = folder(&[("a/Cargo.lock", LOCK)]);
    std::os::unix::fs::symlink("a/Cargo.lock", folder.path().join("Cargo.lock")).unwrap();
    let inventory = offline::inventory(folder.path(), Unlocked).unwrap();
    assert_eq!(inventory.files.len(), 1);
    assert_eq!((inventory.skipped[0].path.as_str(), inventory.skipped[0].why), ("Cargo.lock", Why::Unknown));
}

#[test]
fn advisories_are_read_from_files_and_archives_and_bad_ones_are_kept_aside() {
    let folder = folder(&[
        ("npm/a.json", r#"{"id": "A-1", "modified": "2026-01-01T00:00:00Z"}"#),
        ("npm/b.json", r#"{"id": "A-2"}"#),
        ("readme.md", "not one"),
    ]);
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("all.zip")).unwrap());
    for (name, text) in [("c.json", r#"{"id": "A-3", "modified": "2026-02-01T00:00:00Z"}"#), ("d.json", "{")] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    let advisories = offline::advisories(folder.path()).unwrap();
    assert_eq!(advisories.len(), 2);
    assert_eq!(advisories.newest_modified().unwrap().to_string(), "2026-02-01T00:00:00Z");
    let aside: Vec<_> = advisories.quarantined().iter().map(|document| document.path.as_str()).collect();
    assert_eq!(aside, ["all.zip/d.json", "npm/b.json"]);
}

#[test]
fn a_feed_that_is_empty_or_cut_off_is_a_problem() {
    let empty = folder(&[("readme.md", "not one")]);
    assert!(offline::advisories(empty.path()).unwrap_err().message.starts_with("there is no advisory in"));
    let cut_off =
        folder(&[("all.zip", "PK\u{3}\u{4}"), ("a.json", r#"{"id": "A-1", "modified": "2026-01-01T00:00:00Z"}"#)]);
    let problem = offline::advisories(cut_off.path()).unwrap_err();
    assert_eq!(problem.file, Some(cut_off.path().join("all.zip").display().to_string()));
    assert!(offline::advisories(Path::new("not/there")).is_err());
}
