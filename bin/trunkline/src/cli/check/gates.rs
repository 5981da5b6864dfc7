//! The gates that need no server. What customers have is not known here: a change is judged beside its parent, and by the waivers
//! that are written down; what was approved on a server is not known.

use std::sync::Arc;

use delivery::gate::{Candidate, Failure, Gate, Gates, Judgement, LiveArtifact, Production};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ownership::Change;
use ownership::offline::Reader;

use crate::cli::own::{self, Repository};

/// Of the repository that we stand in.
pub(super) fn here(run: String) -> Gates {
    Gates { all: vec![Arc::new(Principles)], run, production: Some(Arc::new(NothingLive)) }
}

/// The gate of the principles, by what the repository holds.
#[derive(Debug)]
struct Principles;

impl Gate for Principles {
    fn name(&self) -> &'static str {
        "ownership"
    }

    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        async move { Ok(tokio::task::spawn_blocking(move || judge(&candidate)).await??) }.boxed()
    }
}

fn judge(candidate: &Candidate) -> anyhow::Result<Judgement> {
    let mut reader = Reader::new(Repository::here()?);
    let before = own::before(&mut reader, &candidate.commit)?;
    let product = reader.product(Some(&candidate.commit))?;
    Ok(rollout::principles_judgement(&Change::of(&[&before], &product, own::today())))
}

/// Gates are asked only where something is known of production; ours do not look at it.
#[derive(Debug)]
struct NothingLive;

impl Production for NothingLive {
    fn live(&self) -> BoxFuture<'_, Result<Vec<LiveArtifact>, Failure>> {
        async { Ok(Vec::new()) }.boxed()
    }
}
