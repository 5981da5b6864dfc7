//! What is sent again, and what never is.

use edge::InstanceState;
use rustix::process::Signal;

use crate::bench::{Bench, kill, until};

async fn broken_count(bench: &Bench) -> u64 {
    bench.http.get("/broken-count").await.text().parse().unwrap()
}

#[tokio::test]
async fn a_request_that_may_have_had_an_effect_is_never_sent_again() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    for sent in 1..=5 {
        // So that there is a kept connection, which is the tempting case.
        assert_eq!(bench.http.get("/").await.status, 200);
        let reply = bench.http.send("POST", "/broken", &[], "order=1").await.unwrap();
        assert_eq!(reply.status, 502);
        assert_eq!(broken_count(&bench).await, sent);
    }
    let total = &bench.client.state().await.unwrap().counts[0].total;
    assert_eq!((total.requests, total.failures), (15, 5));
}

#[tokio::test]
async fn a_repeatable_one_is_sent_once_more_if_its_kept_connection_broke() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    assert_eq!(bench.http.get("/").await.status, 200);
    assert_eq!(bench.http.get("/broken").await.status, 502);
    assert_eq!(broken_count(&bench).await, 2, "once on the kept connection, once on a new one");
    let total = &bench.client.state().await.unwrap().counts[0].total;
    assert_eq!((total.requests, total.failures), (3, 1), "one request, however often it was sent");
}

#[tokio::test]
async fn while_an_instance_comes_back_requests_wait_for_it() {
    let bench = Bench::new().await;
    let before = bench.run_and_route().await;
    assert_eq!(bench.http.get("/").await.status, 200);
    kill(before.pid.unwrap(), Signal::KILL);
    until("it is dead", async || !bench.processes().contains(&before.pid.unwrap())).await;
    // Repeatable ones: another could be lost on the kept connection before it is known to be gone.
    let replies = futures_util::future::join_all((0..10).map(|_| bench.http.send("GET", "/", &[], ""))).await;
    assert!(replies.iter().all(|reply| reply.as_ref().unwrap().status == 200), "{replies:?}");
    let after = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy && i.restarts == 1).await;
    assert_ne!(after.pid, before.pid);
    assert_eq!(after.port, before.port);
}

#[tokio::test]
async fn if_one_arm_has_nothing_healthy_the_other_serves_and_the_failure_is_its_own() {
    let bench = Bench::new().await;
    bench.run("old", 1).await;
    bench.route(1, &[(1, "old", 50), (2, "new", 50)]).await;
    for _ in 0..20 {
        assert_eq!(bench.http.get("/").await.name(), "old");
    }
    let counts = bench.client.state().await.unwrap().counts;
    let of = |deployment| counts.iter().find(|c| c.deployment == deployment).unwrap().total;
    assert_eq!((of(1).requests, of(1).failures), (20, 0));
    assert!(of(2).failures > 0 && of(2).failures == of(2).requests, "{:?}", of(2));
}
