//! Installed packages: read from what each says of itself, wherever no lockfile says it, and in all that was built.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use security::Installed::{self, All, Unlocked};
use security::model::inventory::{Inventory, Why};
use security::offline;
use tempfile::TempDir;

const EMPTY_LOCK: &str = r#"{"lockfileVersion": 3, "packages": {}}"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn of_npm(folder: &Path, place: &str, name: &str, version: &str) {
    let text = format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}");
    write(folder, &format!("{place}/package.json"), &text);
}

fn of_python(folder: &Path, place: &str, name: &str, version: &str) {
    write(folder, place, &format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText.\n"));
}

fn read(folder: &TempDir, installed: Installed) -> Inventory {
    offline::inventory(folder.path(), installed).unwrap()
}

/// `place: name version`
fn packages(inventory: &Inventory) -> Vec<String> {
    inventory.packages().map(|(path, package)| format!("{path}: {} {}", package.name, package.version)).collect()
}

fn skipped(inventory: &Inventory) -> Vec<(&str, Why, &str)> {
    inventory.skipped.iter().map(|left| (left.path.as_str(), left.why, left.reason.as_str())).collect()
}

#[test]
fn packages_of_npm_are_read_where_no_lockfile_says_which_they_are() {
    let folder = folder(&[
        ("package.json", r#"{"dependencies": {"a": "^1.0.0"}}"#),
        ("node_modules/.bin/a", "#!/usr/bin/env node"),
        ("node_modules/.package-lock.json", "{"),
        ("node_modules/a/package-lock.json", "broken, and a's own"),
        ("node_modules/a/fixtures/b/package.json", "{"),
        ("node_modules/a/lib/engine.jar", "PK"),
    ]);
    for (place, name, version) in [
        ("node_modules/a", "a", "1.2.0"),
        ("node_modules/a/node_modules/b", "b", "0.1.0"),
        ("node_modules/@own/c", "@own/c", "3.0.0"),
        ("node_modules/alias", "real", "4.0.0"),
        ("node_modules/.pnpm/d@5.0.0/node_modules/d", "d", "5.0.0"),
    ] {
        of_npm(folder.path(), place, name, version);
    }
    fs::create_dir_all(folder.path().join("node_modules/left-behind")).unwrap();
    symlink(".pnpm/d@5.0.0/node_modules/d", folder.path().join("node_modules/d")).unwrap();
    for installed in [Unlocked, All] {
        let inventory = read(&folder, installed);
        assert_eq!(
            packages(&inventory),
            [
                "node_modules: @own/c 3.0.0",
                "node_modules: a 1.2.0",
                "node_modules: real 4.0.0",
                "node_modules/.pnpm/d@5.0.0/node_modules: d 5.0.0",
                "node_modules/a/node_modules: b 0.1.0",
            ]
        );
        assert_eq!(skipped(&inventory), []);
        assert_eq!(inventory.opaque, ["node_modules/a/lib/engine.jar"]);
    }
}

#[test]
fn a_lockfile_beside_or_above_speaks_for_them_unless_it_was_built() {
    let folder = folder(&[("package-lock.json", EMPTY_LOCK), ("requirements.txt", "# none\n")]);
    of_npm(folder.path(), "ui/node_modules/a", "a", "1.0.0");
    of_python(folder.path(), ".venv/lib/python3.12/site-packages/b-2.0.dist-info/METADATA", "b", "2.0");
    write(folder.path(), ".venv/pyvenv.cfg", "");
    of_python(folder.path(), "lib/c-3.0.dist-info/METADATA", "c", "3.0");
    let locked = read(&folder, Unlocked);
    assert_eq!(packages(&locked), [""; 0]);
    let reason = "installed packages; the lockfile says which they are";
    let wanted = [".venv", "lib/c-3.0.dist-info", "ui/node_modules"].map(|path| (path, Why::Redundant, reason));
    assert_eq!(skipped(&locked), wanted);
    let built = read(&folder, All);
    assert_eq!(
        packages(&built),
        [".venv/lib/python3.12/site-packages: b 2.0", "lib: c 3.0", "ui/node_modules: a 1.0.0"]
    );
    assert_eq!(skipped(&built), []);
}

#[test]
fn a_lockfile_that_nobody_reads_here_speaks_for_nothing() {
    let folder = folder(&[("yarn.lock", "# yarn lockfile v1\n")]);
    of_npm(folder.path(), "node_modules/a", "a", "1.0.0");
    let inventory = read(&folder, Unlocked);
    assert_eq!(
        (packages(&inventory), inventory.unsupported),
        (vec!["node_modules: a 1.0.0".into()], vec!["yarn.lock".into()])
    );
}

#[test]
fn what_a_lockfile_names_is_told_by_the_lockfile() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}"#;
    let folder = folder(&[("package-lock.json", lock)]);
    of_npm(folder.path(), "node_modules/a", "a", "1.0.0");
    of_npm(folder.path(), "node_modules/b", "b", "2.0.0");
    assert_eq!(packages(&read(&folder, All)), ["node_modules: b 2.0.0", "package-lock.json: a 1.0.0"]);
}

