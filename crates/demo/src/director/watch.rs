//! Waiting for what has to happen, with an end.

use std::time::{Duration, Instant};

use super::Demo;
use crate::api::{self, Change, Deployment, Service};

const LOOK_EVERY: Duration = Duration::from_millis(150);
/// Nothing in the demo takes longer, not even a run on a machine that is busy with much else.
const WITHIN: Duration = Duration::from_mins(4);

/// Events are seen within a second; a busy machine gets some more.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(15);

/// Something was waited for in vain.
#[derive(Debug)]
pub(super) struct Missed(pub(super) String);

impl From<crate::Error> for Missed {
    fn from(error: crate::Error) -> Self {
        Self(error.to_string())
    }
}

/// How the way of a change ended.
#[derive(Debug)]
pub(super) enum End {
    Live(Deployment),
    TakenBack(Deployment),
    /// It got no deployment.
    NotShipped {
        check: String,
        summary: String,
    },
}

impl End {
    pub(super) fn words(&self) -> String {
        let reason = |d: &Deployment| d.reason.clone().unwrap_or_else(|| "no reason given".into());
        match self {
            Self::Live(d) => format!("deployment {} is live", d.number),
            Self::TakenBack(d) => format!("deployment {} was {}: {}", d.number, d.phase.replace('_', " "), reason(d)),
            Self::NotShipped { check, summary } => format!("check {check} failed ({summary})"),
        }
    }
}

/// The way of a change to its end.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) change: String,
    pub(super) end: End,
}

impl Way {
    pub(super) fn live(&self) -> Option<u64> {
        self.deployment().map(|deployment| deployment.number)
    }

    /// What went live.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        if let End::Live(deployment) = &self.end { Some(deployment) } else { None }
    }
}

impl Demo {
    /// Looks until there is something.
    pub(super) async fn until<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<T>, api::Error>,
    ) -> Result<T, Missed> {
        let began = Instant::now();
        let mut last = String::new();
        while began.elapsed() < WITHIN {
            match look().await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => last.clear(),
                Err(error) => last = format!(" ({error})"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Missed(format!("waited {} s in vain for {what}{last}", WITHIN.as_secs())))
    }

    /// As [`Self::until`], for what follows the customers within moments.
    pub(super) async fn until_or<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> Result<Option<T>, api::Error>,
    ) -> Result<T, Missed> {
        let late = |_| Missed(format!("{what} did not agree within {} s", FOLLOWS_WITHIN.as_secs()));
        tokio::time::timeout(FOLLOWS_WITHIN, self.until(what, look)).await.map_err(late)?
    }

    /// Follows a change until it is live, taken back or failed, and says each step.
    pub(super) async fn follow(&self, sha: &str) -> Result<Way, Missed> {
        let mut word = String::new();
        let end = self
            .until(&format!("change {} to go live or to fail", short(sha)), async || {
                let Some(change) = self.api.change(sha).await? else { return Ok(None) };
                if change.state.word != word {
                    word.clone_from(&change.state.word);
                    self.note(format!("{}: {word}", short(sha)));
                }
                self.point_at(&change);
                Ok(end(&change))
            })
            .await;
        match end {
            Ok(end) => Ok(Way { change: sha.to_owned(), end }),
            Err(missed) => Err(self.with_sentence(missed, sha).await),
        }
    }

    /// What the change page says meanwhile, added to why the wait was in vain.
    async fn with_sentence(&self, missed: Missed, sha: &str) -> Missed {
        match self.api.change(sha).await {
            Ok(Some(change)) => Missed(format!("{}; its page says: {}", missed.0, change.sentence)),
            Ok(None) => Missed(format!("{}; it is not known there", missed.0)),
            Err(_) => missed,
        }
    }

    /// Puts the pages of a change's run and deployment on the tour.
    fn point_at(&self, change: &Change) {
        if let Some(run) = &change.run {
            self.play.link("Run with its logs", &format!("/console/runs/{run}"));
        }
        if let Some(newest) = change.deployments.first() {
            self.play.link("Deployment", &format!("/console/deployments/{}", newest.number));
        }
    }

    /// Commits the next patch and shows where its story is told.
    pub(super) async fn land(&mut self, patch: &str, label: &str) -> Result<String, Missed> {
        let sha = self.trunk.commit(patch).await?;
        self.note(format!("{} is committed: {label}", short(&sha)));
        self.play.link(&format!("Change: {label}"), &format!("/console/changes/{sha}"));
        Ok(sha)
    }

    /// Reverts what a patch became, as git does.
    pub(super) async fn revert(&mut self, patch: &str) -> Result<String, Missed> {
        let sha = self.trunk.revert(patch).await?;
        self.note(format!("{} is committed: the revert", short(&sha)));
        self.play.link("Change: the revert", &format!("/console/changes/{sha}"));
        Ok(sha)
    }

    /// Waits until customers were served `count` times more by a release.
    pub(super) async fn served(&self, release: u64, count: u64) -> Result<(), Missed> {
        let before = self.ledger().release(Some(release)).requests;
        self.until(&format!("{count} requests answered by release {release}"), async || {
            let now = self.ledger().release(Some(release)).requests;
            Ok((now >= before + count).then_some(()))
        })
        .await
    }

    /// Waits until the service's status is as it should be, and returns what was looked for.
    pub(super) async fn status<T>(&self, what: &str, look: impl Fn(&Service) -> Option<T>) -> Result<T, Missed> {
        self.until(what, async || Ok(self.api.status().await?.service().and_then(&look))).await
    }
}

fn end(change: &Change) -> Option<End> {
    if let Some(newest) = change.deployments.first() {
        return match newest.phase.as_str() {
            "live" | "superseded" => Some(End::Live(newest.clone())),
            "rolled_back" | "failed" => Some(End::TakenBack(newest.clone())),
            _ => None,
        };
    }
    // A check may have failed while others still run; only then is it decided that the change does not ship.
    let (check, summary) = change.failed_check().filter(|_| change.is_refused())?;
    Some(End::NotShipped { check: check.into(), summary: summary.into() })
}

pub(super) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
