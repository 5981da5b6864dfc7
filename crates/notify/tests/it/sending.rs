//! What is sent, to whom, how often, and what is said of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kernel::SystemClock;
use notify::model::signature;
use notify::{
    Announcement, By, DeliveryState, Kind, NewTarget, NotificationView, Notifications, Options, Owner, Pauses,
    TargetMade,
};
use serde_json::json;
use storage::Db;
use storage::testing::{TestDb, databases, sqlite};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::receiver::{Receiver, answer, until};

pub(crate) const QUICK: Pauses = Pauses { first: Duration::from_millis(4), longest: Duration::from_millis(40) };

pub(crate) fn open(db: &Db, data: &Path) -> Notifications {
    let (db, data, clock) = (db.clone(), data.to_owned(), Arc::new(SystemClock));
    Notifications::open(Options { db, clock, data, product: "shop".into(), pauses: QUICK }).unwrap()
}

/// Notifications that are being sent.
struct Bed {
    notifications: Notifications,
    shutdown: CancellationToken,
    test: TestDb,
    _data: TempDir,
}

impl Bed {
    async fn new() -> Self {
        Self::over(sqlite().await).await
    }

    async fn over(test: TestDb) -> Self {
        test.db.migrate(&[notify::MIGRATIONS]).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let notifications = open(&test.db, data.path());
        let shutdown = CancellationToken::new();
        notifications.start(shutdown.clone());
        Self { notifications, shutdown, test, _data: data }
    }

    async fn add(&self, url: &str, domain: Option<&str>, events: &[Kind]) -> TargetMade {
        let target =
            NewTarget { url: url.into(), domain: domain.map(Into::into), events: events.to_vec(), allow_private: true };
        self.notifications.add_target(&target, &somebody()).await.unwrap()
    }

    async fn newest(&self) -> NotificationView {
        self.notifications.list(None, 1).await.unwrap().items.remove(0)
    }

