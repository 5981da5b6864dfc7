//! Snapshots: durable and in force when a put returns, never older than before, over restarts and damage.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use edge::{Client, Error};
use kernel::snapshot::{Serving, Snapshot};
use kernel::{Kind, Problem};

use crate::bench::Bench;

async fn in_force(bench: &Bench, name: &str) -> Option<String> {
    bench.system.get("/tiny/snapshots").await.json()[name].as_str().map(str::to_owned)
}

fn file(bench: &Bench, name: &str) -> PathBuf {
    bench.path("edge/snapshots").join(name)
}

#[tokio::test]
async fn a_put_is_in_force_when_it_returns_and_never_goes_back() {
    let bench = Bench::new().await;
    let client = &bench.client;
    assert_eq!(client.snapshot_generation("flags").await.unwrap(), None);
    assert_eq!(client.put_snapshot("flags", 5, "five").await.unwrap(), 5);
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("five"));
    assert_eq!(client.put_snapshot("flags", 5, "five").await.unwrap(), 5, "once more changes nothing");
    assert_eq!(client.put_snapshot("flags", 4, "four").await.unwrap(), 5, "an older one is not taken");
    let differs = client.put_snapshot("flags", 5, "other").await.unwrap_err();
    assert!(matches!(differs, Error::StaleGeneration { have: 5 }), "{differs}");
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("five"));
    client.put_snapshot("access", 1, "").await.unwrap();
    client.put_snapshot("flags", 6, "six").await.unwrap();
    let state = client.state().await.unwrap();
    assert_eq!(state.snapshots.into_iter().collect::<Vec<_>>(), [("access".into(), 1), ("flags".into(), 6)]);
}

#[tokio::test]
async fn a_killed_edge_comes_back_with_them_before_it_answers() {
    let mut bench = Bench::new().await;
    let large = "x".repeat(20_000_000);
    bench.client.put_snapshot("flags", 5, large.clone()).await.unwrap();
    bench.kill_9_edge();
    bench.start_edge().await;
    assert_eq!(bench.client.snapshot_generation("flags").await.unwrap(), Some(5));
    assert_eq!(in_force(&bench, "flags").await, Some(large));
    assert_eq!(bench.client.put_snapshot("flags", 4, "four").await.unwrap(), 5);
}

#[tokio::test]
async fn what_the_extension_cannot_use_is_refused_and_replaces_nothing() {
    let mut bench = Bench::new().await;
    bench.client.put_snapshot("flags", 5, "five").await.unwrap();
    let refused = bench.client.put_snapshot("flags", 6, vec![0xff]).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { why } if why.contains("it is not UTF-8")), "{refused}");
    let refused = bench.client.put_snapshot("flags", 7, "poison").await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { why } if why.contains("panic")), "{refused}");
    for name in ["", "../key", "Flags", "a.next"] {
        let refused = bench.client.put_snapshot(name, 1, "").await.unwrap_err();
        assert!(matches!(&refused, Error::Invalid { .. }), "{name:?}: {refused}");
    }
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("five"));
    bench.kill_9_edge();
    bench.start_edge().await;
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("five"));
    assert_eq!(bench.client.put_snapshot("flags", 6, "six").await.unwrap(), 6, "its generation was not used up");
}

#[tokio::test]
async fn damage_is_set_aside_and_the_product_is_served() {
    let mut bench = Bench::new().await;
    bench.run_and_route().await;
    for name in ["cut", "flipped", "newer", "whole", "poisoned"] {
        bench.client.put_snapshot(name, 5, "0123456789").await.unwrap();
    }
    bench.kill_9_edge();
    let change = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(file(&bench, name)).unwrap();
        change(&mut bytes);
        std::fs::write(file(&bench, name), bytes).unwrap();
    };
    change("cut", &|bytes| bytes.truncate(bytes.len() - 1));
    change("flipped", &|bytes| *bytes.last_mut().unwrap() ^= 1);
    change("newer", &|bytes| *bytes = String::from_utf8_lossy(bytes).replace("\"format\":1", "\"format\":2").into());
    let poison = "{\"format\":1,\"generation\":5,\"sha256\":\
                  \"5743abddddfa08c1e3a99fdebc2e8f3f1108fa12dcd2a8f58a42f141418c22ec\"}\npoison";
    std::fs::write(file(&bench, "poisoned"), poison).unwrap();
    bench.start_edge().await;
    assert_eq!(bench.http.get("/").await.status, 200);
    let state = bench.client.state().await.unwrap();
    assert_eq!(state.snapshots.keys().collect::<Vec<_>>(), ["whole"]);
    for name in ["cut", "flipped", "newer", "poisoned"] {
        assert_eq!(bench.client.snapshot_generation(name).await.unwrap(), None);
        assert!(file(&bench, &format!("{name}.damaged")).exists() && !file(&bench, name).exists(), "{name}");
    }
    assert!(bench.client.metrics().await.unwrap().contains("trunkline_edge_snapshots_set_aside 4\n"));
    assert_eq!(bench.client.put_snapshot("cut", 1, "new").await.unwrap(), 1, "a new one is taken, whatever was there");
}

/// The edge was killed between giving a snapshot to the extension and answering.
#[tokio::test]
async fn what_may_have_been_in_force_is_in_force_again() {
    let mut bench = Bench::new().await;
    bench.client.put_snapshot("flags", 5, "five").await.unwrap();
    bench.client.put_snapshot("other", 6, "six").await.unwrap();
    bench.kill_9_edge();
    std::fs::rename(file(&bench, "other"), file(&bench, "flags.next")).unwrap();
    bench.start_edge().await;
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("six"));
    assert_eq!(bench.client.snapshot_generation("flags").await.unwrap(), Some(6));
    bench.kill_9_edge();
    std::fs::write(file(&bench, "flags.next"), "never in force").unwrap();
    bench.start_edge().await;
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("six"));
}

async fn put(client: &Client, generation: u64, bytes: &str) -> Result<(), Problem> {
    client.put(Snapshot { name: "flags", generation, bytes: bytes.into() }).await
}

#[tokio::test]
async fn a_context_waits_for_an_edge_that_is_started_again_but_not_for_ever() {
    let mut bench = Bench::new().await;
    put(&bench.client, 1, "one").await.unwrap();
    bench.kill_9_edge();
    let client = bench.client.clone();
    let waiting = tokio::spawn(async move { put(&client, 2, "two").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.start_edge().await;
    waiting.await.unwrap().unwrap();
    assert_eq!(in_force(&bench, "flags").await.as_deref(), Some("two"));
    put(&bench.client, 1, "older").await.unwrap();
    assert_eq!(Serving::generation(&bench.client, "flags").await.unwrap(), Some(2));
    assert_eq!(put(&bench.client, 2, "differs").await.unwrap_err().kind, Kind::Conflict);
    bench.kill_9_edge();
    let began = Instant::now();
    assert_eq!(put(&bench.client, 3, "three").await.unwrap_err().kind, Kind::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(10));
}
