//! Verifiers: who is one, where they go, what the product hears of them, and that nobody counts them.

use edge::Prober;
use edge::probe::{LIFE_MAX, fresh_run};
use jiff::{SignedDuration, Timestamp};
use kernel::{Clock, SystemClock};
use rustix::process::Signal;
use serde_json::json;

use crate::bench::{Bench, kill};
use crate::http::Reply;

fn soon() -> Timestamp {
    SystemClock.now() + SignedDuration::from_mins(1)
}

/// Version 1 has the customers, version 2 is dark.
async fn dark() -> (Bench, Prober) {
    let bench = Bench::new().await;
    bench.run("old", 1).await;
    bench.run("new", 2).await;
    bench.route(1, &[(1, "old", 100), (2, "new", 0)]).await;
    let prober = Prober::of(bench.data()).unwrap();
    (bench, prober)
}

async fn get(bench: &Bench, headers: &[(&str, &str)]) -> Reply {
    bench.http.get_with("/", headers).await
}

#[tokio::test]
async fn a_verifier_sees_the_dark_version_and_nobody_else_does() {
    let (bench, prober) = dark().await;
    let run = fresh_run();
    let value = prober.value(&run, 2, soon()).unwrap();
    for _ in 0..3 {
        let customers = get(&bench, &[]).await.cookie().unwrap();
        let reply = get(&bench, &[("trunkline-probe", &value), ("cookie", &customers)]).await;
        assert_eq!((reply.name().as_str(), reply.header("trunkline-release")), ("new", "2"));
        assert_eq!(reply.seen("trunkline-person"), Some(format!("verifier:{run}")));
        assert_eq!(reply.seen("trunkline-release").as_deref(), Some("2"));
        assert_eq!(reply.seen("trunkline-verifier").as_deref(), Some("1"));
        assert_eq!(reply.seen("trunkline-probe"), None, "the product could pass it on");
        assert_eq!(reply.cookie(), None);
    }
    for _ in 0..40 {
        assert_eq!(get(&bench, &[]).await.name(), "old");
    }
    let state = bench.client.state().await.unwrap();
    let (old, new) = (&state.counts[0].total, &state.counts[1].total);
    assert_eq!((old.requests, old.persons, new.requests, new.clients), (43, 0, 0, 0), "verifiers are not counted");
    let seen = bench.system.get("/tiny/seen").await.json();
    let verifiers: Vec<_> = seen.as_array().unwrap().iter().filter(|seen| seen["probe"] == run.as_str()).collect();
    assert_eq!((verifiers.len(), &verifiers[0]["witness"], &verifiers[0]["deployment"]), (3, &json!(null), &json!(2)));
}

#[tokio::test]
async fn any_other_request_with_such_a_header_is_a_customers() {
    let (bench, prober) = dark().await;
    let run = fresh_run();
    let good = prober.value(&run, 2, soon()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = Prober::of(elsewhere.path()).unwrap().value(&run, 2, soon()).unwrap();
    let other_deployment = prober.value(&run, 1, soon()).unwrap().replacen(".1.", ".2.", 1);
    let bad = [
        foreign,
        other_deployment,
        prober.value(&run, 2, SystemClock.now() - SignedDuration::from_secs(2)).unwrap(),
        prober.value(&run, 2, soon() + LIFE_MAX).unwrap(),
        prober.value(&run, 3, soon()).unwrap(),
        good[..good.len() - 2].to_owned(),
        format!("{good}A"),
        good.to_uppercase(),
        format!("{good}, {good}"),
        format!("{run}.2.99999999999.0."),
        String::new(),
        "....".to_owned(),
    ];
    let headers: Vec<Vec<(&str, &str)>> = bad
        .iter()
        .map(|value| vec![("trunkline-probe", value.as_str())])
        .chain([
            vec![("trunkline-probe", good.as_str()), ("trunkline-probe", good.as_str())],
            vec![("trunkline-verifier", "1"), ("trunkline-person", "verifier:00"), ("trunkline-release", "2")],
            vec![("cookie", "trunkline_id=verifier:00.x")],
        ])
        .collect();
    for headers in headers {
        let reply = get(&bench, &headers).await;
        assert_eq!((reply.name().as_str(), reply.header("trunkline-release")), ("old", ""), "{headers:?}");
        assert!(!reply.seen("trunkline-person").unwrap().contains("verifier"), "{headers:?}");
        assert_eq!(reply.seen("trunkline-release").as_deref(), Some("1"));
        assert_eq!((reply.seen("trunkline-verifier"), reply.seen("trunkline-probe")), (None, None), "{headers:?}");
        assert!(reply.cookie().is_some());
    }
    assert_eq!(get(&bench, &[("trunkline-probe", &good)]).await.name(), "new", "the good one still is");
}

#[tokio::test]
async fn a_product_with_its_own_ids_cannot_be_told_of_a_verifier_by_a_customer() {
    let bench = Bench::new().await;
    bench.run("old", 1).await;
    let person = Some(edge::PersonSource::Cookie("uid".into()));
    let route = edge::ServiceRoute { person, ..crate::bench::shop(&[(1, "old", 100)]) };
    bench.client.put_routes(&edge::Routes { generation: 1, services: vec![route] }).await.unwrap();
    let seen = get(&bench, &[("cookie", "uid=verifier:00")]).await.seen("trunkline-person").unwrap();
    assert!(!seen.contains("verifier"), "{seen}");
}

#[tokio::test]
async fn each_meets_its_own_version_or_none() {
    let (bench, prober) = dark().await;
    let value = prober.value(&fresh_run(), 2, soon()).unwrap();
    let new = bench.instance("new").await;
    kill(new.pid.unwrap(), Signal::STOP);
    bench.until("new", |instance| instance.state.word() == "unhealthy").await;
    assert_eq!(get(&bench, &[]).await.name(), "old");
    kill(new.pid.unwrap(), Signal::CONT);
    bench.until("new", |instance| instance.state.word() == "healthy").await;
    bench.client.stop("new", 0.0).await.unwrap();
    let reply = get(&bench, &[("trunkline-probe", &value)]).await;
    assert_eq!(reply.status, 503, "the live version's answer would prove nothing");
}

#[tokio::test]
async fn customers_do_not_get_into_a_dark_version_when_theirs_is_down() {
    let (bench, prober) = dark().await;
    bench.client.stop("old", 0.0).await.unwrap();
    assert_eq!(get(&bench, &[]).await.status, 503);
    let value = prober.value(&fresh_run(), 2, soon()).unwrap();
    assert_eq!(get(&bench, &[("trunkline-probe", &value)]).await.name(), "new");
}
