//! How a commit that went live stands among those that customers have: services of one repository may have different ones.

use crate::Error;
use crate::facade::Delivery;
use crate::model::deployment::Deployment;
use crate::store;

/// How a version came to have all visitors of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    New,
    /// Customers had it before: what came after it was taken back.
    Again,
}

impl Arrival {
    pub(crate) const fn of(deployment: &Deployment) -> Self {
        if deployment.live_at.is_some() { Self::Again } else { Self::New }
    }

    /// As the fact `deployment.live` tells it.
    pub fn told(fact: &serde_json::Value) -> Self {
        if fact["again"] == true { Self::Again } else { Self::New }
    }
}

/// A commit among the others of its repository, in trunk order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The newest commit that any service has live.
    pub newest_live: Option<String>,
    /// A newer one came as far as its probes, whatever became of it then.
    pub is_followed: bool,
}

impl Delivery {
    /// Where the commit of a change stands now.
    pub async fn standing(&self, commit: &str) -> Result<Standing, Error> {
        let db = self.engine.db();
        let change = store::change::find(db, commit).await?;
        let change = change.ok_or_else(|| store::missing(format!("change {commit}")))?;
        let newer = store::deployment::of_newer_changes(db, &change.repository, change.position).await?;
        Ok(Standing {
            newest_live: store::deployment::newest_live(db, &change.repository).await?,
            is_followed: newer.iter().any(|newer| newer.state.probing_at.is_some() || newer.state.live_at.is_some()),
        })
    }
}
