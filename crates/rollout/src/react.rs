//! The process manager: facts about runs, holds and deployments become deployments, and rollbacks become reverts where
//! that is wanted.
//!
//! Idempotent by nature: a fact is only the reason to ask delivery for what is due now, and what is there is not made
//! twice. A fact is acknowledged after that, so that a crash in between asks once more.

use std::time::Duration;

use storage::outbox::Consumer;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::facade::{Error, Rollout};

const FACTS_MAX: u64 = 200;
/// In case a bell was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Rollout {
    /// Reacts to facts until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        tokio::spawn(run(self.clone(), shutdown))
    }
}

async fn run(rollout: Rollout, shutdown: CancellationToken) {
    let consumer = Consumer::new(rollout.db.clone(), "rollout", "delivery");
    let mut bell = rollout.delivery.facts();
    while !shutdown.is_cancelled() {
        if let Err(error) = consume(&rollout, &consumer).await {
            tracing::error!(%error, "facts could not be acted upon; it is tried again");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            rung = bell.recv() => if rung == Err(RecvError::Closed) { return },
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

async fn consume(rollout: &Rollout, consumer: &Consumer) -> Result<(), Error> {
    loop {
        let facts = consumer.next(FACTS_MAX).await?;
        let Some(last) = facts.last() else { return Ok(()) };
        if facts.iter().any(|fact| may_make_something_due(&fact.kind)) {
            rollout.delivery.ship().await?;
        }
        if facts.iter().any(|fact| fact.kind == "deployment.probing") {
            for probing in rollout.delivery.probing().await? {
                rollout.delivery.probed(probing.deployment, delivery::Outcome::NothingToProbe).await?;
            }
        }
        for number in facts
            .iter()
            .filter(|fact| fact.kind == "deployment.rolled_back")
            .filter_map(|fact| fact.payload["deployment"].as_u64())
        {
            rollout.delivery.land_revert(number).await?;
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
