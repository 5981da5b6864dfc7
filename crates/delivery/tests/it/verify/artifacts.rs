//! Artifacts.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use delivery::verify::StepState;
use delivery::verify::artifact::{self, Artifact, Error};

use super::harness::Harness;

/// A worktree of a build.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("shop/server.js", "serve()");
        tree.write("shop/node_modules/x/index.js", "x");
        tree.write("shop/node_modules/x/cli.js", "#!/usr/bin/env node");
        tree.write("README", "read me");
        tree.write("shop/.git/config", "[core]");
        let cli = tree.0.path().join("shop/node_modules/x/cli.js");
        fs::set_permissions(cli, fs::Permissions::from_mode(0o750)).unwrap();
        fs::create_dir_all(tree.0.path().join("shop/node_modules/.bin")).unwrap();
        symlink("../x/cli.js", tree.0.path().join("shop/node_modules/.bin/x")).unwrap();
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.0.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn keep(&self, path: &str, globs: &[&str], store: &Path) -> Result<Artifact, Error> {
        let globs: Vec<_> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        artifact::keep(self.0.path(), path, &globs, store)
    }
}

fn store() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_same_content_has_the_same_digest_and_is_read_only() {
    let store = store();
    let one = Tree::new().keep("shop", &["**"], store.path()).unwrap();
    let two = Tree::new().keep("shop", &[], store.path()).unwrap();
    assert_eq!((&one, one.files), (&two, 4));
    let folder = artifact::folder(store.path(), &one.digest);
    assert!(!folder.join("README").exists() && !folder.join("shop/.git").exists());
    assert_eq!(fs::read_link(folder.join("shop/node_modules/.bin/x")).unwrap(), Path::new("../x/cli.js"));
    let mode = |path: &str| fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("shop"), mode("shop/server.js"), mode("shop/node_modules/x/cli.js")), (0o555, 0o444, 0o555));
    assert_eq!(artifact::verify(store.path(), &one.digest).unwrap(), one);
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 1, "nothing unfinished is left");

    let other = Tree::new();
    other.write("shop/server.js", "serve( )");
    assert_ne!(other.keep("shop", &[], store.path()).unwrap().digest, one.digest);
    artifact::remove(store.path(), &one.digest).unwrap();
    assert!(!folder.exists());
}

#[test]
fn only_what_the_globs_name_is_kept() {
    let store = store();
    let tree = Tree::new();
    let kept = tree.keep("shop", &["*.js", "./node_modules/x/"], store.path()).unwrap();
    assert_eq!(kept.files, 3);
    let error = Tree::new().keep("shop", &["dist"], store.path()).unwrap_err();
    assert!(matches!(&error, Error::Empty { .. }) && error.hint().is_some());
    assert!(matches!(Tree::new().keep("shop", &["a{"], store.path()), Err(Error::Glob { .. })));
    assert!(matches!(Tree::new().keep("../shop", &[], store.path()), Err(Error::NoFolder { .. })));
}

#[test]
fn a_link_that_leads_out_is_refused() {
    for target in ["/etc/passwd", "../../..", "node_modules/../../../x"] {
        let tree = Tree::new();
        symlink(target, tree.0.path().join("shop/out")).unwrap();
        assert!(matches!(tree.keep("shop", &[], store().path()), Err(Error::Leaves { .. })), "{target}");
    }
    let tree = Tree::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("secret"), "s").unwrap();
    fs::remove_dir_all(tree.0.path().join("shop")).unwrap();
    symlink(elsewhere.path(), tree.0.path().join("shop")).unwrap();
    assert!(matches!(tree.keep("shop", &[], store().path()), Err(Error::NoFolder { .. })));
}

#[test]
fn a_file_that_a_cache_shares_is_copied() {
    let store = store();
    let tree = Tree::new();
    let cache = tree.0.path().join("cached");
    fs::hard_link(tree.0.path().join("shop/server.js"), &cache).unwrap();
    let kept = tree.keep("shop", &[], store.path()).unwrap();
    fs::write(&cache, "changed").unwrap();
    artifact::verify(store.path(), &kept.digest).unwrap();
}

#[test]
fn an_artifact_that_was_altered_is_noticed_and_replaced() {
    let store = store();
    let kept = Tree::new().keep("shop", &[], store.path()).unwrap();
    let file = artifact::folder(store.path(), &kept.digest).join("shop/server.js");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "evil()").unwrap();
    assert!(matches!(artifact::verify(store.path(), &kept.digest), Err(Error::Altered { .. })));
    assert_eq!(Tree::new().keep("shop", &[], store.path()).unwrap(), kept);
    assert_eq!(fs::read_to_string(file).unwrap(), "serve()");
}

#[tokio::test]
async fn a_build_says_why_nothing_came_of_it() {
    let service = |name: &str, build: &str| {
        format!(
            "{{ path: web, {build} start: node server.js, health: {{ path: /up, within: 5s }}, route: {{ path: /{name} }} }}"
        )
    };
    let harness = Harness::new(&format!(
        "product: shop\nservices:\n  fails: {}\n  empty: {}\n  plain: {}\n",
        service("fails", "build: { run: 'echo no such thing; exit 3' },"),
        service("empty", "build: { keep: [dist] },"),
        service("plain", ""),
    ));
    harness.repository.write("web/server.js", "serve()");
    harness.repository.commit("first");
    let ran = harness.verify().await;
    assert!(!ran.verified.passed);
    let why = ran.verified.why.as_deref().unwrap();
    assert!(why.starts_with("build failed: "), "{why}");
    if ran.state("build-fails") == StepState::Failed {
        assert_eq!(ran.summary("build-fails"), "exit code 3: no such thing");
    }
    if ran.state("build-empty") == StepState::Failed {
        assert!(ran.summary("build-empty").contains("matches keep (dist)"), "{}", ran.summary("build-empty"));
    }
}
