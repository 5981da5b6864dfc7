//! Killed at any moment: nothing is lost, and what is sent twice says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use notify::{DeliveryState, NewTarget};
use storage::Db;
use storage::testing::sqlite;
use tokio_util::sync::CancellationToken;

use crate::receiver::{Got, Receiver, answer, until};
use crate::sending::{open, rollback, somebody};

const MESSAGES: u64 = 40;
const KILLS: u64 = 50;

/// Numbers that look like chance, the same for a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn seeded() -> Self {
        let seed = std::env::var("TRUNKLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
        say(&format!("seed {seed}"));
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_fifty_moments_nothing_is_lost_and_what_comes_twice_says_so() {
    let mut chance = Chance::seeded();
    let test = sqlite().await;
    test.db.migrate(&[notify::MIGRATIONS]).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    // Every third answer is a failure, every fifth is none at all, and all take a moment, so that kills meet open requests.
    let receiver = Receiver::answering(|n| {
        std::thread::sleep(Duration::from_millis(2));
        match n {
            n if n % 5 == 4 => String::new(),
            n if n % 3 == 2 => answer(500, "", ""),
            _ => answer(200, "", ""),
        }
    });
    let wish = NewTarget { url: receiver.url.clone(), domain: None, events: vec![], allow_private: true };
    open(&test.db, data.path()).add_target(&wish, &somebody()).await.unwrap();

    let mut announced = 0;
    for kill in 0..KILLS {
        // Another process: another connection to the same file, and nothing in memory.
        let db = Db::open(&test.url).await.unwrap();
        let notifications = open(&db, data.path());
        let shutdown = CancellationToken::new();
        let sender = notifications.start(shutdown.clone());
        let due = MESSAGES * (kill + 1) / KILLS;
        let announcing = async {
            // The last one may have been cut off: it is announced again, as the outbox does.
            for n in announced.max(1) - u64::from(announced > 0)..due {
                notifications.announce(&rollback(&format!("delivery:{n}"), None)).await.unwrap();
            }
        };
        let _ = tokio::time::timeout(Duration::from_micros(500 + chance.below(20_000)), announcing).await;
        announced = due.min(told(&db).await);
        tokio::time::sleep(Duration::from_micros(chance.below(15_000))).await;
        sender.abort();
        let _ = sender.await;
        drop(shutdown);
        db.close().await;
    }
    let notifications = open(&test.db, data.path());
    for n in 0..MESSAGES {
        notifications.announce(&rollback(&format!("delivery:{n}"), None)).await.unwrap();
    }
    let shutdown = CancellationToken::new();
    notifications.start(shutdown.clone());
    until("all was sent", async || {
        let told = notifications.list(None, 100).await.unwrap().items;
        let mut deliveries = told.iter().flat_map(|view| &view.deliveries);
        let given_up = deliveries.clone().find(|delivery| delivery.state == DeliveryState::GivenUp);
        assert!(given_up.is_none(), "{given_up:?}");
        deliveries.all(|delivery| delivery.state == DeliveryState::Sent)
    })
    .await;
    shutdown.cancel();
    let told = notifications.list(None, 100).await.unwrap().items;
    assert_eq!(told.len() as u64, MESSAGES, "each was announced once");
    compare(&receiver.got());
    test.db.close().await;
}

/// The receiver's books: every message, and none twice under one number.
fn compare(got: &[Got]) {
    let mut times: BTreeMap<(String, u64), u64> = BTreeMap::new();
    for got in got {
        *times.entry((got.header("webhook-id").to_owned(), got.attempt())).or_default() += 1;
    }
    let ids: BTreeSet<&String> = times.keys().map(|(id, _)| id).collect();
    assert_eq!(ids.len() as u64, MESSAGES, "nothing is lost");
    let unsaid: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(unsaid.is_empty(), "sent twice under one number: {unsaid:?}");
    let again = got.len() as u64 - MESSAGES;
    say(&format!("{MESSAGES} messages, {KILLS} kills, {} requests, of them {again} again", got.len()));
    assert!(again > 0, "the kills met nothing");
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests wants the figures")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// How many were announced so far.
async fn told(db: &Db) -> u64 {
    let row = db.one("SELECT COUNT(*) AS n FROM notify_message", vec![]).await.unwrap().unwrap();
    row.get("n").unwrap()
}
