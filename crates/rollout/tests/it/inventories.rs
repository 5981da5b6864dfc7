//! What a deployment is made of, read from its commit and from what was built of it.

use crate::bed::Bed;
use crate::product;

/// Installs two packages, of which the lockfile of the commit names one; the artifact holds no lockfile.
const INSTALL: &str = "mkdir -p node_modules/a node_modules/b lib/c-3.0.dist-info
echo '{\"name\": \"a\", \"version\": \"1.0.0\"}' > node_modules/a/package.json
echo '{\"name\": \"b\", \"version\": \"2.0.0\"}' > node_modules/b/package.json
printf 'Name: c\\nVersion: 3.0\\n' > lib/c-3.0.dist-info/METADATA
";

fn declaration() -> String {
    let start = product::command();
    format!(
        "product: shop
isolation: off
services:
  shop:
    build: {{ run: sh install.sh, keep: [\"node_modules/**\", \"lib/**\"] }}
    start: \"{start}\"
    health: {{ path: /up, within: 50s }}
    route: {{ path: / }}
rollout: {{ canary: [100], step_seconds: 0 }}
"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_installed_into_an_artifact_is_known_without_a_lockfile_in_it() {
    let bed = Bed::start().await;
    let lock = r#"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}"#;
    let commit = bed.repository.commit(&[
        ("trunkline.yaml", &declaration()),
        ("install.sh", INSTALL),
        ("package-lock.json", lock),
    ]);
    bed.until_live("shop", &commit).await;
    let inventory = bed.inventory(1).await;
    let told: Vec<_> =
        inventory.packages().map(|(path, package)| format!("{path}: {} {}", package.name, package.version)).collect();
    assert_eq!(told, ["lib: c 3.0", "node_modules: b 2.0.0", "package-lock.json: a 1.0.0"]);
    assert_eq!(inventory.gaps().next(), None);
    bed.end().await;
}
