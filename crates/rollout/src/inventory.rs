//! What every deployment is made of: read from its commit and its artifact when customers get it, and kept. Security is told
//! which deployments are live, so that it finds what is known against them.
//!
//! Decided anew from what delivery says each time, so that nothing depends on a fact that was missed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use delivery::verify::artifact;
use delivery::view::deployment::ReleaseView;
use security::model::Inventory;
use security::{Deployed, Installed, Security};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::facade::{Error, Rollout};

/// Deployments that are looked at, the newest: older ones have no customers.
const RELEASES: usize = 500;
/// Begins the name of a folder in which a commit is laid out.
const CHECKOUT: &str = "inventory-";
/// In case a bell was missed.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Reads what deployments are made of.
#[derive(Debug, Clone)]
pub struct Inventories {
    pub rollout: Rollout,
    pub security: Security,
    /// The data folder: artifacts are there, and commits are laid out there for a moment.
    pub data: PathBuf,
}

impl Inventories {
    /// Keeps what goes live until `shutdown`.
    pub fn start(self, shutdown: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(self.run(shutdown))
    }

    async fn run(self, shutdown: CancellationToken) {
        sweep(&self.data.join("work")).await;
        let mut bell = self.rollout.delivery.facts();
        while !shutdown.is_cancelled() {
            let looked = tokio::select! {
                () = shutdown.cancelled() => return,
                looked = self.look() => looked,
            };
            if let Err(error) = looked {
                tracing::error!(error = kernel::chain(&error), "inventories could not be taken; it is tried again");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = deployment_rings(&mut bell) => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Keeps what is not known yet, oldest first, and says what is live.
    pub async fn look(&self) -> Result<(), Error> {
        let releases = self.rollout.delivery.releases(RELEASES).await?;
        let known = self.security.known().await?;
        for release in releases.iter().rev().filter(|release| !known.contains(&release.number)) {
            let repository = self.repository(release).await?;
            let inventory = self.take(release, &repository).await;
            let deployed = Deployed {
                deployment: release.number,
                service: release.service.clone(),
                repository,
                commit: release.commit.clone(),
                digest: release.digest.clone(),
                since: release.from,
            };
            self.security.keep(&deployed, inventory).await?;
        }
        let live: BTreeSet<u64> = releases.iter().filter(|r| r.to.is_none()).map(|r| r.number).collect();
        Ok(self.security.live(&live).await?)
    }

    async fn repository(&self, release: &ReleaseView) -> Result<String, Error> {
        Ok(self.rollout.delivery.change(&release.commit).await?.row.repository)
    }

    /// Why it is not known, in the inner error.
    async fn take(&self, release: &ReleaseView, repository: &str) -> Result<Inventory, String> {
        let scratch = self.data.join("work").join(format!("{CHECKOUT}{}", kernel::id::fresh()));
        let mirror = self.rollout.delivery.mirror(repository);
        let checkout = mirror.worktree(&release.commit, &scratch).await.map_err(|error| error.to_string())?;
        let read = self.security.read(checkout.folder(), Installed::Unlocked).await.map_err(|problem| problem.told());
        let folder = service_folder(checkout.folder(), &release.service).await;
        checkout.remove().await;
        let built = artifact::folder(&self.data.join("artifacts"), &release.digest);
        // Of an artifact that is gone, the lockfiles say what went into it; what the build added is not known any more.
        let built = if built.is_dir() {
            Some(self.security.read(&built, Installed::All).await.map_err(|problem| problem.told())?)
        } else {
            None
        };
        Ok(Inventory::of_service(&read?, built.as_ref(), &folder))
    }
}

/// Removes checkouts that an earlier process left.
async fn sweep(work: &Path) {
    let Ok(mut entries) = tokio::fs::read_dir(work).await else { return };
    while let Ok(Some(entry)) = entries.next_entry().await {
        if entry.file_name().as_encoded_bytes().starts_with(CHECKOUT.as_bytes())
            && let Err(error) = tokio::fs::remove_dir_all(entry.path()).await
        {
            tracing::warn!(folder = %entry.path().display(), %error, "a leftover could not be removed");
        }
    }
}

/// Returns when something of a deployment is different.
async fn deployment_rings(bell: &mut tokio::sync::broadcast::Receiver<delivery::Fact>) {
    loop {
        match bell.recv().await {
            Ok(fact) if fact.kind == "deployment" => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            // Delivery is over; the shutdown follows.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Where a service is in its repository; all of it if that cannot be read.
pub(crate) async fn service_folder(checkout: &Path, service: &str) -> String {
    folders(checkout).await.remove(service).unwrap_or_else(|| ".".to_owned())
}

/// The folders of the services that a checkout declares.
pub(crate) async fn folders(checkout: &Path) -> BTreeMap<String, String> {
    let text = tokio::fs::read_to_string(checkout.join(delivery::config::FILE)).await.unwrap_or_default();
    let product = delivery::config::parse(&text, delivery::config::FILE);
    let services = product.map(|product| product.services).unwrap_or_default();
    services.into_iter().map(|(name, service)| (name, service.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn checkouts_of_an_earlier_process_go_and_the_rest_stays() {
        let work = tempfile::tempdir().unwrap();
        for folder in ["inventory-1/src", "runs/1"] {
            std::fs::create_dir_all(work.path().join(folder)).unwrap();
        }
        sweep(work.path()).await;
        let left: Vec<_> = work.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["runs"]);
        sweep(&work.path().join("nothing")).await;
    }
}
