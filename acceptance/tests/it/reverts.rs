//! `on_rollback: revert`: what production took back, trunk takes back too; and trunk as a bare repository that is pushed to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use acceptance::{Installation, Repository, products, until};

const SOON: Duration = Duration::from_mins(2);

#[test]
fn a_rollback_lands_its_revert_and_production_follows() {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join("pets"));
    products::python(&repository, "v1");
    let declared = products::quick_python("[50, 100]", "")
        .replace("patience_seconds: 2", "patience_seconds: 2, on_rollback: revert");
    repository.write("trunkline.yaml", &declared);
    repository.commit("first version");
    let bare = root.path().join("origin.git");
    repository.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    repository.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    let trunkline = Installation::start(&bare, &root.path().join("data"));
    until("the first version is served", || trunkline.product("/").body.starts_with("v1"));

    products::python_broken(&repository, "v2");
    let bad = repository.commit("a version that fails");
    repository.git(&["push", "--quiet", "origin", "main"]);
    with_customers(&trunkline, || {
        trunkline.until_phase(&bad, "rolled_back", SOON);
    });

    until("a revert is on trunk", || repository.git(&["ls-remote", "origin", "main"]).split('\t').next() != Some(&bad));
    repository.git(&["pull", "--quiet", "origin", "main"]);
    let message = repository.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains(&format!("This reverts commit {bad}")), "{message}");
    let revert = repository.git(&["rev-parse", "HEAD"]);
    trunkline.until_phase(&revert, "live", SOON);
    assert!(trunkline.product("/page").body.starts_with("v1"));
    assert_eq!(trunkline.status()["services"][0]["in_sync"], true);
}

fn with_customers(trunkline: &Installation, act: impl FnOnce()) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    trunkline.product("/");
                    std::thread::sleep(Duration::from_millis(15));
                }
            });
        }
        act();
        stop.store(true, Ordering::Relaxed);
    });
}
