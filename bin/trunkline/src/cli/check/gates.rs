//! The gates that need no server. What customers have is not known here: a change is judged beside its parent, and by the waivers
//! that are written down; what was approved on a server is not known.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use delivery::gate::{Candidate, Failure, Gate, Gates, Judgement, LiveArtifact, Production, Verdict};
use delivery::git::Mirror;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use ownership::Change;
use ownership::offline::Reader;
use security::model::{Inventory, Severity, Threshold};
use security::{Installed, offline};

use crate::cli::own::{self, Repository};

/// All of OSV's exports take a while to read.
const TIME_LIMIT: Duration = Duration::from_mins(5);
/// What a server stops from unless it is told otherwise.
const STOP_FROM: Threshold = Threshold::From(Severity::High);

/// Of the repository that we stand in; vulnerabilities are judged by the advisories of a folder.
pub(super) fn here(run: String, advisories: Option<PathBuf>) -> Gates {
    let vulnerabilities = Vulnerabilities { advisories };
    let all: Vec<Arc<dyn Gate>> = vec![Arc::new(Principles), Arc::new(vulnerabilities)];
    Gates { all, run, production: Some(Arc::new(NothingLive)) }
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

/// The gate of known vulnerabilities, of what the commit and its parent hold.
#[derive(Debug)]
struct Vulnerabilities {
    advisories: Option<PathBuf>,
}

impl Gate for Vulnerabilities {
    fn name(&self) -> &'static str {
        "security"
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn judge(&self, candidate: Candidate) -> BoxFuture<'_, Result<Judgement, Failure>> {
        async move {
            let after = match contents(candidate.checkout.clone()).await? {
                Ok(inventory) => inventory,
                Err(problem) => return Ok(rollout::unreadable(problem)),
            };
            let Some(folder) = self.advisories.clone() else { return Ok(not_judged(&after)) };
            let advisories = tokio::task::spawn_blocking(move || offline::advisories(&folder)).await??;
            let before = match &candidate.parent {
                Some(parent) => Some(of_parent(&candidate, parent).await?),
                None => None,
            };
            let made = (&after, before.as_ref());
            Ok(rollout::vulnerabilities_judgement(&candidate, made, &advisories, STOP_FROM).await)
        }
        .boxed()
    }
}

/// Who has no advisories knows nothing.
fn not_judged(inventory: &Inventory) -> Judgement {
    let packages = inventory.packages().count();
    let summary = format!("not judged: no advisories were given, so nothing is known of its {packages} packages");
    let problem = Problem::unavailable("no advisories were given");
    let problem = problem.hint("--advisories names a folder of them, such as OSV's exports");
    Judgement::new(Verdict::NotJudged, summary).with_problems(vec![problem])
}

/// What cannot be read of the parent is not known, so all that the commit has counts as new.
async fn of_parent(candidate: &Candidate, parent: &str) -> Result<Inventory, Failure> {
    let scratch = tempfile::tempdir()?;
    let mirror = Mirror::existing(&candidate.mirror, "");
    let checkout = mirror.worktree(parent, &scratch.path().join("parent")).await?;
    let read = contents(checkout.folder().to_owned()).await?;
    checkout.remove().await;
    Ok(read.unwrap_or_default())
}

async fn contents(folder: PathBuf) -> Result<Result<Inventory, Problem>, tokio::task::JoinError> {
    tokio::task::spawn_blocking(move || offline::contents(&folder, Installed::Unlocked)).await
}

/// Gates are asked only where something is known of production; ours do not look at it.
#[derive(Debug)]
struct NothingLive;

impl Production for NothingLive {
    fn live(&self) -> BoxFuture<'_, Result<Vec<LiveArtifact>, Failure>> {
        async { Ok(Vec::new()) }.boxed()
    }
}
