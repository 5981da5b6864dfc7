//! Whose a finding is: of the domain that owns its lockfile, by the files of the commit that is live.

use std::collections::BTreeMap;
use std::sync::Arc;

use delivery::git::Mirror;
use ownership::model::{Files, Product, Thing, parse};
use security::LiveFinding;

use crate::facade::{Error, Rollout};

/// What says who owns what.
const CATALOG: &str = "catalog-info.yaml";
const CODEOWNERS: &str = "CODEOWNERS";
/// Most such files of a commit.
const FILES_MAX: usize = 2_000;

/// Products by commit, read once for an answer.
#[derive(Debug, Default)]
pub(crate) struct Owners(BTreeMap<String, Option<Product>>);

impl Owners {
    /// The domain; none if nobody owns it, or that cannot be read.
    pub(crate) async fn of(&mut self, rollout: &Rollout, found: &LiveFinding) -> Option<String> {
        let commit = &found.since.commit;
        if !self.0.contains_key(commit) {
            let product = of_commit(rollout, commit).await;
            let product = product
                .inspect_err(|error| {
                    tracing::warn!(commit, error = kernel::chain(&error), "who owns what is not known");
                })
                .ok();
            self.0.insert(commit.clone(), product);
        }
        owner(self.0.get(commit)?.as_ref()?, &found.flaw.source)
    }
}

/// The domain that owns a path.
pub(crate) fn owner(product: &Product, path: &str) -> Option<String> {
    product.owner(Thing::path(path)).map(|owner| owner.domain().to_owned())
}

async fn of_commit(rollout: &Rollout, commit: &str) -> Result<Product, Error> {
    let repository = rollout.delivery.change(commit).await?.row.repository;
    declared(&rollout.delivery.mirror(&repository), commit).await
}

/// What catalog and CODEOWNERS of a commit say.
pub(crate) async fn declared(mirror: &Mirror, commit: &str) -> Result<Product, Error> {
    let blobs = mirror.blobs(commit).await.map_err(delivery::Error::from)?;
    let says = |path: &str| path.rsplit('/').next().is_some_and(|name| name == CATALOG || name == CODEOWNERS);
    let declaring: Vec<_> = blobs.into_iter().filter(|blob| says(&blob.path)).take(FILES_MAX).collect();
    let ids: Vec<String> = declaring.iter().map(|blob| blob.id.clone()).collect();
    let texts = mirror.texts_of(&ids).await.map_err(delivery::Error::from)?;
    let parsed = declaring.into_iter().map(|blob| {
        let parsed = parse(&blob.path, texts.get(&blob.id).map(String::as_str));
        (blob.path, Arc::new(parsed))
    });
    Ok(Product::new(parsed.collect::<Files>()))
}
