//! The life of an instance.

use std::time::Duration;

use edge::{Error, Health, InstanceSpec, InstanceState};
use rustix::process::Signal;

use crate::bench::{Bench, kill, until};

#[tokio::test]
async fn starting_is_idempotent_and_keeps_one_process() {
    let bench = Bench::new().await;
    let spec = bench.spec("shop-1-1", 1, &[]);
    let (first, second) = tokio::join!(bench.client.start(&spec), bench.client.start(&spec));
    assert_eq!(first.unwrap().pid, second.unwrap().pid);
    let healthy = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy).await;
    let again = bench.client.start(&spec).await.unwrap();
    assert_eq!((again.pid, again.state, again.restarts), (healthy.pid, InstanceState::Healthy, 0));
    assert!(healthy.healthy_at.is_some() && healthy.started.is_some() && healthy.last_lines.is_empty());
    assert_eq!(bench.processes(), [healthy.pid.unwrap()]);
}

#[tokio::test]
async fn one_that_ends_before_it_is_healthy_says_how_and_is_not_started_again() {
    let bench = Bench::new().await;
    bench.start("shop-1-1", 1, &[("EXIT", "3")]).await;
    let exited = bench.until("shop-1-1", |i| matches!(i.state, InstanceState::Exited { .. })).await;
    assert_eq!(exited.state, InstanceState::Exited { status: "exited with status 3".into() });
    assert!(exited.last_lines.iter().any(|line| line == "cannot read settings.json"), "{exited:?}");
    assert_eq!((exited.pid, exited.restarts, exited.healthy_at), (None, 0, None));
    bench.client.stop("shop-1-1", 1.0).await.unwrap();
    bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
}

#[tokio::test]
async fn one_that_cannot_be_started_says_why() {
    let bench = Bench::new().await;
    let mut spec = bench.spec("shop-1-1", 1, &[]);
    spec.spec.command = vec!["./no-such-program".into()];
    let InstanceState::Exited { status } = bench.client.start(&spec).await.unwrap().state else { panic!("it runs") };
    assert!(status.starts_with("did not start: ") && status.contains("no-such-program does not exist"), "{status}");
}

#[tokio::test]
async fn one_that_is_never_healthy_says_what_was_asked_and_what_came() {
    let bench = Bench::new().await;
    let within = |path: &str| Health { path: path.into(), within_seconds: 0.5 };
    let deaf = InstanceSpec { health: within("/up"), ..bench.spec("deaf", 1, &[("NEVER", "1")]) };
    let wrong = InstanceSpec { health: within("/status/404"), ..bench.spec("wrong", 2, &[]) };
    bench.client.start(&deaf).await.unwrap();
    bench.client.start(&wrong).await.unwrap();
    let why = async |id: &str| {
        let instance = bench.until(id, |i| matches!(i.state, InstanceState::Unhealthy { .. })).await;
        assert!(instance.pid.is_some() && instance.healthy_at.is_none());
        let InstanceState::Unhealthy { why } = instance.state else { unreachable!() };
        (why, instance.port)
    };
    let (silence, port) = why("deaf").await;
    assert_eq!(silence, format!("not healthy within 0.5 s: GET /up on port {port} failed: nothing listens there"));
    assert_eq!(why("wrong").await.0, "not healthy within 0.5 s: GET /status/404 answered 404 Not Found");
}

#[tokio::test]
async fn one_that_becomes_unwell_is_told_apart_and_comes_back() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let sick = bench.path("work/shop-1-1/sick");
    std::fs::write(&sick, "").unwrap();
    let unwell = bench.until("shop-1-1", |i| i.state != InstanceState::Healthy).await;
    let why = "GET /up answered 500 Internal Server Error".to_owned();
    assert_eq!(unwell.state, InstanceState::Unhealthy { why });
    assert_eq!(bench.http.get("/").await.status, 200, "nothing better is left");
    std::fs::remove_file(&sick).unwrap();
    let well = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy).await;
    assert_eq!((well.pid, well.restarts), (unwell.pid, 0));
}

#[tokio::test]
async fn one_that_crashes_is_started_again_with_growing_pauses() {
    let bench = Bench::new().await;
    let mut last = bench.run_and_route().await;
    for crash in 1..=3 {
        kill(last.pid.unwrap(), Signal::KILL);
        let away = bench.until("shop-1-1", |i| matches!(i.state, InstanceState::Unhealthy { .. })).await;
        let InstanceState::Unhealthy { why } = &away.state else { unreachable!() };
        assert!(why.contains("ended by signal 9 (SIGKILL)"), "{why}");
        last = bench.until("shop-1-1", |i| i.state == InstanceState::Healthy && i.restarts == crash).await;
        assert_eq!(bench.http.get("/").await.json()["pid"], last.pid.unwrap());
    }
    assert_eq!(bench.processes().len(), 1);
}