#[test]
fn packages_of_python_are_read_wherever_they_lie() {
    let folder = folder(&[
        ("venv/pyvenv.cfg", ""),
        ("venv/CACHEDIR.TAG", ""),
        ("usr/lib/python3/dist-packages/spark/requirements.txt", "not a list, and the package's own\n"),
        ("usr/lib/python3/dist-packages/spark/jars/log.jar", "PK"),
        ("app.pyz", "PK"),
    ]);
    for (place, name) in [
        ("venv/lib/python3.12/site-packages/a-1.0.dist-info/METADATA", "a"),
        ("venv/lib/python3.12/site-packages/a/_vendor/b-1.0.dist-info/METADATA", "b"),
        ("usr/lib/python3/dist-packages/C-1.0.egg-info", "C"),
        ("target/d-1.0.dist-info/METADATA", "d"),
        ("target/e.egg-info/PKG-INFO", "e"),
        ("target/f-1.0-py3.8.egg/EGG-INFO/PKG-INFO", "f"),
        ("g-1.0.dist-info/METADATA", "g"),
    ] {
        of_python(folder.path(), place, name, "1.0");
    }
    let inventory = read(&folder, Unlocked);
    assert_eq!(
        packages(&inventory),
        [
            ".: g 1.0",
            "target: d 1.0",
            "target: e 1.0",
            "target/f-1.0-py3.8.egg: f 1.0",
            "usr/lib/python3/dist-packages: C 1.0",
            "venv/lib/python3.12/site-packages: a 1.0",
            "venv/lib/python3.12/site-packages/a/_vendor: b 1.0",
        ]
    );
    assert_eq!(skipped(&inventory), []);
    assert_eq!(inventory.opaque, ["app.pyz", "usr/lib/python3/dist-packages/spark/jars/log.jar"]);
}

#[test]
fn what_does_not_say_which_package_it_is_is_not_known() {
    let folder = folder(&[
        ("node_modules/broken/package.json", "{"),
        ("node_modules/nameless/index.js", ""),
        ("node_modules/unversioned/package.json", r#"{"name": "unversioned"}"#),
        ("lib/a-1.0.dist-info/RECORD", ""),
        ("lib/b-1.0.dist-info/METADATA", "Name: b\n"),
    ]);
    let outside = TempDir::new().unwrap();
    of_npm(outside.path(), "x", "x", "1.0.0");
    symlink(outside.path().join("x"), folder.path().join("node_modules/x")).unwrap();
    symlink(outside.path(), folder.path().join("lib/node_modules")).unwrap();
    fs::create_dir(folder.path().join("node_modules/linked")).unwrap();
    symlink(outside.path().join("x/package.json"), folder.path().join("node_modules/linked/package.json")).unwrap();
    let inventory = read(&folder, Unlocked);
    let unknown: Vec<_> = skipped(&inventory)
        .into_iter()
        .map(|(path, why, reason)| {
            assert_eq!(why, Why::Unknown, "{path}");
            format!("{path}: {reason}")
        })
        .collect();
    assert_eq!(
        unknown,
        [
            "lib/node_modules: it is a link that leads out of what is scanned",
            "node_modules/broken/package.json: EOF while parsing an object at line 1 column 1",
            "node_modules/linked/package.json: it is a link or no file at all, and not followed",
            "node_modules/nameless/package.json: it is not there",
            "node_modules/unversioned/package.json: it has no version",
            "node_modules/x: it is a link that leads out of what is scanned",
            "lib/a-1.0.dist-info/METADATA: it is not there",
            "lib/b-1.0.dist-info/METADATA: it has no version",
        ]
    );
    assert_eq!(inventory.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["lib", "node_modules"]);
}

#[test]
fn a_manifest_is_answered_by_what_is_installed_beside_it_and_by_nothing_that_describes_itself() {
    let asks = r#"{"dependencies": {"a": "^1.0.0"}}"#;
    let project = "[project]\nname = \"shop\"\ndependencies = [\"a\"]\n";
    let folder = folder(&[
        ("ui/package.json", asks),
        ("api/package.json", asks),
        ("api/node_modules/.package-lock.json", "{}"),
        ("pyproject.toml", project),
    ]);
    of_npm(folder.path(), "ui/node_modules/a", "a", "1.0.0");
    of_python(folder.path(), "src/shop.egg-info/PKG-INFO", "shop", "0.1.0");
    let inventory = read(&folder, Unlocked);
    let paths: Vec<_> = skipped(&inventory).into_iter().map(|(path, why, _)| (path, why)).collect();
    assert_eq!(paths, [("api/package.json", Why::Unknown), ("pyproject.toml", Why::Unknown)]);
}

#[test]
fn a_folder_of_packages_that_is_named_itself_is_read() {
    let folder = folder(&[("package-lock.json", EMPTY_LOCK)]);
    of_npm(folder.path(), "node_modules/a", "a", "1.0.0");
    let inventory = offline::inventory(&folder.path().join("node_modules"), Unlocked).unwrap();
    assert_eq!(packages(&inventory), [".: a 1.0.0"]);
    let project = self::folder(&[("pyvenv.cfg", ""), ("requirements.txt", "b==1.0\n")]);
    assert_eq!(packages(&read(&project, Unlocked)), ["requirements.txt: b 1.0"]);
}
