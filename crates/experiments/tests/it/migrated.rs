//! A store from before experiments had runs: what was stored stays, and can be asked for.

use std::sync::Arc;

use experiments::model::{Decision, Definition, assess, parse};
use experiments::{By, Experiments, MIGRATIONS, Options, Stage};
use jiff::Timestamp;
use kernel::{Clock as _, ManualClock};
use storage::testing::databases;
use storage::{Db, Migrations, args};

use crate::facade::{Halves, Memory};
use crate::simulated::nothing_seen;

const FILE: &str = "{ experiment: gift-wrap, owner: sales, hypothesis: h, flag: gift-wrap, control: 'off', treatment: 'on',
    within: 1m, min_duration: 1m, min_persons: 50, planned_persons: 400, metrics: [{ name: paid, role: success, journey: checkout }] }";

/// Two looks of a run, of which the second one found the arms' sizes wrong.
async fn as_it_was(db: &Db, definition: &Definition, at: Timestamp) {
    let before = Migrations { context: MIGRATIONS.context, scripts: &MIGRATIONS.scripts[..1] };
    db.migrate(&[before]).await.unwrap();
    let text = serde_json::to_string(definition).unwrap();
    let mut tx = db.begin().await.unwrap();
    let mut last = None;
    for (look, treated) in [(1, 10), (2, 900)] {
        let mut evidence = nothing_seen(&["paid"]);
        (evidence.look, evidence.shown.a, evidence.shown.b) = (look, 10, treated);
        let assessment = assess(definition, &evidence);
        let [seen, said] = [serde_json::to_string(&evidence), serde_json::to_string(&assessment)].map(Result::unwrap);
        let sql = "INSERT INTO experiments_look (experiment, look, at, definition, evidence, assessment) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.execute(sql, args!["gift-wrap", look, at, text.as_str(), seen.as_str(), said.as_str()]).await.unwrap();
        last = Some((seen, said));
    }
    let (seen, said) = last.unwrap();
    tx.execute(
        "INSERT INTO experiments_experiment (experiment, definition, running, file, commit_sha, declared, state, started, ended,
             decision, looks, srm_p, evidence, assessment)
         VALUES ('gift-wrap', $1, $1, 'experiments/gift-wrap.yaml', 'c1', $2, 'decided', $2, $2, '\"invalid\"', 2, 0.0001, $3, $4)",
        args![text.as_str(), at, seen.as_str(), said.as_str()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_decided_before_there_were_runs_is_the_first_run() {
    for test in databases().await {
        let clock = ManualClock::at("2026-11-24T12:00:00Z".parse().unwrap());
        as_it_was(&test.db, &parse(FILE, "x.yaml").unwrap(), clock.now()).await;
        test.db.migrate(&[MIGRATIONS]).await.unwrap();
        let experiments = Experiments::open(Options {
            db: test.db.clone(),
            clock: Arc::new(clock),
            customers: Arc::new(Memory::default()),
            flags: Arc::new(Halves),
        });
        let view = experiments.show("gift-wrap").await.unwrap();
        assert_eq!((view.run, view.verdict.unwrap().decision), (1, Decision::Invalid));
        experiments.begin("gift-wrap", &By { who: "ada".into(), why: None }).await.unwrap();

        let first = experiments.run("gift-wrap", 1).await.unwrap();
        assert_eq!((first.state, first.verdict.unwrap().decision), (Stage::Decided, Decision::Invalid));
        let looks = experiments.looks("gift-wrap", Some(1)).await.unwrap();
        assert_eq!(looks.iter().map(|look| look.look).collect::<Vec<_>>(), [1, 2]);
        let column = "SELECT look FROM experiments_look WHERE is_decision";
        let decided = test.db.all(column, args![]).await.unwrap();
        assert_eq!(decided.iter().map(|row| row.get::<u64>("look").unwrap()).collect::<Vec<_>>(), [2]);
    }
}
