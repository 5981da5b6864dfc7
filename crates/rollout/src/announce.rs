//! What happened is told to whoever owns what it happened to: verdicts, rollbacks, findings, ramps that are held or were
//! turned back, and flags whose day comes near.
//!
//! A fact is acknowledged after its announcement is kept, and the same fact is one message, so that a crash in between tells
//! nothing twice.

mod expiring;
mod told;

use std::time::Duration;

use jiff::Timestamp;
use kernel::event::Envelope;
use notify::{Announcement, Notifications, Owner};
use ownership::model::Thing;
use storage::outbox::{Consumer, Failed};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::facade::{Error, Rollout};

const FACTS_MAX: u64 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Days pass slowly.
const FLAGS_EVERY: Duration = Duration::from_mins(1);

/// Turns facts into announcements.
#[derive(Debug, Clone)]
pub struct Announcer {
    pub rollout: Rollout,
    pub notifications: Notifications,
}

impl Announcer {
    /// Tells what happens until `shutdown`.
    pub fn start(self, shutdown: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(self.run(shutdown))
    }

    async fn run(self, shutdown: CancellationToken) {
        let publishers = ["delivery", experiments::PUBLISHER, crate::ramp::PUBLISHER, security::PUBLISHER];
        let consumers = publishers.map(|publisher| Consumer::new(self.rollout.db.clone(), "notify", publisher));
        let mut changed = self.rollout.db.changed();
        let mut flags = tokio::time::interval(FLAGS_EVERY);
        loop {
            for consumer in &consumers {
                if let Err(error) = self.consume(consumer).await {
                    tracing::error!(error = kernel::chain(&error), "facts could not be announced; it is tried again");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = flags.tick() => self.tell_of_flags().await,
                // Not more often than somebody can read.
                _ = changed.changed() => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    }

    async fn tell_of_flags(&self) {
        if let Err(error) = expiring::tell(self).await {
            tracing::error!(
                error = kernel::chain(&error),
                "flags that expire could not be announced; it is tried again"
            );
        }
    }

    /// One after the other: what cannot be told is tried again, and set aside at last.
    async fn consume(&self, consumer: &Consumer) -> Result<(), Error> {
        loop {
            let facts = consumer.next(FACTS_MAX).await?;
            let Some(last) = facts.last() else { return Ok(()) };
            let mut done = last.position;
            for fact in &facts {
                let Err(error) = self.tell(fact).await else { continue };
                let chain = kernel::chain(&error);
                if consumer.failed(fact.position, &chain).await? != Failed::Parked {
                    return Err(error);
                }
                tracing::error!(
                    publisher = fact.publisher,
                    position = fact.position,
                    chain,
                    "a fact was told to nobody"
                );
                done = fact.position;
                break;
            }
            let mut tx = self.rollout.db.begin().await?;
            tx.acknowledge(consumer, done).await?;
            tx.commit().await?;
        }
    }

    async fn tell(&self, fact: &Envelope) -> Result<(), Error> {
        match told::of(self, fact).await? {
            Some(announcement) => self.announce(&announcement).await,
            None => Ok(()),
        }
    }

    /// Who answers for a thing; none where nobody is known to.
    async fn owner(&self, thing: Thing<'_>) -> Result<Option<Owner>, Error> {
        let Some(ownership) = &self.rollout.ownership else { return Ok(None) };
        match ownership.owner(thing).await? {
            Some(owner) => self.domain(owner.domain()).await.map(Some),
            None => Ok(None),
        }
    }

    async fn domain(&self, domain: &str) -> Result<Owner, Error> {
        let team = match &self.rollout.ownership {
            Some(ownership) => ownership.team(domain).await?,
            None => None,
        };
        Ok(Owner { domain: domain.to_owned(), team })
    }

    fn now(&self) -> Timestamp {
        self.rollout.clock.now()
    }

    async fn announce(&self, announcement: &Announcement) -> Result<(), Error> {
        Ok(self.notifications.announce(announcement).await?)
    }
}
