//! The process manager: facts about runs, holds and deployments become deployments, rollbacks become reverts where that is
//! wanted, what is live brings its definitions into force, what is probed is verified in the dark, and a verdict is followed.
//!
//! Idempotent by nature: a fact is only the reason to ask delivery for what is due now, and what is there is not made
//! twice. A fact is acknowledged after that, so that a crash in between asks once more.

use std::time::Duration;

use delivery::view::deployment::ReleaseView;
use delivery::{Arrival, Fact};
use storage::outbox::Consumer;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::dark::{self, AtWork};
use crate::definitions;
use crate::experiment;
use crate::facade::{Error, Rollout};
use crate::guard::{self, Memory};
use crate::holds;
use crate::ramp::Pace;

const FACTS_MAX: u64 = 200;
/// Older ones have no customers who still send events.
const RELEASES_KNOWN: usize = 1_000;
/// In case a bell was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Rollout {
    /// Reacts to facts until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        tokio::spawn(run(self.clone(), shutdown))
    }
}

async fn run(rollout: Rollout, shutdown: CancellationToken) {
    let consumers = Consumers {
        delivery: Consumer::new(rollout.db.clone(), "rollout", "delivery"),
        experiments: Consumer::new(rollout.db.clone(), "rollout", experiments::PUBLISHER),
        flags: Consumer::new(rollout.db.clone(), "rollout", "flags"),
        ownership: Consumer::new(rollout.db.clone(), "rollout", "ownership"),
        at_work: AtWork::default(),
    };
    let mut bell = rollout.delivery.facts();
    let (mut memory, mut pace) = (Memory::default(), Pace::default());
    let mut seen = holds::Seen::default();
    // What was told may not have been kept.
    if let Err(error) = tell_releases(&rollout).await {
        tracing::warn!(
            error = kernel::chain(&error),
            "events do not know the deployments yet; the next one tells them"
        );
    }
    while !shutdown.is_cancelled() {
        if let Err(error) = look(&rollout, &consumers).await {
            tracing::error!(error = kernel::chain(&error), "facts could not be acted upon; it is tried again");
        }
        if let Err(error) = holds::keep(&rollout, &consumers.ownership, &mut seen).await {
            tracing::error!(error = kernel::chain(&error), "held flags could not be judged anew; it is tried again");
        }
        if let Err(error) = guard::watch(&rollout, &mut memory).await {
            tracing::error!(error = kernel::chain(&error), "guards could not look; they do again");
        }
        if let Err(error) = pace.watch(&rollout).await {
            tracing::error!(error = kernel::chain(&error), "ramps could not be moved; it is tried again");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            rung = bell.recv() => if rung == Err(RecvError::Closed) { return },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Rollout's places in the facts of others, and what goes on beside them.
struct Consumers {
    delivery: Consumer,
    experiments: Consumer,
    flags: Consumer,
    ownership: Consumer,
    at_work: AtWork,
}

async fn look(rollout: &Rollout, consumers: &Consumers) -> Result<(), Error> {
    let consumed = consume(rollout, &consumers.delivery).await;
    // What stands in the way of one is no reason to leave the others.
    let taken_up = dark::take_up(rollout, &consumers.at_work).await;
    let followed = experiment::follow(rollout, &consumers.experiments).await;
    let passed_on = pass_on(rollout, &consumers.flags).await;
    consumed.and(taken_up).and(followed).and(passed_on)
}

async fn consume(rollout: &Rollout, consumer: &Consumer) -> Result<(), Error> {
    loop {
        let facts = consumer.next(FACTS_MAX).await?;
        let Some(last) = facts.last() else { return Ok(()) };
        if facts.iter().any(|fact| may_make_something_due(&fact.kind)) {
            rollout.delivery.ship().await?;
        }
        for fact in &facts {
            follow(rollout, &fact.kind, &fact.payload).await?;
        }
        if facts.iter().any(|fact| fact.kind.starts_with("deployment.")) {
            tell_releases(rollout).await?;
        }
        let mut tx = rollout.db.begin().await?;
        tx.acknowledge(consumer, last.position).await?;
        tx.commit().await?;
    }
}

async fn follow(rollout: &Rollout, kind: &str, payload: &serde_json::Value) -> Result<(), Error> {
    match (kind, payload["deployment"].as_u64(), payload["commit"].as_str()) {
        ("deployment.rolled_back", Some(number), _) => Ok(rollout.delivery.land_revert(number).await?),
        ("deployment.live", _, Some(commit)) => bring_into_force(rollout, commit, Arrival::told(payload)).await,
        _ => Ok(()),
    }
}

/// What the commits that customers have define is in force once a version has gone live.
async fn bring_into_force(rollout: &Rollout, commit: &str, arrival: Arrival) -> Result<(), Error> {
    let Some(contexts) = &rollout.contexts else { return Ok(()) };
    let standing = rollout.delivery.standing(commit).await?;
    let Some((commit, extent)) = definitions::due(commit, arrival, &standing) else { return Ok(()) };
    let files = rollout.delivery.files(commit, &delivery::definitions::FOLDERS).await?;
    holds::before(rollout, contexts, commit, extent).await?;
    if let Err(why) = definitions::apply(contexts, commit, &files, extent).await? {
        // It was verified; an older release may have had other rules. What was in force stays.
        tracing::error!(commit, why, "definitions could not be brought into force");
    }
    Ok(())
}

/// Events belong to deployments by when those had customers.
async fn tell_releases(rollout: &Rollout) -> Result<(), Error> {
    let Some(contexts) = &rollout.contexts else { return Ok(()) };
    let releases = rollout.delivery.releases(RELEASES_KNOWN).await?;
    Ok(contexts.events.set_releases(releases.into_iter().map(release).collect()).await?)
}

fn release(view: ReleaseView) -> events::Release {
    events::Release {
        deployment: view.number,
        service: view.service,
        commit: view.commit,
        digest: Some(view.digest),
        from_ms: view.from.as_millisecond(),
        to_ms: view.to.map(jiff::Timestamp::as_millisecond),
    }
}

/// What happens to flags is told to whoever shows it.
async fn pass_on(rollout: &Rollout, consumer: &Consumer) -> Result<(), Error> {
    loop {
        let facts = consumer.next(FACTS_MAX).await?;
        let Some(last) = facts.last() else { return Ok(()) };
        for fact in &facts {
            let id = fact.payload["key"].as_str().or_else(|| fact.payload["flag"].as_str()).unwrap_or_default();
            // Nobody listening is fine.
            let _ = rollout.facts.send(Fact { kind: "flag", id: id.to_owned() });
        }
        let mut tx = rollout.db.begin().await?;
        tx.acknowledge(consumer, last.position).await?;
        tx.commit().await?;
    }
}

/// A change was verified, trunk went back to one that was, a hold or freeze ended, or a service is free for its next deployment.
fn may_make_something_due(kind: &str) -> bool {
    matches!(kind, "run.passed" | "trunk.rewritten" | "hold.released" | "deployments.unfrozen")
        || kind.starts_with("deployment.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_a_deployment() {
        for kind in [
            "run.passed",
            "trunk.rewritten",
            "hold.released",
            "deployments.unfrozen",
            "deployment.live",
            "deployment.rolled_back",
        ] {
            assert!(may_make_something_due(kind), "{kind}");
        }
        for kind in ["run.failed", "change.landed", "deployments.frozen", "secret.set"] {
            assert!(!may_make_something_due(kind), "{kind}");
        }
    }
}
