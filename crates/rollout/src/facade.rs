//! The questions that rollout answers, and its process manager.

use std::sync::Arc;

use delivery::Delivery;
use kernel::{Clock, Problem};
use ownership::Ownership;
use security::Security;
use storage::Db;
use tokio::sync::broadcast;

use crate::definitions::Contexts;
use crate::lineage::{self, Lineage, customers};
use crate::now::{self, Now};
use crate::ramp::{self, RampOptions, Ramps};
use crate::turned_off::TurnOffs;

/// Rows that the first page looks at.
const NOW_ROWS: usize = 50;

/// An operation of rollout failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Delivery(#[from] delivery::Error),
    #[error("the control store failed")]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Flags(#[from] flags::Error),
    #[error(transparent)]
    Journeys(#[from] journeys::Error),
    #[error(transparent)]
    Experiments(#[from] experiments::Error),
    #[error(transparent)]
    Events(#[from] events::Error),
    #[error(transparent)]
    Security(#[from] security::Error),
    #[error("the audit log could not be read")]
    Audit(#[from] storage::AuditError),
    #[error(transparent)]
    Ownership(#[from] ownership::Error),
    #[error(transparent)]
    Notify(#[from] notify::Error),
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Delivery(error) => error.into(),
            Error::Storage(error) => Self::internal(error.to_string()),
            Error::Audit(error) => Self::internal(error.to_string()),
            Error::Flags(error) => error.into(),
            Error::Journeys(error) => error.into(),
            Error::Experiments(error) => error.into(),
            Error::Events(error) => error.into(),
            Error::Security(error) => error.into(),
            Error::Ownership(error) => error.into(),
            Error::Notify(error) => error.into(),
            Error::Problem(problem) => problem,
        }
    }
}

/// Joins what the contexts know. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rollout {
    pub(crate) db: Db,
    pub(crate) delivery: Delivery,
    pub(crate) contexts: Option<Contexts>,
    pub(crate) ownership: Option<Ownership>,
    pub(crate) ramps: Option<Ramps>,
    pub(crate) security: Option<Security>,
    pub(crate) facts: broadcast::Sender<delivery::Fact>,
    pub(crate) clock: Arc<dyn Clock>,
    product: Arc<str>,
}

/// Listeners that fall behind by more than this many facts miss some; they look again anyway.
const FACTS_BUFFERED: usize = 256;

impl Rollout {
    pub fn new(db: Db, delivery: Delivery, clock: Arc<dyn Clock>, product: &str) -> Self {
        let facts = broadcast::Sender::new(FACTS_BUFFERED);
        Self {
            db,
            delivery,
            contexts: None,
            ownership: None,
            ramps: None,
            security: None,
            facts,
            clock,
            product: product.into(),
        }
    }

    /// Joins what is known of the product's customers as well. Without it those parts of every story are unknown, and
    /// nothing is probed.
    #[must_use]
    pub fn with(mut self, contexts: Contexts) -> Self {
        let Contexts { flags, events, journeys, experiments, .. } = contexts.clone();
        let (kept, told) = (flags.clone(), events.clone());
        let options = RampOptions {
            db: self.db.clone(),
            clock: Arc::clone(&self.clock),
            flags,
            customers: Arc::new(ramp::Live { events, journeys, experiments }),
        };
        let ramps = Ramps::open(options).ring(self.facts.clone());
        self.delivery.ask_switches(Arc::new(TurnOffs { flags: kept, events: told, ramps: ramps.clone() }));
        self.ramps = Some(ramps);
        self.contexts = Some(contexts);
        self.delivery.expect_guards();
        self
    }

    /// Joins what changes are made of and what is known against it. Without it that part of every story is unknown.
    #[must_use]
    pub fn secured_by(mut self, security: Security) -> Self {
        self.security = Some(security);
        self
    }

    /// Holds flags that break a principle which guards exposure. Without it none is held.
    #[must_use]
    pub fn principled(mut self, ownership: Ownership) -> Self {
        self.ownership = Some(ownership);
        self
    }

    /// The whole story of a change; at least seven characters of its id.
    pub async fn lineage(&self, sha: &str) -> Result<Lineage, Error> {
        let mut view = self.delivery.change(sha).await?;
        let customers = customers::of(self, &view).await;
        let guards = lineage::guarded::guards(self, &view).await;
        let secured = lineage::secured::of(self, &mut view).await;
        let (findings, advisories) = secured.map(|secured| (secured.findings, secured.advisories)).unzip();
        Ok(lineage::tell(view, lineage::Known { customers, guards, findings, advisories }, self.clock.now()))
    }

    /// What is changing for customers this minute, and what needs somebody.
    pub async fn now(&self) -> Result<Now, Error> {
        let services = self.delivery.status().await?.services;
        let rows = self.delivery.changes(None, NOW_ROWS, "").await?.items;
        let on_the_way = now::on_the_way(rows, &services);
        let needs_someone = self.delivery.attention().await?;
        Ok(Now {
            at: self.clock.now().to_string(),
            product: self.product.to_string(),
            counts: now::counts(&on_the_way, &needs_someone),
            on_the_way,
            needs_someone,
            services,
            commands: vec!["trunkline deploy status".into(), "trunkline change list".into()],
        })
    }
}