#[tokio::test]
async fn who_listens_on_ipv6_loopback_only_is_found_too() {
    let bench = Bench::new().await;
    bench.start("shop-1-1", 1, &[("HOST", "::1")]).await;
    bench.until("shop-1-1", |i| i.state == InstanceState::Healthy).await;
    bench.route(1, &[(1, "shop-1-1", 100)]).await;
    assert_eq!(bench.http.get("/").await.name(), "shop-1-1");
}

#[tokio::test]
async fn the_log_can_be_read_also_after_the_end() {
    let bench = Bench::new().await;
    bench.run("shop-1-1", 1).await;
    let has_said =
        async || bench.client.instance_log("shop-1-1", 100).await.unwrap().contains("product shop-1-1 starts");
    until("it has said something", has_said).await;
    bench.client.stop("shop-1-1", 0.0).await.unwrap();
    bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
    assert!(has_said().await);
    assert_eq!(bench.client.instance_log("shop-1-1", 1).await.unwrap().lines().count(), 1);
    assert!(bench.path("edge/instances/shop-1-1.log").exists() && !bench.path("elsewhere.log").exists());
    let unknown = bench.client.instance_log("shop-9-9", 1).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownInstance { .. }), "{unknown}");
}

#[tokio::test]
async fn what_was_stopped_stays_stopped() {
    let bench = Bench::new().await;
    bench.client.stop("shop-1-1", 1.0).await.unwrap();
    bench.run("shop-1-1", 1).await;
    for _ in 0..2 {
        bench.client.stop("shop-1-1", 0.0).await.unwrap();
    }
    bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
    let again = bench.start("shop-1-1", 1, &[]).await;
    assert_eq!((again.state, again.pid), (InstanceState::Stopped, None));
    assert_eq!(bench.processes(), Vec::<u32>::new());
}

#[tokio::test]
async fn instances_started_at_once_have_ports_of_their_own_and_secrets_are_not_on_disk() {
    let bench = Bench::new().await;
    let ids: Vec<_> = (0..6).map(|n| format!("shop-{n}-1")).collect();
    let specs: Vec<_> = ids.iter().map(|id| bench.spec(id, 1, &[("STRIPE_KEY", "sk_live_4711")])).collect();
    let started = futures_util::future::join_all(specs.iter().map(|spec| bench.client.start(spec))).await;
    let mut ports: Vec<_> = started.into_iter().map(|instance| instance.unwrap().port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), ids.len());
    for id in &ids {
        bench.until(id, |i| i.state == InstanceState::Healthy).await;
        let record = std::fs::read_to_string(bench.path(&format!("edge/instances/{id}.json"))).unwrap();
        assert!(record.contains(id.as_str()) && !record.contains("sk_live"), "{record}");
    }
}

#[tokio::test]
async fn of_the_stopped_a_bounded_number_is_remembered() {
    let bench = Bench::new().await;
    let ids: Vec<_> = (0..70).map(|n| format!("shop-{n}-1")).collect();
    for ids in ids.chunks(10) {
        let specs: Vec<_> = ids.iter().map(|id| bench.spec(id, 1, &[("EXIT", "0")])).collect();
        futures_util::future::join_all(specs.iter().map(|spec| bench.client.start(spec))).await;
        futures_util::future::join_all(ids.iter().map(|id| bench.client.stop(id, 0.0))).await;
    }
    let is_settled = |state: &edge::EdgeState| {
        state.instances.len() == 64 && state.instances.iter().all(|i| i.state == InstanceState::Stopped)
    };
    let state = bench.until_state("64 are left", is_settled).await;
    let forgotten: Vec<_> = ids.iter().filter(|id| state.instances.iter().all(|i| i.id != **id)).collect();
    assert!(forgotten.iter().all(|id| ids[..10].contains(*id)), "not the oldest: {forgotten:?}");
    let files = std::fs::read_dir(bench.path("edge/instances")).unwrap().flatten();
    let of_forgotten = files.filter(|file| {
        let name = file.file_name().into_string().unwrap();
        forgotten.iter().any(|id| name.starts_with(&format!("{id}.")))
    });
    assert_eq!(of_forgotten.count(), 0);
}

#[tokio::test]
async fn stopping_while_it_starts_leaves_nothing() {
    let bench = Bench::new().await;
    for n in 0..5 {
        let id = format!("shop-{n}-1");
        let spec = bench.spec(&id, n, &[]);
        let client = bench.client.clone();
        let starting = tokio::spawn(async move { client.start(&spec).await });
        tokio::time::sleep(Duration::from_millis(n * 7)).await;
        bench.client.stop(&id, 0.0).await.unwrap();
        let _whatever_it_was_then = starting.await.unwrap().unwrap();
        bench.client.stop(&id, 0.0).await.unwrap();
        bench.until(&id, |i| i.state == InstanceState::Stopped).await;
    }
    assert_eq!(bench.processes(), Vec::<u32>::new());
}
