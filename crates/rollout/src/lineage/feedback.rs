//! What customers said of a change: those who had a variant of its flags, and those who had its deployment.

use delivery::view::change::ChangeView;
use feedback::{Changes, Item, Owners, Query, Scope, Subject};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use ownership::Ownership;
use ownership::model::{Thing, ThingKind};

use super::customers;
use crate::definitions::Contexts;
use crate::facade::{Error, Rollout};

/// The newest so many are part of the story; the rest is a filter away.
const SHOWN: usize = 20;

/// What was said, newest first.
pub(crate) async fn of(
    rollout: &Rollout,
    contexts: &Contexts,
    view: &ChangeView,
    flags: &[String],
) -> Result<Vec<Item>, Error> {
    let scope = scope(rollout, view, flags.to_vec()).await?;
    let query = Query { limit: Some(SHOWN), ..Query::default() };
    Ok(contexts.feedback.list(&query, Some(&scope)).await.map_err(Problem::from)?.items)
}

/// A change that shipped inside a newer one came to customers with that.
async fn scope(rollout: &Rollout, view: &ChangeView, flags: Vec<String>) -> Result<Scope, Error> {
    let shipped = view.row.shipped_in.as_deref().unwrap_or(&view.commit.sha);
    let releases = rollout.delivery.releases_of(&view.row.repository, shipped).await?;
    let from_ms = releases.iter().map(|release| release.from.as_millisecond()).min();
    Ok(Scope { flags, releases: releases.iter().map(|release| release.number).collect(), from_ms })
}

impl Changes for Rollout {
    fn scope<'a>(&'a self, change: &'a str) -> BoxFuture<'a, Result<Scope, Problem>> {
        async move {
            let view = self.delivery.change(change).await?;
            let flags = customers::flags(self, &view).await?;
            Ok(scope(self, &view, flags).await?)
        }
        .boxed()
    }
}

/// Who owns what on trunk, for feedback.
#[derive(Debug, Clone)]
pub struct Readers(pub Ownership);

impl Owners for Readers {
    fn owner<'a>(&'a self, of: Subject<'a>) -> BoxFuture<'a, Result<Option<String>, Problem>> {
        let thing = match of {
            Subject::Survey(name) => Thing::new(ThingKind::Survey, name),
            Subject::Journey(name) => Thing::new(ThingKind::Journey, name),
        };
        async move { Ok(self.0.owner(thing).await?.map(|owner| owner.domain().to_owned())) }.boxed()
    }
}
