//! What customers have, as it is recorded: the live deployment of each service.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::engine::Engine;
use crate::gate::{Failure, LiveArtifact, Production};
use crate::{Error, store};

#[derive(Debug)]
pub(super) struct Records(pub(super) Arc<Engine>);

impl Records {
    async fn read(&self) -> Result<Vec<LiveArtifact>, Error> {
        let mut live = Vec::new();
        for service in store::repository::services(self.0.db()).await? {
            let Some(number) = service.live else { continue };
            let deployment = store::deployment::find(self.0.db(), number).await?;
            let deployment = deployment.ok_or_else(|| store::missing(format!("deployment {number}")))?;
            live.push(LiveArtifact {
                service: service.name,
                repository: deployment.repository,
                deployment: number,
                commit: deployment.state.commit,
                path: self.0.artifact_path(&deployment.state.digest),
                digest: deployment.state.digest,
            });
        }
        Ok(live)
    }
}

impl Production for Records {
    fn live(&self) -> BoxFuture<'_, Result<Vec<LiveArtifact>, Failure>> {
        async { self.read().await.map_err(Failure::from) }.boxed()
    }
}
