//! The edge dies and comes back; the product does not notice more than it must.

use std::time::{Duration, Instant};

use edge::{Error, InstanceState};
use rustix::process::Signal;

use crate::bench::{Bench, kill, until};

/// "Within a second", and a margin for a machine that runs other tests at the same time.
const SECOND: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn killed_it_is_back_within_a_second_with_the_same_addresses_routes_and_instances() {
    let mut bench = Bench::new().await;
    let instance = bench.run_and_route().await;
    let before = bench.client.state().await.unwrap();
    let cookie = bench.http.get("/").await.cookie().unwrap();
    bench.kill_9_edge();
    assert_eq!(bench.processes(), [instance.pid.unwrap()]);
    let refused = bench.client.state().await.unwrap_err();
    assert!(matches!(refused, Error::NotRunning { .. }), "{refused}");
    let direct = crate::http::Http::new(([127, 0, 0, 1], instance.port).into());
    assert_eq!(direct.get("/").await.status, 200, "the instance serves on");
    let began = Instant::now();
    let after = bench.start_edge().await;
    let reply = bench.http.get_with("/", &[("cookie", &cookie)]).await;
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    assert_eq!((reply.status.as_u16(), reply.cookie()), (200, None), "the cookie still counts");
    assert_eq!(reply.json()["pid"], instance.pid.unwrap());
    assert_eq!((after.product_address, after.system_address), (before.product_address, before.system_address));
    assert_eq!((after.generation, after.routes), (1, before.routes));
    assert_ne!((after.boot, after.pid), (before.boot, before.pid));
    let found = bench.instance("shop-1-1").await;
    assert_eq!((found.state, found.pid, found.restarts), (InstanceState::Healthy, instance.pid, 0));
    assert_eq!((found.started, found.healthy_at), (instance.started, instance.healthy_at));
}

#[tokio::test]
async fn what_died_while_it_was_away_is_started_again() {
    let mut bench = Bench::new().await;
    let instance = bench.run_and_route().await;
    bench.kill_9_edge();
    kill(instance.pid.unwrap(), Signal::KILL);
    until("it is dead", async || bench.processes().is_empty()).await;
    let began = Instant::now();
    bench.start_edge().await;
    assert_eq!(bench.http.get("/").await.status, 200, "the request waited for it");
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    let back = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy).await;
    assert_eq!((back.restarts, back.port), (1, instance.port));
}

#[tokio::test]
async fn an_instance_killed_together_with_its_shim_leaves_no_orphan() {
    let bench = Bench::new().await;
    let instance = bench.run_and_route().await;
    let record = std::fs::read_to_string(bench.path("edge/instances/shop-1-1.pid")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    kill(u32::try_from(record["shim_pid"].as_u64().unwrap()).unwrap(), Signal::KILL);
    let back = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy && i.restarts == 1).await;
    assert_ne!(back.pid, instance.pid);
    assert_eq!(bench.processes(), [back.pid.unwrap()]);
}

#[tokio::test]
async fn a_drain_and_a_stop_are_remembered() {
    let mut bench = Bench::new().await;
    bench.run_and_route().await;
    bench.run("shop-2-1", 2).await;
    bench.client.stop("shop-2-1", 0.0).await.unwrap();
    bench.until("shop-2-1", |i| i.state == InstanceState::Stopped).await;
    let http = bench.http.clone();
    let endless = tokio::spawn(async move { http.send("GET", "/slow/600000", &[], "").await });
    bench.until("shop-1-1", |i| i.in_flight == 1).await;
    bench.client.stop("shop-1-1", 600.0).await.unwrap();
    bench.kill_9_edge();
    assert!(endless.await.unwrap().is_err());
    bench.start_edge().await;
    bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
    assert_eq!(bench.instance("shop-2-1").await.state, InstanceState::Stopped);
    assert_eq!(bench.processes(), Vec::<u32>::new());
}

