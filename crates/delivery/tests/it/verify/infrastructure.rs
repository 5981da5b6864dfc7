//! Terraform, for real, without any provider to download.

use std::fs;
use std::path::Path;
use std::time::Duration;

use delivery::verify::infrastructure::{self, Applied, Plan};
use exec::Launcher;

use super::harness::{Harness, Ran};

const DECLARED: &str = "{ product: shop, infrastructure: { dir: infra } }";

fn resource(input: &str, command: &str) -> String {
    format!(
        "resource \"terraform_data\" \"shop\" {{
           input = \"{input}\"
           triggers_replace = \"{input}\"
           provisioner \"local-exec\" {{ command = \"{command}\" }}
         }}\n"
    )
}

fn shop(main: &str) -> Harness {
    let harness = Harness::new(DECLARED);
    harness.repository.write("infra/main.tf", main);
    harness.repository.commit("infrastructure");
    harness
}

/// Says that a test is skipped where there is no Terraform; fails where nothing may be left out.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see it")]
fn has_terraform() -> bool {
    let has = infrastructure::program().is_some();
    if !has {
        assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "neither terraform nor tofu is on the PATH");
        eprintln!("skipped: neither terraform nor tofu is on the PATH");
    }
    has
}

fn planned(ran: &Ran) -> Plan {
    ran.assert_passed();
    ran.verified.plan.clone().unwrap()
}

/// A plan for another input, and so another plan.
async fn replanned(harness: &Harness, input: &str) -> Plan {
    harness.repository.write("infra/main.tf", &resource(input, "echo hello"));
    harness.repository.commit(input);
    planned(&harness.verify().await)
}

async fn apply(harness: &Harness, plan: &Plan) -> Applied {
    let log = harness.data().join("logs/apply.log");
    infrastructure::apply(&Launcher::beside_tests(), harness.data(), plan, &log).await.unwrap()
}

fn state(data: &Path) -> String {
    fs::read_to_string(data.join("infrastructure/shop/state/terraform.tfstate")).unwrap_or_default()
}

#[tokio::test]
async fn a_plan_is_saved_and_applied_exactly_once() {
    if !has_terraform() {
        return;
    }
    let harness = shop(&resource("one", "echo hello"));
    let plan = planned(&harness.verify().await);
    assert_eq!((plan.create, plan.change, plan.destroy, plan.has_changes()), (1, 0, 0, true));
    assert_eq!(plan.summary, "1 to create, nothing to change, nothing to destroy");
    assert!(plan.text.contains("terraform_data.shop will be created"), "{}", plan.text);
    assert_eq!(state(harness.data()), "", "planning changes nothing");
    assert!(plan.is_current(harness.data()));

    assert_eq!(apply(&harness, &plan).await, Applied::Done);
    let after = state(harness.data());
    assert!(after.contains("terraform_data"));
    assert!(!plan.is_current(harness.data()));
    assert_eq!(apply(&harness, &plan).await, Applied::Done, "it was done before");
    assert_eq!(state(harness.data()), after);

    let again = planned(&harness.verify().await);
    assert!(!again.has_changes(), "{}", again.summary);
    let replace = replanned(&harness, "two").await;
    assert_eq!((replace.create, replace.destroy), (1, 1));
}

#[tokio::test]
async fn a_stale_and_an_altered_plan_are_refused() {
    if !has_terraform() {
        return;
    }
    let harness = shop(&resource("one", "echo hello"));
    let first = planned(&harness.verify().await);
    let second = replanned(&harness, "two").await;
    let third = replanned(&harness, "three").await;
    assert_eq!(apply(&harness, &first).await, Applied::Done);
    let Applied::Failed { why } = apply(&harness, &second).await else { panic!("a stale plan was applied") };
    assert!(why.contains("stale"), "{why}");
    assert!(state(harness.data()).contains("\"one\""));
    let file = harness.data().join("infrastructure/shop/plans").join(&third.digest["sha256:".len()..]).join("plan");
    fs::write(file, "another plan").unwrap();
    let Applied::Failed { why } = apply(&harness, &third).await else { panic!("an altered plan was applied") };
    assert!(why.contains("not the one that was planned"), "{why}");
}

#[tokio::test]
async fn an_application_that_is_killed_midway_is_unknown_and_stays_so() {
    if !has_terraform() {
        return;
    }
    let harness = shop(&resource("one", "touch ../../applying; sleep 100"));
    let plan = planned(&harness.verify().await);
    let begun = harness.data().join("infrastructure/shop/plans").join(&plan.digest["sha256:".len()..]).join("begun");
    let killed = tokio::time::timeout(Duration::from_secs(4), apply(&harness, &plan)).await;
    assert!(killed.is_err(), "{killed:?}");
    assert!(begun.exists());
    assert_eq!(apply(&harness, &plan).await, Applied::Unknown);
}

#[tokio::test]
async fn a_failure_says_what_terraform_said() {
    if !has_terraform() {
        return;
    }
    let harness = shop(&resource("one", "exit 7"));
    let plan = planned(&harness.verify().await);
    let Applied::Failed { why } = apply(&harness, &plan).await else { panic!("it did not fail") };
    assert!(why.contains("local-exec"), "{why}");
    harness.repository.write("infra/main.tf", "resource \"no_such\" {\n");
    harness.repository.commit("broken");
    let ran = harness.verify().await;
    assert!(ran.verified.why.as_ref().unwrap().starts_with("terraform plan failed: "));
    assert!(ran.log("plan").contains("Error"));
}

#[tokio::test]
async fn a_plan_can_neither_read_our_token_nor_alter_the_state() {
    if !has_terraform() || exec::isolation::in_force().landlock_abi == 0 {
        return;
    }
    let harness = Harness::new(DECLARED);
    let data = harness.data().display().to_string();
    fs::write(harness.data().join("admin.token"), "tl_admin_x").unwrap();
    harness.repository.write("infra/main.tf", &resource("one", &format!("cat {data}/admin.token")));
    harness.repository.commit("hostile");
    let plan = planned(&harness.verify().await);
    assert!(matches!(apply(&harness, &plan).await, Applied::Failed { .. }));
    assert!(!fs::read_to_string(harness.data().join("logs/apply.log")).unwrap().contains("tl_admin_x"));
}
