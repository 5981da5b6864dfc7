//! Products that nobody tuned for: `init`, `up`, push, canary, rollback, roll-forward.

use std::process::Command;
use std::time::Duration;

use acceptance::{Installation, Load, Options, Repository, binary, products, skip, until};

const SOON: Duration = Duration::from_secs(150);

/// What a product brings: how it is written in a version, and broken.
struct Product {
    name: &'static str,
    write: fn(&Repository, &str),
    write_broken: fn(&Repository, &str),
}

const PYTHON: Product = Product { name: "pets", write: products::python, write_broken: products::python_broken };
const RUST: Product = Product { name: "pond", write: products::rust, write_broken: products::rust_broken };

#[test]
fn a_python_product_from_init_to_roll_forward() {
    play(&PYTHON, Options::default());
}

#[test]
fn a_rust_product_from_init_to_roll_forward() {
    play(&RUST, Options::default());
}

#[test]
fn the_control_store_in_postgresql() {
    let Ok(server) = std::env::var("TRUNKLINE_TEST_POSTGRES") else {
        return skip("the story with PostgreSQL", "TRUNKLINE_TEST_POSTGRES names no server");
    };
    let database = database(&server);
    play(&PYTHON, Options { database: Some(database), env: vec![] });
}

/// A database of this test's own.
fn database(server: &str) -> String {
    let name = format!("story_{}", std::process::id());
    let psql = acceptance::program("psql").or_else(|| {
        let all = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        all.map(|entry| entry.path().join("bin/psql")).find(|path| path.is_file())
    });
    let psql = psql.expect("psql comes with PostgreSQL");
    let made = Command::new(psql).arg(server).args(["--command", &format!("CREATE DATABASE {name}")]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

fn play(product: &Product, options: Options) {
    let root = tempfile::tempdir().unwrap();
    let repository = Repository::new(&root.path().join(product.name));
    (product.write)(&repository, "v1");
    repository.commit("first version");
    let init = Command::new(binary()).arg("init").current_dir(repository.folder()).output().unwrap();
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    quicken(&repository);
    repository.commit("describe the pipeline");

    let mut trunkline = Installation::start_with(repository.folder(), &root.path().join("data"), options);
    until("the first commit is served", || trunkline.product("/").body.starts_with("v1"));
    let load = Load::start(&trunkline.product_url, 8, 100.0, |_| "/page".into());

    (product.write)(&repository, "v2");
    let second = repository.commit("second version");
    trunkline.until_phase(&second, "live", SOON);
    assert!(trunkline.product("/").body.starts_with("v2"));

    let bad = taken_back(product, &trunkline, &repository);
    repository.write("NOTES", "an innocent change\n");
    let innocent = repository.commit("an innocent change on top");
    until("the innocent change waits behind the bad one", || {
        let why = format!("held behind {}", &bad[..7]);
        waiting(&trunkline).iter().any(|(commit, reason)| *commit == innocent && reason.contains(&why))
    });
    assert!(trunkline.product("/").body.starts_with("v2"));

    (product.write)(&repository, "v4");
    let fix = repository.commit(&format!("mend it\n\nFixes: {bad}"));
    trunkline.until_phase(&fix, "live", SOON);
    assert!(trunkline.product("/").body.starts_with("v4"));
    assert_eq!(trunkline.status()["services"][0]["in_sync"], true);

    back_by_hand(&mut trunkline, &second);
    let report = load.stop();
    assert_eq!(report.failed, 0, "{report:?}");
    trunkline.down();
    assert_eq!(trunkline.product("/").status, 0, "down stops the product");
}

/// The default rollout is made for real traffic; here a few dozen visitors are enough.
fn quicken(repository: &Repository) {
    let path = repository.folder().join("trunkline.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("rollout:")).collect();
    let rollout = "rollout: { canary: [20, 100], step_seconds: 1, step_persons: 20, patience_seconds: 3 }";
    std::fs::write(path, format!("{}\n{rollout}\n", kept.join("\n"))).unwrap();
}

/// A version that fails goes to a few, is seen to be bad and taken back without a hand.
fn taken_back(product: &Product, trunkline: &Installation, repository: &Repository) -> String {
    (product.write_broken)(repository, "v3");
    let bad = repository.commit("a version that fails");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    trunkline.product("/");
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
        }
        trunkline.until_phase(&bad, "rolled_back", SOON);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let reason = trunkline.deployment_of(&bad).unwrap()["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("fail"), "it says why: {reason:?}");
    assert!(trunkline.product("/").body.starts_with("v2"));
    bad
}

fn waiting(trunkline: &Installation) -> Vec<(String, String)> {
    let status = trunkline.status();
    let list = status["services"][0]["waiting"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(|w| (text(&w["commit"]), text(&w["why"]))).collect()
}

fn back_by_hand(trunkline: &mut Installation, to: &str) {
    let number = trunkline.deployment_of(to).unwrap()["number"].to_string();
    let (code, answer) = trunkline.cli(&["deploy", "rollback", "--to", &number, "--reason", "the old one was better"]);
    assert_eq!(code, 0, "{answer}");
    assert!(trunkline.product("/").body.starts_with("v2"));
    trunkline.kill();
    assert!(
        (0..20).all(|_| trunkline.product("/").body.starts_with("v2")),
        "the product lives on without the control plane"
    );
    let address = trunkline.product_url.clone();
    trunkline.up();
    assert_eq!(trunkline.product_url, address);
    assert!(trunkline.product("/").body.starts_with("v2"));
}