    async fn until_ended(&self) -> NotificationView {
        until("all was sent or given up", async || {
            let is_open = |view: &NotificationView| {
                view.deliveries.iter().any(|d| matches!(d.state, DeliveryState::Waiting | DeliveryState::Sending))
            };
            !self.notifications.list(None, 100).await.unwrap().items.iter().any(is_open)
        })
        .await;
        self.newest().await
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn somebody() -> By {
    By { who: "ada".into(), why: None }
}

pub(crate) fn rollback(fact: &str, domain: Option<&str>) -> Announcement {
    Announcement {
        fact: fact.into(),
        kind: Kind::Rollback,
        at: "2026-05-01T10:00:00Z".parse::<Timestamp>().unwrap(),
        subject: "shop".into(),
        content: json!({ "environment": { "id": "production" } }),
        sentence: "shop went back".into(),
        owner: domain.map(|domain| Owner { domain: domain.into(), team: Some("till".into()) }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_a_signed_cloudevent() {
    for test in databases().await {
        let bed = Bed::over(test).await;
        let receiver = Receiver::taking_all();
        let made = bed.add(&receiver.url, None, &[]).await;
        bed.notifications.announce(&rollback("delivery:1", Some("sales"))).await.unwrap();
        let view = bed.until_ended().await;
        let got = receiver.got().remove(0);
        assert_eq!(got.header("content-type"), "application/cloudevents+json; charset=utf-8");
        let seconds = got.header("webhook-timestamp").parse().unwrap();
        let signed = signature::sign(&made.secret, got.header("webhook-id"), seconds, &got.body).unwrap();
        assert_eq!(got.header("webhook-signature"), signed);
        let event = got.event();
        assert_eq!((&event["id"], &event["attempt"]), (&json!(got.header("webhook-id")), &json!(1)));
        assert_eq!(event["type"], "dev.cdevents.service.rolledback.0.3.0");
        assert_eq!((&event["domain"], &event["team"]), (&json!("sales"), &json!("till")));
        assert_eq!(event["data"]["customData"]["sentence"], "shop went back");
        let delivery = &view.deliveries[0];
        assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::Sent, 1));
        let attempt = &delivery.attempts[0];
        assert_eq!((attempt.status, attempt.answer.as_deref()), (Some(200), Some("taken")));
        assert!(attempt.seconds.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_fact_is_told_once() {
    let bed = Bed::new().await;
    let receiver = Receiver::taking_all();
    bed.add(&receiver.url, None, &[]).await;
    for _ in 0..5 {
        bed.notifications.announce(&rollback("delivery:1", None)).await.unwrap();
    }
    bed.notifications.announce(&rollback("delivery:2", None)).await.unwrap();
    bed.until_ended().await;
    assert_eq!(receiver.got().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_something_else_gets_nothing_and_that_nobody_was_told_is_seen() {
    let bed = Bed::new().await;
    let (other, verdicts, ours) = (Receiver::taking_all(), Receiver::taking_all(), Receiver::taking_all());
    bed.add(&other.url, Some("search"), &[]).await;
    bed.add(&verdicts.url, None, &[Kind::Verdict]).await;
    bed.notifications.announce(&rollback("delivery:1", Some("sales"))).await.unwrap();
    assert!(bed.newest().await.deliveries.is_empty());
    bed.add(&ours.url, Some("sales"), &[Kind::Rollback, Kind::Verdict]).await;
    bed.notifications.announce(&rollback("delivery:2", Some("sales"))).await.unwrap();
    bed.notifications.announce(&rollback("delivery:3", None)).await.unwrap();
    assert!(bed.newest().await.deliveries.is_empty(), "nobody is known to own it");
    bed.until_ended().await;
    assert_eq!([other.got().len(), verdicts.got().len(), ours.got().len()], [0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_comes_again_and_says_so() {
    let bed = Bed::new().await;
    let receiver = Receiver::answering(|n| match n {
        0 => answer(500, "", "no\u{1b}[31m"),
        1 => String::new(),
        2 => answer(302, "location: http://127.0.0.1:1/elsewhere\r\n", ""),
        _ => answer(204, "", ""),
    });
    bed.add(&receiver.url, None, &[]).await;
    bed.notifications.announce(&rollback("delivery:1", None)).await.unwrap();
    let view = bed.until_ended().await;
    let numbers: Vec<u64> = receiver.got().iter().map(crate::receiver::Got::attempt).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let ids: Vec<String> = receiver.got().iter().map(|got| got.header("webhook-id").to_owned()).collect();
    assert!(ids.iter().all(|id| *id == view.id), "{ids:?}");
    let attempts = &view.deliveries[0].attempts;
    let statuses: Vec<Option<u16>> = attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(500), None, Some(302), Some(204)]);
    assert_eq!(attempts[0].answer.as_deref(), Some("no [31m"), "it cannot drive a terminal");
    assert!(attempts[1].error.as_ref().unwrap().starts_with("no answer: "), "{attempts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_taken_is_given_up_and_that_is_said() {
    let bed = Bed::new().await;
    let receiver = Receiver::answering(|_| answer(503, "", "busy"));
    let made = bed.add(&receiver.url, None, &[]).await;
    bed.notifications.announce(&rollback("delivery:1", None)).await.unwrap();
    let view = bed.until_ended().await;
    let delivery = &view.deliveries[0];
    assert_eq!((delivery.state, delivery.attempts.len()), (DeliveryState::GivenUp, 12));
    assert_eq!(delivery.why.as_deref(), Some("not taken in 12 attempts; at last the receiver answered 503"));
    let target = bed.notifications.targets().await.unwrap().remove(0);
    assert_eq!((target.id, target.given_up, target.waiting), (made.target.id, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_keeps_nobody_else_waiting() {
    let bed = Bed::new().await;
    let slow = Receiver::answering(|_| {
        std::thread::sleep(Duration::from_mins(2));
        String::new()
    });
    let quick = Receiver::taking_all();
    bed.add(&slow.url, None, &[]).await;
    bed.add(&quick.url, None, &[]).await;
    for n in 0..30 {
        bed.notifications.announce(&rollback(&format!("delivery:{n}"), None)).await.unwrap();
    }
    until("the quick one has all", async || quick.got().len() == 30).await;
    assert_eq!(slow.got().len(), 1, "one at a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_was_removed_gets_nothing_more() {
    let bed = Bed::new().await;
    let receiver = Receiver::answering(|_| answer(500, "", ""));
    let made = bed.add(&receiver.url, None, &[]).await;
    bed.notifications.announce(&rollback("delivery:1", None)).await.unwrap();
    bed.notifications.remove_target(&made.target.id, &somebody()).await.unwrap();
    let view = bed.until_ended().await;
    assert_eq!(view.deliveries[0].state, DeliveryState::GivenUp);
    assert_eq!(view.deliveries[0].why.as_deref(), Some("the target was removed"));
    bed.notifications.announce(&rollback("delivery:2", None)).await.unwrap();
    assert!(bed.newest().await.deliveries.is_empty());
    assert!(bed.notifications.remove_target(&made.target.id, &somebody()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_can_be_tried() {
    let bed = Bed::new().await;
    let receiver = Receiver::taking_all();
    let made = bed.add(&receiver.url, Some("sales"), &[Kind::Verdict]).await;
    let told = bed.notifications.test_target(&made.target.id, &somebody()).await.unwrap();
    assert_eq!(told.kind, Kind::Test);
    bed.until_ended().await;
    assert_eq!(receiver.got().remove(0).event()["type"], "dev.cdeventsx.trunkline-target.tested.0.1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed() {
    let bed = Bed::new().await;
    let made = bed.add("http://127.0.0.1:1/", None, &[]).await;
    let shown = serde_json::to_string(&bed.notifications.targets().await.unwrap()).unwrap();
    assert!(!shown.contains("whsec_") && made.secret.starts_with("whsec_"));
    let rows = bed.test.db.all("SELECT secret FROM notify_target", vec![]).await.unwrap();
    let sealed: Vec<u8> = rows[0].get("secret").unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"whsec_"));
}