#[tokio::test]
async fn one_that_failed_to_become_healthy_is_not_tried_again() {
    let mut bench = Bench::new().await;
    bench.start("shop-1-1", 1, &[("EXIT", "3")]).await;
    let exited = InstanceState::Exited { status: "exited with status 3".into() };
    bench.until("shop-1-1", |i| i.state == exited).await;
    bench.kill_9_edge();
    bench.start_edge().await;
    assert_eq!(bench.instance("shop-1-1").await.state, exited);
}

#[tokio::test]
async fn killed_at_any_moment_of_a_start_there_is_one_process_and_it_is_known() {
    let mut bench = Bench::new().await;
    for n in 0..8_u64 {
        let id = format!("shop-{n}-1");
        let spec = bench.spec(&id, n, &[]);
        let client = bench.client.clone();
        let starting = tokio::spawn(async move { client.start(&spec).await });
        tokio::time::sleep(Duration::from_millis(n * 4)).await;
        bench.kill_9_edge();
        let _lost_or_not = starting.await.unwrap();
        bench.start_edge().await;
        let spec = bench.spec(&id, n, &[]);
        bench.client.start(&spec).await.unwrap();
        let healthy = bench.until(&id, |i| i.state == InstanceState::Healthy).await;
        assert_eq!(bench.processes(), [healthy.pid.unwrap()], "{n}");
        bench.client.stop(&id, 0.0).await.unwrap();
        bench.until(&id, |i| i.state == InstanceState::Stopped).await;
    }
}

#[tokio::test]
async fn what_has_no_record_any_more_is_ended() {
    let mut bench = Bench::new().await;
    bench.run("shop-1-1", 1).await;
    bench.run("shop-2-1", 2).await;
    bench.kill_9_edge();
    std::fs::remove_file(bench.path("edge/instances/shop-1-1.json")).unwrap();
    std::fs::write(bench.path("edge/instances/shop-2-1.json"), "{").unwrap();
    bench.start_edge().await;
    until("nothing runs", async || bench.processes().is_empty()).await;
    let again = bench.run("shop-1-1", 1).await;
    assert_eq!(bench.processes(), [again.pid.unwrap()]);
}

#[tokio::test]
async fn told_to_terminate_it_lets_requests_finish_and_leaves_the_instances() {
    let mut bench = Bench::new().await;
    let instance = bench.run_and_route().await;
    let http = bench.http.clone();
    let slow = tokio::spawn(async move { http.get("/slow/700").await });
    bench.until("shop-1-1", |i| i.in_flight == 1).await;
    bench.signal_edge(Signal::TERM);
    assert_eq!(slow.await.unwrap().status, 200);
    assert!(bench.edge_ends().await.success());
    assert_eq!(bench.processes(), [instance.pid.unwrap()]);
    bench.start_edge().await;
    assert_eq!(bench.http.get("/").await.json()["pid"], instance.pid.unwrap());
}

#[tokio::test]
async fn shut_down_it_ends_everything_and_the_next_edge_starts_it_again() {
    let mut bench = Bench::new().await;
    bench.run_and_route().await;
    bench.start("shop-2-1", 2, &[("NEVER", "1")]).await;
    bench.client.shutdown().await.unwrap();
    assert_eq!(bench.processes(), Vec::<u32>::new(), "all had ended when the call returned");
    assert!(bench.edge_ends().await.success());
    bench.start_edge().await;
    assert_eq!(bench.http.get("/").await.name(), "shop-1-1");
    let back = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy).await;
    assert_eq!(back.restarts, 0, "it did not end by itself");
    assert_eq!(bench.instance("shop-2-1").await.state, InstanceState::Starting);
}

#[tokio::test]
async fn there_is_one_edge_per_folder() {
    let bench = Bench::new().await;
    let mut second = bench.start_edge_process();
    until("the second gives up", async || second.try_wait().unwrap().is_some()).await;
    assert!(!second.wait().unwrap().success());
    assert!(bench.client.state().await.is_ok());
}
