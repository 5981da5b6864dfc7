//! The facade on SQLite and PostgreSQL. The edge is away: what is verified and recorded must not need it.

mod bed;
mod gates;
mod probing;
mod shipping;

use std::time::Duration;

use bed::Bed;
use delivery::By;
use kernel::{Kind, Problem};
use serde_json::Value;
use storage::args;
use storage::testing::databases;

fn by() -> By {
    By { who: "ann".into(), why: Some("because".into()) }
}

const SHOP: &str =
    "{ product: shop, checks: [{ name: unit, run: sh test.sh }], services: { shop: { start: sh serve.sh } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lands_is_verified_and_told() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "echo fine");
        let good = bed.repository.commit("a shop");
        bed.until_run(&good, "passed").await;
        let change = bed.delivery.change(&good[..7]).await.unwrap();
        assert_eq!(
            (change.commit.sha.as_str(), change.commit.subject.as_str()),
            (good.as_str(), "a shop"),
            "{}",
            bed.name()
        );
        assert_eq!(change.checks.unwrap().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["unit"]);
        assert_eq!(change.artifacts.unwrap().len(), 1);

        bed.repository.write("test.sh", "echo broken; exit 3");
        let bad = bed.repository.commit("a mistake");
        bed.until_run(&bad, "failed").await;
        let row = bed.delivery.changes(None, 1, "").await.unwrap().items.remove(0);
        assert_eq!(row.sha, bad);
        assert!(row.why.unwrap().contains("unit"), "it says which check failed");
        let kinds = bed.facts().await;
        let of_runs: Vec<_> = kinds
            .iter()
            .map(String::as_str)
            .filter(|kind| kind.starts_with("run.") || *kind == "change.landed")
            .collect();
        assert_eq!(
            of_runs,
            ["change.landed", "run.started", "run.passed", "change.landed", "run.started", "run.failed"]
        );
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_becomes_one_deployment() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "true");
        let sha = bed.repository.commit("a shop");
        bed.until_run(&sha, "passed").await;
        assert!(
            bed.delivery.deployments(None, None, 10).await.unwrap().items.is_empty(),
            "delivery decides nothing by itself"
        );
        bed.delivery.ship().await.unwrap();
        bed.delivery.ship().await.unwrap();
        let deployments = bed.delivery.deployments(Some("shop"), None, 10).await.unwrap().items;
        assert_eq!(deployments.len(), 1, "{}", bed.name());
        assert_eq!((deployments[0].number, deployments[0].commit.as_str()), (1, sha.as_str()));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_sealed_where_it_lies() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.delivery.set_secret("shop", "STRIPE_KEY", "sk_live_51", &by()).await.unwrap();
        let names = bed.delivery.secrets().await.unwrap();
        assert_eq!(
            (names[0].service.as_str(), names[0].name.as_str(), names[0].by.as_str()),
            ("shop", "STRIPE_KEY", "ann")
        );
        let rows = bed.db().all("SELECT sealed FROM delivery_secret", args![]).await.unwrap();
        let sealed: Vec<u8> = rows[0].get("sealed").unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"sk_live"), "the value is not in the store");
        bed.delivery.remove_secret("shop", "STRIPE_KEY", &by()).await.unwrap();
        let again = bed.delivery.remove_secret("shop", "STRIPE_KEY", &by()).await.unwrap_err();
        assert_eq!(Problem::from(again).kind, Kind::NotFound);
        let audit = storage::audit_page(bed.db(), None, 10).await.unwrap();
        let what: Vec<_> =
            audit.items.iter().map(|row| row.what.as_str()).filter(|what| what.starts_with("secret.")).collect();
        assert_eq!(what, ["secret.removed", "secret.set"], "newest first");
        assert!(!serde_json::to_string(&audit.items).unwrap().contains("sk_live"));
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_freeze_is_said_wherever_it_matters() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "true");
        let sha = bed.repository.commit("a shop");
        bed.until_run(&sha, "passed").await;
        bed.delivery.freeze("the fair is on", &by()).await.unwrap();
        bed.delivery.ship().await.unwrap();
        let status = bed.delivery.status().await.unwrap().services.remove(0);
        assert_eq!(status.frozen.as_deref(), Some("the fair is on"));
        assert!(!status.in_sync);
        assert!(bed.delivery.attention().await.unwrap().iter().any(|a| a.kind == "frozen"));
        bed.delivery.unfreeze(&by()).await.unwrap();
        assert_eq!(bed.delivery.status().await.unwrap().services[0].frozen, None);
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_short_is_run_again() {
    for test in databases().await {
        let mut bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "test -e ../../../../again || sleep 60");
        let sha = bed.repository.commit("a slow test");
        bed.until_run(&sha, "running").await;
        bed.restart().await;
        bed.until_run(&sha, "running").await;
        assert_eq!(bed.run_states(&sha).await, ["cancelled", "running"], "{}", bed.name());
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_change_ends_the_run_that_goes_on() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "sleep 60");
        let slow = bed.repository.commit("a slow test");
        bed.until_run(&slow, "running").await;
        bed.repository.write("test.sh", "true");
        let quick = bed.repository.commit("a quick one");
        bed.until_run(&quick, "passed").await;
        assert_eq!(bed.run_states(&slow).await, ["cancelled"], "{}", bed.name());
        let row = bed.delivery.change(&slow).await.unwrap().row;
        assert!(row.why.unwrap().contains(&quick[..7]), "it says for which change");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_declaration_is_said_with_its_place_and_stops_nothing_else() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "true");
        bed.repository.write("trunkline.yaml", "product: shop\nservices:\n  shop:\n    strat: sh serve.sh\n");
        let wrong = bed.repository.commit("a typo");
        bed.until_run(&wrong, "failed").await;
        let why = bed.delivery.change(&wrong).await.unwrap().row.why.unwrap();
        assert!(why.contains("trunkline.yaml:4:5") && why.contains("strat") && why.contains("start"), "{why}");
        bed.repository.write("trunkline.yaml", SHOP);
        let right = bed.repository.commit("without the typo");
        bed.until_run(&right, "passed").await;
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_that_have_no_answer_are_problems() {
    let bed = Bed::start(storage::testing::sqlite().await, SHOP).await;
    let kind = |error: delivery::Error| Problem::from(error).kind;
    assert_eq!(kind(bed.delivery.change("0000000").await.unwrap_err()), Kind::NotFound);
    assert_eq!(kind(bed.delivery.change("abc").await.unwrap_err()), Kind::InvalidInput);
    assert_eq!(kind(bed.delivery.run("none").await.unwrap_err()), Kind::NotFound);
    assert_eq!(kind(bed.delivery.deployment(7).await.unwrap_err()), Kind::NotFound);
    assert_eq!(kind(bed.delivery.roll_back(None, None, &by()).await.unwrap_err()), Kind::Conflict);
    assert_eq!(kind(bed.delivery.set_secret("shop", "1 BAD", "x", &by()).await.unwrap_err()), Kind::InvalidInput);
    assert_eq!(kind(bed.delivery.cancel_run("none").unwrap_err()), Kind::Conflict);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_force_push_is_followed_and_said() {
    for test in databases().await {
        let bed = Bed::start(test, SHOP).await;
        bed.repository.write("test.sh", "true");
        let first = bed.repository.commit("first");
        bed.until_run(&first, "passed").await;
        let second = bed.repository.commit("second");
        bed.until_run(&second, "passed").await;
        // In one step: two looks would see a trunk that was set back and then went on.
        bed.repository.git(&["commit", "--quiet", "--amend", "--allow-empty", "--message", "another second"]);
        let other = bed.repository.head();
        bed.until_run(&other, "passed").await;
        let dropped = bed.delivery.change(&second).await.unwrap();
        assert!(dropped.row.why.unwrap().contains("rewritten"), "{}", bed.name());
        let trouble = bed.delivery.attention().await.unwrap();
        assert!(trouble.iter().any(|a| a.kind == "trunk" && a.text.contains("force-pushed")), "{trouble:?}");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_believed_only_with_our_signature() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let bed = Bed::start(storage::testing::sqlite().await, SHOP).await;
    let signature = |secret: &str, body: &[u8]| {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    let secret = bed.delivery.webhook_secret();
    let ours = signature(&secret, b"{\"ref\":\"refs/heads/main\"}");
    assert!(bed.delivery.is_signed(&ours, b"{\"ref\":\"refs/heads/main\"}"));
    assert!(!bed.delivery.is_signed(&ours, b"{}"), "another body");
    assert!(!bed.delivery.is_signed(&signature("guess", b"{}"), b"{}"), "another secret");
    for nonsense in ["", "sha256=", "sha256=zz", &ours["sha256=".len()..]] {
        assert!(!bed.delivery.is_signed(nonsense, b"{}"), "{nonsense}");
    }
    bed.end().await;
}

/// How long anything may take here.
const SOON: Duration = Duration::from_mins(1);

/// A value as text, for comparing states.
fn text(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
