//! The inventory of every deployment, and which of them customers have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use kernel::Problem;

use super::Security;
use crate::Error;
use crate::model::cyclonedx::{self, Document, Release};
use crate::model::{Advisories, Ecosystem, Finding, Inventory, Report, report};
use crate::offline::Installed;
use crate::store::{self, inventory::StoredInventory};

/// A deployment, as whoever deployed it tells.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub deployment: u64,
    pub service: String,
    pub repository: String,
    pub commit: String,
    pub digest: String,
    /// When customers got it.
    pub since: Timestamp,
}

impl Security {
    /// Reads a folder of somebody else, as the reader does.
    pub async fn read(&self, folder: &Path, installed: Installed) -> Result<Inventory, Problem> {
        self.reader.inventory(folder, installed).await
    }

    /// Keeps what a deployment is made of, or why that is not known. Safe to repeat; what is known is not forgotten.
    pub async fn keep(&self, deployed: &Deployed, inventory: Result<Inventory, String>) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let before = store::inventory::find(&self.db, deployed.deployment).await?;
        if before.as_ref().is_some_and(|before| before.bill.is_some()) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let (bill, why) = match inventory {
            Ok(inventory) => (Some(store::inventory::put_bill(&mut tx, &inventory).await?), None),
            Err(why) => (None, Some(why)),
        };
        let Deployed { deployment, service, repository, commit, digest, since } = deployed.clone();
        let is_live = before.is_some_and(|before| before.is_live);
        let new = StoredInventory { deployment, service, repository, commit, digest, since, bill, why, is_live };
        store::inventory::put_inventory(&mut tx, &new).await?;
        if is_live {
            store::inventory::mark(&mut tx, deployment).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Says which deployments customers have; then findings in them are open, and those in others closed.
    pub async fn live(&self, deployments: &BTreeSet<u64>) -> Result<(), Error> {
        {
            let _writing = self.writing.lock().await;
            let before: BTreeSet<u64> =
                store::inventory::live(&self.db).await?.into_iter().map(|stored| stored.deployment).collect();
            if before != *deployments {
                let mut tx = self.db.begin().await?;
                for deployment in before.symmetric_difference(deployments) {
                    store::inventory::set_live(&mut tx, *deployment, deployments.contains(deployment)).await?;
                    store::inventory::mark(&mut tx, *deployment).await?;
                }
                tx.commit().await?;
            }
        }
        self.settle().await
    }

    /// Deployments of which it is known what they are made of.
    pub async fn known(&self) -> Result<BTreeSet<u64>, Error> {
        Ok(store::inventory::known(&self.db).await?)
    }

    /// What a deployment is made of; nothing if that is not known.
    pub async fn inventory(&self, deployment: u64) -> Result<Option<Inventory>, Error> {
        let Some(stored) = store::inventory::find(&self.db, deployment).await? else { return Ok(None) };
        match stored.bill {
            Some(bill) => Ok(store::inventory::bill(&self.db, &bill).await?),
            None => Ok(None),
        }
    }

    /// The bill of materials of a deployment, CycloneDX 1.6, with what it is not complete in. Always the same.
    pub async fn bill(&self, deployment: u64) -> Result<serde_json::Value, Error> {
        let Some(stored) = store::inventory::find(&self.db, deployment).await? else {
            return Err(Problem::not_found(format!("nothing is known of what deployment {deployment} is made of"))
                .hint(
                    "it is read when a deployment gets its first customers; `trunkline deploy history` lists them all",
                )
                .into());
        };
        let inventory = match &stored.bill {
            Some(bill) => store::inventory::bill(&self.db, bill).await?,
            None => None,
        };
        let Some(inventory) = inventory else {
            let why = stored.why.unwrap_or_default();
            return Err(Problem::not_found(format!(
                "what deployment {deployment} is made of could not be read: {why}"
            ))
            .hint("it is tried again from time to time; `trunkline advisory status` lists all that is not known")
            .into());
        };
        let StoredInventory { service, repository, commit, digest, .. } = &stored;
        let release = Some(Release { deployment, repository, commit, digest });
        let document =
            Document { name: service, tool_version: env!("CARGO_PKG_VERSION"), serial_number: None, release };
        Ok(cyclonedx::bill(&inventory, document))
    }

    /// Judges an inventory by all advisories that are here.
    pub async fn judge(&self, inventory: &Inventory) -> Result<Report, Error> {
        let mut packages: BTreeMap<Ecosystem, BTreeSet<String>> = BTreeMap::new();
        for (_, package) in inventory.packages() {
            let name = package.ecosystem.normal(&package.name).into_owned();
            packages.entry(package.ecosystem.clone()).or_default().insert(name);
        }
        let advisories = store::advisory::of(&self.db, &packages).await?;
        let report = Report::of(inventory, &advisories);
        let newest_modified =
            store::advisory::feeds(&self.db).await?.values().filter_map(|feed| feed.newest_modified).max();
        let count = store::advisory::count(&self.db).await?;
        Ok(Report { advisories: report::Basis { count, newest_modified, ..report.advisories }, ..report })
    }

    /// Earlier deployments of a service that have not the flaw, newest first. One of which nothing is known is none.
    pub async fn without(&self, flaw: &Finding, service: &str, before: u64) -> Result<Vec<u64>, Error> {
        let package = flaw.ecosystem.normal(&flaw.package).into_owned();
        let advisories = self.advisories_of(&flaw.ecosystem, &package).await?;
        let mut affected = BTreeSet::new();
        for (bill, version) in store::inventory::bills_with(&self.db, &flaw.ecosystem, &package).await? {
            if is_affected(flaw, &version, &advisories) {
                affected.insert(bill);
            }
        }
        let earlier = store::inventory::of_service(&self.db, service, before.saturating_sub(1)).await?;
        let is_free = |stored: &&StoredInventory| stored.bill.as_ref().is_some_and(|bill| !affected.contains(bill));
        Ok(earlier.iter().filter(is_free).map(|stored| stored.deployment).collect())
    }

    pub(super) async fn advisories_of(&self, ecosystem: &Ecosystem, package: &str) -> Result<Advisories, Error> {
        let packages = BTreeMap::from([(ecosystem.clone(), BTreeSet::from([package.to_owned()]))]);
        Ok(store::advisory::of(&self.db, &packages).await?)
    }
}

fn is_affected(flaw: &Finding, version: &str, advisories: &Advisories) -> bool {
    let package = crate::model::Package::registered(flaw.ecosystem.clone(), &flaw.package, version);
    version == flaw.version
        || report::findings_of("", &package, advisories).iter().any(|found| found.is_same_flaw(flaw))
}
