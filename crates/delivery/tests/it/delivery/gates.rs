//! Gates judge a change of a real repository; what they say decides, is kept and is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use delivery::gate::{Candidate, Failure, Gate, Judgement, Verdict};
use delivery::verify::StepState;
use delivery::view::run::StepView;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use serde_json::json;
use storage::testing::databases;

use super::bed::Bed;
use super::{SHOP, text};

/// Says what stands in the file `verdict` of the commit.
#[derive(Debug, Default)]
struct Reading {
    asked: AtomicUsize,
}

impl Gate for Reading {
    fn name(&self) -> &'static str {
        "reading"
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(3)
    }

    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        async move {
            let said = std::fs::read_to_string(candidate.checkout.join("verdict"))?;
            let state = match said.as_str() {
                "passed" => Verdict::Passed,
                "failed" => Verdict::Failed,
                "unknown" => Verdict::Unknown,
                "held" => Verdict::Held,
                "panic" => panic!("the gate breaks"),
                "silence" => std::future::pending().await,
                other => return Err(format!("{other:?} is no verdict").into()),
            };
            let built: Vec<_> =
                candidate.artifacts.iter().map(|a| (&a.service, a.path.join("serve.sh").is_file())).collect();
            let evidence = json!({ "built": built, "live": candidate.live.len(), "run": candidate.run });
            let problem = Problem::invalid("it is not good enough").at("verdict", 1, 1).hint("write another word");
            Ok(Judgement::new(state, format!("it says {said}")).with_evidence(evidence).with_problems(vec![problem]))
        }
        .boxed()
    }
}

/// Does not answer when it is asked for the first time.
#[derive(Debug, Default)]
struct Slow {
    asked: AtomicUsize,
}

impl Gate for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn judge(&self, _: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        let is_first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                std::future::pending::<()>().await;
            }
            Ok(Judgement::new(Verdict::Passed, "fine now"))
        }
        .boxed()
    }
}

impl Bed {
    async fn gate(&self, sha: &str, name: &str) -> StepView {
        let view = self.delivery.change(sha).await.unwrap();
        let run = self.delivery.run(&view.row.run.unwrap()).await.unwrap();
        run.steps.into_iter().find(|step| step.name == name).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_stops_a_change_and_says_why() {
    for test in databases().await {
        let bed = Bed::judged_by(vec![Arc::new(Reading::default())], test, SHOP).await;
        bed.repository.write("test.sh", "true");
        bed.repository.write("verdict", "passed");
        let good = bed.repository.commit("good");
        bed.until_run(&good, "passed").await;
        let step = bed.gate(&good, "gate: reading").await;
        assert_eq!((text(&step.kind), step.state), ("gate".into(), StepState::Passed), "{}", bed.name());
        let run = bed.delivery.change(&good).await.unwrap().row.run.unwrap();
        let evidence = step.judgement.unwrap().evidence;
        assert_eq!(evidence, json!({ "built": [["shop", true]], "live": 0, "run": run }));

        bed.repository.write("verdict", "failed");
        let bad = bed.repository.commit("bad");
        bed.until_run(&bad, "failed").await;
        let step = bed.gate(&bad, "gate: reading").await;
        assert_eq!(step.state, StepState::Failed);
        let problem = step.judgement.unwrap().problems.remove(0);
        assert_eq!(problem.told(), "verdict:1:1: it is not good enough; write another word");
        assert!(step.log_bytes > 0);
        let change = bed.delivery.change(&bad).await.unwrap();
        assert_eq!(change.row.why.as_deref(), Some("gate reading: it says failed"));
        assert_eq!(change.row.state.word, "Stopped by a gate");
        let check = change.checks.unwrap().into_iter().find(|check| check.name == "gate: reading").unwrap();
        assert_eq!((check.state, check.summary.as_deref()), (StepState::Failed, Some("it says failed")));
        bed.delivery.ship().await.unwrap();
        let deployed = bed.delivery.deployments(None, None, 10).await.unwrap().items;
        assert!(deployed.iter().all(|deployment| deployment.commit == good), "what a gate stopped never ships");
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_does_not_pass() {
    let bed = Bed::judged_by(vec![Arc::new(Reading::default())], storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("test.sh", "true");
    let expected = [
        ("unknown", StepState::Failed, "unknown: it says unknown"),
        ("perhaps", StepState::Failed, "unknown: \"perhaps\" is no verdict"),
        ("panic", StepState::Failed, "unknown: it broke off"),
        ("silence", StepState::TimedOut, "unknown: it did not answer within 3 s"),
    ];
    for (word, state, summary) in expected {
        bed.repository.write("verdict", word);
        let sha = bed.repository.commit(word);
        bed.until_run(&sha, "failed").await;
        let step = bed.gate(&sha, "gate: reading").await;
        assert_eq!((step.state, step.summary.as_deref()), (state, Some(summary)), "{word}");
        assert_eq!(step.judgement.unwrap().state, Verdict::Unknown, "{word}");
        assert_eq!(bed.delivery.change(&sha).await.unwrap().row.why, Some(format!("gate reading: {summary}")));
    }
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_that_only_observes_says_what_it_would_have_done() {
    let bed = Bed::judged_by(vec![Arc::new(Reading::default())], storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("test.sh", "true");
    bed.repository.write("verdict", "held");
    let sha = bed.repository.commit("held");
    bed.until_run(&sha, "passed").await;
    let step = bed.gate(&sha, "gate: reading").await;
    assert_eq!((step.state, step.summary.as_deref()), (StepState::Passed, Some("would have failed: it says held")));
    assert_eq!(step.judgement.unwrap().state, Verdict::Held);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_about_a_change_that_fails_anyway() {
    let gate = Arc::new(Reading::default());
    let bed = Bed::judged_by(vec![gate.clone()], storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("test.sh", "exit 1");
    bed.repository.write("verdict", "passed");
    let sha = bed.repository.commit("broken");
    bed.until_run(&sha, "failed").await;
    assert_eq!(bed.gate(&sha, "gate: reading").await.state, StepState::Skipped);
    assert_eq!(gate.asked.load(Ordering::SeqCst), 0);
    assert_eq!(bed.delivery.change(&sha).await.unwrap().row.state.word, "Checks failed");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_cut_short_is_judged_again() {
    let gate = Arc::new(Slow::default());
    let mut bed = Bed::judged_by(vec![gate.clone()], storage::testing::sqlite().await, SHOP).await;
    bed.repository.write("test.sh", "true");
    let sha = bed.repository.commit("a shop");
    crate::git::until(|| gate.asked.load(Ordering::SeqCst) == 1).await;
    bed.restart().await;
    bed.until_run(&sha, "passed").await;
    assert_eq!(bed.run_states(&sha).await, ["cancelled", "passed"]);
    assert_eq!(gate.asked.load(Ordering::SeqCst), 2);
    bed.end().await;
}
