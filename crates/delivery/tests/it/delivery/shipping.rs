//! What is due is deployed over a real edge: what is refused, what is kept of it, and what the five metrics make of its history.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use delivery::view::deployment::DeploymentItem;
use delivery::{Outcome, Probe};
use kernel::Clock as _;
use storage::args;
use storage::testing::databases;

use super::bed::Bed;
use super::{SOON, by};

const SHOP: &str = "
product: shop
checks: [{ name: unit, run: 'true' }]
services: { shop: { build: { run: 'echo built > built.txt' }, start: node serve.js, health: { path: /up, within: 20s } } }
rollout: { canary: [100] }
";
const SERVE: &str =
    "require('http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT, '127.0.0.1');";

impl Bed {
    /// Has the next commit verified and its deployment queued.
    async fn queue(&self, message: &str) -> String {
        let sha = self.repository.commit(message);
        self.until_run(&sha, "passed").await;
        sha
    }

    async fn newest(&self) -> DeploymentItem {
        self.delivery.deployments(None, None, 1).await.unwrap().items.remove(0)
    }

    /// Waits until the newest deployment is there; nobody probes it.
    async fn until_phase(&self, phase: &str) -> DeploymentItem {
        let began = Instant::now();
        loop {
            let newest = self.newest().await;
            if newest.phase == phase {
                return newest;
            }
            if newest.phase == "probing" {
                self.delivery.probed(newest.number, Outcome::NothingToProbe).await.unwrap();
            }
            assert!(began.elapsed() < SOON, "not {phase} on {}: {newest:?}", self.name());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn deploy(&self, message: &str) -> String {
        let sha = self.queue(message).await;
        self.delivery.ship().await.unwrap();
        self.until_phase("live").await;
        sha
    }

    async fn set_provenance(&self, value: Option<String>, sha: &str) {
        let mut tx = self.db().begin().await.unwrap();
        assert_eq!(tx.execute(SET, args![value, sha]).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
}

const SET: &str = "UPDATE delivery_artifact SET provenance = $1 WHERE sha = $2";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_built_here_is_signed_checked_and_shown() {
    for test in databases().await {
        let bed = Bed::with_edge(test, SHOP).await;
        bed.repository.write("serve.js", SERVE);
        let sha = bed.deploy("a shop").await;
        let told = bed.delivery.provenance(1).await.unwrap();
        assert!(told.verified, "{:?} on {}", told.why, bed.name());
        let statement = told.statement.unwrap();
        let artifact = bed.delivery.change(&sha).await.unwrap().artifacts.unwrap().remove(0);
        assert_eq!(
            format!("sha256:{}", statement["subject"][0]["digest"]["sha256"].as_str().unwrap()),
            artifact.digest
        );
        let build = &statement["predicate"]["buildDefinition"];
        assert_eq!(build["externalParameters"]["command"], "echo built > built.txt");
        assert_eq!(build["resolvedDependencies"][0]["digest"]["gitCommit"], sha);
        let run = bed.delivery.change(&sha).await.unwrap().row.run.unwrap();
        assert_eq!(statement["predicate"]["runDetails"]["metadata"]["invocationId"], run);
        assert!(artifact.provenance.verified);
        assert_eq!(bed.delivery.provenance_key().keyid, told.key);
        let step = serde_json::to_value(&bed.delivery.deployment(1).await.unwrap().steps[0]).unwrap();
        assert_eq!((step["kind"].as_str(), step["state"].as_str()), (Some("artifact"), Some("passed")));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_probe_walked_and_said_is_kept_with_the_deployment() {
    let bed = Bed::with_edge(storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("serve.js", SERVE);
    bed.queue("a shop").await;
    bed.delivery.ship().await.unwrap();
    let began = Instant::now();
    while bed.newest().await.phase != "probing" {
        assert!(began.elapsed() < SOON, "{:?}", bed.newest().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (journey, command) in [("checkout", "echo paid"), ("search", "echo no button; exit 1")] {
        let probe = Probe { journey: journey.into(), command: command.into(), run: delivery::fresh_run() };
        bed.delivery.run_probe(1, &probe).await.unwrap();
    }
    let steps = serde_json::to_value(bed.delivery.deployment(1).await.unwrap().steps).unwrap();
    let probes: Vec<_> = steps.as_array().unwrap().iter().filter(|step| step["kind"] == "probe").collect();
    let told: Vec<_> = probes.iter().map(|p| (p["name"].as_str(), p["state"].as_str(), p["log"].as_str())).collect();
    let expected = [("checkout", "passed", "probe-checkout"), ("search", "failed", "probe-search")];
    assert_eq!(told, expected.map(|(name, state, log)| (Some(name), Some(state), Some(log))));
    assert!(probes[0]["evidence"]["said"].as_str().unwrap().contains("paid"), "{steps}");
    assert!(probes[1]["summary"].as_str().unwrap().contains("no button"), "{steps}");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_check_out_is_never_started() {
    let bed = Bed::with_edge(storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("serve.js", SERVE);
    let first = bed.deploy("a shop").await;
    let row =
        bed.db().one("SELECT provenance FROM delivery_artifact WHERE sha = $1", args![first.as_str()]).await.unwrap();
    let of_the_first: String = row.unwrap().get("provenance").unwrap();
    let mut forged: serde_json::Value = serde_json::from_str(&of_the_first).unwrap();
    forged["payload"] = "e30=".into();

    let refused = [
        ("missing", None, "it has no provenance"),
        ("forged", Some(forged.to_string()), "its signature was forged"),
        ("of another commit", Some(of_the_first), "its provenance speaks of the"),
        ("no envelope", Some("{}".to_owned()), "cannot be read"),
    ];
    for (name, envelope, why) in refused {
        bed.repository.write("name.txt", name);
        let sha = bed.queue(name).await;
        bed.set_provenance(envelope, &sha).await;
        bed.delivery.ship().await.unwrap();
        let failed = bed.until_phase("failed").await;
        let reason = failed.reason.unwrap();
        assert!(reason.starts_with("its artifact was refused: ") && reason.contains(why), "{name}: {reason}");
        assert!(!bed.delivery.provenance(failed.number).await.unwrap().verified, "{name}");
        assert!(bed.delivery.deployment(failed.number).await.unwrap().instances.is_empty(), "{name}");
    }

    bed.repository.write("name.txt", "another content");
    let sha = bed.queue("another content").await;
    let artifact = bed.delivery.change(&sha).await.unwrap().artifacts.unwrap().remove(0);
    let file = bed.artifact(&artifact.digest).join("serve.js");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(&file, "evil()").unwrap();
    bed.delivery.ship().await.unwrap();
    let reason = bed.until_phase("failed").await.reason.unwrap();
    assert!(reason.contains("has been altered"), "{reason}");
    let status = bed.delivery.status().await.unwrap().services.remove(0);
    assert_eq!(status.live.unwrap().commit, first, "customers have what they had");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_five_metrics_of_a_real_history() {
    for test in databases().await {
        let bed = Bed::with_edge(test, SHOP).await;
        // Commits have whole seconds: what is committed within this one might be from before the trunk was watched.
        tokio::time::sleep(Duration::from_secs(1)).await;
        bed.repository.write("serve.js", SERVE);
        bed.deploy("a shop").await;
        let bad = bed.deploy("a mistake").await;
        bed.delivery.roll_back(None, None, &by()).await.unwrap();
        bed.until_phase("rolled_back").await;
        bed.deploy(&format!("mended\n\nFixes: {bad}")).await;

        let told = bed.delivery.dora(None, None, 1, Some("shop")).await.unwrap().services.remove(0);
        assert_eq!(told.lead_time.changes, 3, "{told:?}");
        let lead = told.lead_time.median_seconds.unwrap();
        assert!(lead > 0.0 && lead < SOON.as_secs_f64(), "{lead}");
        let frequency = &told.deployment_frequency;
        assert_eq!((frequency.deployments, frequency.per_day), (3, None), "going back is no deployment");
        assert_eq!((told.change_failure_rate.counted, told.change_failure_rate.deployments), (1, 3));
        assert_eq!((told.recovery_time.recovered, told.recovery_time.open), (1, 0));
        assert!(told.recovery_time.median_seconds.unwrap() < SOON.as_secs_f64());
        assert_eq!(told.rework_rate.counted, 1, "the commit that mends");

        let now = kernel::SystemClock.now();
        let later =
            bed.delivery.dora(Some(now + SOON), Some(now + 2 * SOON), 1, None).await.unwrap().services.remove(0);
        assert_eq!((later.lead_time.changes, later.change_failure_rate.rate), (0, None), "{}", bed.name());
        bed.delivery.dora(Some(now), Some(now), 1, None).await.unwrap_err();
        bed.delivery.dora(None, None, 1, Some("nothing")).await.unwrap_err();
        let three = bed.delivery.dora(None, None, 3, None).await.unwrap();
        assert_eq!((three.earlier.len(), three.earlier[1].to.as_str()), (2, three.from.as_str()));
        for windows in [0, 13] {
            bed.delivery.dora(None, None, windows, None).await.unwrap_err();
        }
        bed.end().await;
    }
}
