//! The sender: takes what is due, records the attempt, sends, records what came of it.
//!
//! One message at a time goes to one target, so that a slow receiver keeps nobody waiting but itself. What is on record as being
//! sent while nobody sends it was broken off: it may have arrived, so it is sent again under the next number.

use std::collections::HashSet;
use std::time::Duration;

use jiff::SignedDuration;
use storage::Audit;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::model::event;
use crate::model::retry::{self, Next, Outcome};
use crate::post::{Letter, post};
use crate::store::{self, Begun, Due};
use crate::{DeliveryState, Error, Notifications};

/// Requests that are open at once.
const AT_ONCE_MAX: usize = 16;
/// What waits for its time is looked for so often.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How long the log goes back.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

impl Notifications {
    /// Sends what is to be sent until `shutdown`. One per installation.
    pub fn start(&self, shutdown: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(run(self.clone(), shutdown))
    }
}

async fn run(notifications: Notifications, shutdown: CancellationToken) {
    let mut sending = Sending::default();
    let mut forget = tokio::time::interval(FORGET_EVERY);
    loop {
        if let Err(error) = look(&notifications, &mut sending).await {
            tracing::error!(error = kernel::chain(&error), "messages could not be sent; it is tried again");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            Some(done) = sending.tasks.join_next() => sending.ended(done),
            () = notifications.bell.notified() => {}
            _ = forget.tick() => forget_old(&notifications).await,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Requests that are open, and to whom.
#[derive(Debug, Default)]
struct Sending {
    tasks: JoinSet<String>,
    to: HashSet<String>,
}

impl Sending {
    fn ended(&mut self, done: Result<String, tokio::task::JoinError>) {
        match done {
            Ok(target) => {
                self.to.remove(&target);
            }
            Err(error) => {
                tracing::error!(%error, "sending a message was broken off");
                // Nobody knows whose it was; the others are taken up again when they end.
                if self.tasks.is_empty() {
                    self.to.clear();
                }
            }
        }
    }
}

async fn look(notifications: &Notifications, sending: &mut Sending) -> Result<(), Error> {
    for (due, attempt) in store::left_open(&notifications.db).await? {
        if !sending.to.contains(&due.target) {
            settle(notifications, &due, attempt, &Outcome::BrokenOff).await?;
        }
    }
    for due in store::due(&notifications.db, notifications.clock.now()).await? {
        if sending.tasks.len() >= AT_ONCE_MAX {
            break;
        }
        if sending.to.contains(&due.target) {
            continue;
        }
        let mut tx = notifications.db.begin().await?;
        let Some(begun) = store::begin(&mut tx, &due, notifications.clock.now()).await? else { continue };
        tx.commit().await?;
        sending.to.insert(due.target.clone());
        sending.tasks.spawn(attempt(notifications.clone(), due, begun));
    }
    Ok(())
}

/// The attempt is on record; makes it. Gives the target that is free again.
async fn attempt(notifications: Notifications, due: Due, begun: Begun) -> String {
    let number = begun.attempt;
    let outcome = match letter(&notifications, begun) {
        Ok(letter) => on_a_thread(letter).await,
        Err(error) => Err(error),
    };
    let outcome = outcome.unwrap_or_else(|error| Outcome::Failed(kernel::chain(&error)));
    if let Err(error) = settle(&notifications, &due, number, &outcome).await {
        // It stays on record as being sent, and is taken up as broken off.
        tracing::error!(error = kernel::chain(&error), "what came of a message could not be recorded");
    }
    due.target
}

/// On a thread of its own: the end of the process does not wait for a receiver, as it would for one of the runtime's.
async fn on_a_thread(letter: Letter) -> Result<Outcome, Error> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("notify".into()).spawn(move || {
        // Nobody may want to know any more.
        let _ = tell.send(post(&letter));
    })?;
    Ok(told.await?)
}

fn letter(notifications: &Notifications, begun: Begun) -> Result<Letter, Error> {
    let secret = notifications.secret_of(&begun.target)?;
    let body = event::body(&begun.message, &notifications.source, begun.attempt);
    Ok(Letter {
        url: begun.target.url,
        allow_private: begun.target.allow_private,
        secret,
        id: begun.message.id,
        seconds: notifications.clock.now().as_second(),
        body,
    })
}

/// Records what came of an attempt, and what follows.
async fn settle(notifications: &Notifications, due: &Due, attempt: u64, outcome: &Outcome) -> Result<(), Error> {
    let now = notifications.clock.now();
    let mut tx = notifications.db.begin().await?;
    let failures = store::finish(&mut tx, due, attempt, outcome, now).await?;
    let next = retry::next(outcome, failures, luck(), &notifications.pauses);
    let is_removed = store::target_in(&mut tx, &due.target).await?.is_none_or(|target| target.removed.is_some());
    let next = match next {
        Next::Again { .. } if is_removed => Next::GivenUp { why: "the target was removed".into() },
        next => next,
    };
    let word = match &next {
        Next::Sent => {
            store::set_state(&mut tx, due, DeliveryState::Sent, now, None).await?;
            "sent"
        }
        Next::Again { after } => {
            let at = now + SignedDuration::try_from(*after).unwrap_or(SignedDuration::from_hours(1));
            store::set_state(&mut tx, due, DeliveryState::Waiting, at, Some(&reason(outcome))).await?;
            "again"
        }
        Next::GivenUp { why } => {
            store::set_state(&mut tx, due, DeliveryState::GivenUp, now, Some(why)).await?;
            tx.audit(given_up(due, why)).await?;
            tracing::error!(message = due.message, target_id = due.target, why, "a message was given up");
            "given_up"
        }
    };
    tx.commit().await?;
    metrics::counter!("trunkline_notification_attempts_total", "then" => word).increment(1);
    Ok(())
}

fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered { status, .. } => format!("the receiver answered {status}"),
        Outcome::Failed(why) => why.clone(),
        Outcome::BrokenOff => store::BROKEN_OFF.to_owned(),
    }
}

fn given_up(due: &Due, why: &str) -> Audit {
    Audit {
        who: "trunkline".into(),
        what: "notification.given_up".into(),
        subject: format!("{} to {}", due.message, due.target),
        why: Some(why.to_owned()),
        before: None,
        after: None,
    }
}

/// From 0 to 1.
fn luck() -> f64 {
    let mut bytes = [0; 4];
    // Without chance, messages that failed together come again together.
    let is_random = getrandom::fill(&mut bytes).is_ok();
    if is_random { f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX) } else { 0.5 }
}

async fn forget_old(notifications: &Notifications) {
    let forget = async {
        let mut tx = notifications.db.begin().await?;
        store::forget(&mut tx, notifications.clock.now() - KEPT).await?;
        tx.commit().await
    };
    if let Err(error) = forget.await {
        tracing::warn!(%error, "old messages are still kept; they are forgotten later");
    }
}
