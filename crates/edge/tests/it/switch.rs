//! From one version to the next while customers are shopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use edge::InstanceState;

use crate::bench::Bench;
use crate::http::Http;

/// Customers that ask without a pause.
struct Load {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicU64>,
    customers: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(bench: &Bench) -> Self {
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let customer = |n: usize| {
            let (stop, served, http) = (stop.clone(), served.clone(), Http::new(bench.http.address));
            tokio::spawn(async move {
                let mut failures = Vec::new();
                while !stop.load(SeqCst) {
                    let (method, path) = if n.is_multiple_of(2) { ("GET", "/slow/3") } else { ("POST", "/echo") };
                    match http.send(method, path, &[], "order").await {
                        Ok(reply) if reply.status == 200 => drop(served.fetch_add(1, SeqCst)),
                        other => failures.push(format!("{method}: {other:?}")),
                    }
                }
                failures
            })
        };
        Self { customers: (0..16).map(customer).collect(), stop, served }
    }

    async fn serve_more(&self, requests: u64) {
        let goal = self.served.load(SeqCst) + requests;
        let began = Instant::now();
        while self.served.load(SeqCst) < goal {
            assert!(began.elapsed() < Duration::from_secs(20), "no progress");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn has_no_failures(self) {
        self.stop.store(true, SeqCst);
        for customer in self.customers {
            assert_eq!(customer.await.unwrap(), Vec::<String>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_releases_under_load_without_one_failure() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let load = Load::start(&bench);
    load.serve_more(100).await;
    for release in 2..=6_u64 {
        let (old, new) = (format!("shop-{}-1", release - 1), format!("shop-{release}-1"));
        bench.run(&new, release).await;
        bench.route(release * 2, &[(release - 1, &old, 75), (release, &new, 25)]).await;
        load.serve_more(50).await;
        bench.route(release * 2 + 1, &[(release, &new, 100)]).await;
        bench.client.stop(&old, 10.0).await.unwrap();
        load.serve_more(50).await;
        bench.until(&old, |i| i.state == InstanceState::Stopped).await;
    }
    load.has_no_failures().await;
    assert_eq!(bench.processes().len(), 1, "only the last one runs");
}

#[tokio::test]
async fn draining_waits_for_slow_requests_and_takes_no_new_ones() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    bench.run("shop-2-1", 2).await;
    let http = bench.http.clone();
    let slow = tokio::spawn(async move { http.get("/slow/1500").await });
    bench.until("shop-1-1", |i| i.in_flight == 1).await;
    bench.route(2, &[(2, "shop-2-1", 100)]).await;
    bench.client.stop("shop-1-1", 10.0).await.unwrap();
    assert_eq!(bench.instance("shop-1-1").await.state, InstanceState::Draining);
    assert_eq!(bench.http.get("/").await.name(), "shop-2-1");
    let reply = slow.await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.name().as_str()), (200, "shop-1-1"));
    let ended = bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
    assert_eq!((ended.pid, ended.in_flight), (None, 0));
}

#[tokio::test]
async fn a_drain_has_an_end_and_a_shorter_limit_replaces_a_longer_one() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let http = bench.http.clone();
    let endless = tokio::spawn(async move { http.send("GET", "/slow/600000", &[], "").await });
    bench.until("shop-1-1", |i| i.in_flight == 1).await;
    bench.client.stop("shop-1-1", 600.0).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.instance("shop-1-1").await.state, InstanceState::Draining);
    bench.client.stop("shop-1-1", 0.1).await.unwrap();
    bench.client.stop("shop-1-1", 600.0).await.unwrap();
    bench.until("shop-1-1", |i| i.state == InstanceState::Stopped).await;
    assert_eq!(endless.await.unwrap().unwrap().status, 502);
    assert_eq!(bench.processes(), Vec::<u32>::new());
}
