//! `deploy status`: what is live, what is on its way, what waits and why.

use super::{Context, ServiceContext};
use crate::Error;
use crate::engine::Engine;
use crate::facade::Delivery;
use crate::model::deployment::{Stage, percent};
use crate::model::desired::NOBODY;
use crate::model::trunk::Held;
use crate::store;
use crate::store::change::{State as Run, StoredChange, short};
use crate::store::deployment::StoredDeployment;
use crate::view::status::{Candidate, LiveVersion, Routed, ServiceStatus, Status, Traffic, Waiting};
use crate::view::{State, StateKind, time};
use crate::{deploy, view};

/// More than these are not listed one by one.
const WAITING_LISTED_MAX: usize = 100;

impl Delivery {
    /// Whether trunk and production agree, service by service, and why not.
    pub async fn status(&self) -> Result<Status, Error> {
        self.engine.settled.wait().await;
        let context = self.context().await?;
        let open = store::deployment::open(self.engine.db()).await?;
        let edge = self.engine.options.edge.state().await.ok();
        let mut services = Vec::new();
        for service in &context.services {
            services.push(self.service_status(&context, service, &open, edge.as_ref()).await?);
        }
        Ok(Status { services })
    }

    async fn service_status(
        &self,
        context: &Context,
        service: &ServiceContext,
        open: &[StoredDeployment],
        edge: Option<&edge::EdgeState>,
    ) -> Result<ServiceStatus, Error> {
        let live = match service.service.live {
            Some(number) => store::deployment::find(self.engine.db(), number).await?,
            None => None,
        };
        let mine: Vec<_> = open.iter().filter(|d| d.state.service == service.service.name).collect();
        let candidate = mine
            .iter()
            .copied()
            .find(|d| d.state.stage.is_moving())
            .or_else(|| mine.iter().copied().find(|d| d.state.stage == Stage::Queued));
        let waiting = self.waiting(context, service, candidate).await?;
        let in_sync = waiting.is_empty() && live.is_some();
        Ok(ServiceStatus {
            service: service.service.name.clone(),
            state: state(live.as_ref(), candidate, &waiting),
            live: live.as_ref().map(live_version),
            candidate: candidate.map(candidate_view),
            trunk: service.trunk.last().map(|c| c.sha.clone()),
            in_sync,
            frozen: context.frozen.clone(),
            waiting,
            routed: routed(edge, &service.service.name),
            traffic: traffic(&self.engine, edge, service.service.live),
        })
    }

    /// What trunk has and customers do not.
    async fn waiting(
        &self,
        context: &Context,
        service: &ServiceContext,
        candidate: Option<&StoredDeployment>,
    ) -> Result<Vec<Waiting>, Error> {
        let first = service.live_index.map_or(0, |i| i + 1);
        let mut waiting = Vec::new();
        for change in service.trunk[first..].iter().filter(|c| deploy::touches(c, &service.service)) {
            if change.state == Run::Known {
                continue;
            }
            let why = match candidate.filter(|d| d.state.commit == change.sha) {
                Some(candidate) => on_its_way(candidate),
                None => self.why_not(context, service, change).await?,
            };
            waiting.push(Waiting { commit: change.sha.clone(), subject: change.subject.clone(), why });
        }
        if waiting.len() > WAITING_LISTED_MAX {
            waiting.drain(..waiting.len() - WAITING_LISTED_MAX);
        }
        Ok(waiting)
    }

    async fn why_not(
        &self,
        context: &Context,
        service: &ServiceContext,
        change: &StoredChange,
    ) -> Result<String, Error> {
        match change.state {
            Run::Queued => return Ok("waits for its run".into()),
            Run::Running => return Ok("is being verified".into()),
            Run::Failed => return Ok(change.why.clone().unwrap_or_else(|| "checks failed".into())),
            Run::Cancelled => return Ok(format!("its run was cancelled{}", detail(change))),
            Run::Superseded => return Ok(change.why.clone().unwrap_or_else(|| "part of a newer change".into())),
            Run::Passed | Run::Known => {}
        }
        if let Some(held) = &change.held {
            return Ok(format!("held: {held}"));
        }
        match service.held(&change.sha) {
            Some(Held::Behind { sha }) => return Ok(format!("held behind {}", short(&sha))),
            Some(Held::TakenBack { why }) => return Ok(taken_back(&why)),
            None => {}
        }
        let tried = store::deployment::of_change(self.engine.db(), &change.repository, &change.sha).await?;
        if let Some(tried) = tried.iter().find(|d| d.state.service == service.service.name) {
            match &tried.state.stage {
                Stage::RolledBack { why } | Stage::RollingBack { why } => return Ok(taken_back(why)),
                Stage::Failed { why } => return Ok(format!("its deployment failed: {why}")),
                _ => {}
            }
        }
        Ok(match &context.frozen {
            Some(reason) => format!("frozen: {reason}"),
            None => "waits for its turn".into(),
        })
    }
}

/// A person's rollback says so itself.
fn taken_back(why: &str) -> String {
    if why.starts_with("rolled back") || why.starts_with("taken back") {
        why.to_owned()
    } else {
        format!("rolled back: {why}")
    }
}

fn detail(change: &StoredChange) -> String {
    change.why.as_ref().map_or_else(String::new, |why| format!(": {why}"))
}

fn on_its_way(candidate: &StoredDeployment) -> String {
    let d = &candidate.state;
    match &d.stage {
        Stage::Canary { .. } => format!("on its way: canary at {}, waits {}", percent(d.weight()), candidate.waits_for),
        Stage::RollingBack { why } => format!("is being rolled back: {why}"),
        Stage::Queued => view::waits(&candidate.waits_for),
        _ => format!("on its way: {}", view::deployment::state(d).word.to_lowercase()),
    }
}

fn live_version(live: &StoredDeployment) -> LiveVersion {
    LiveVersion {
        number: live.state.number,
        commit: live.state.commit.clone(),
        digest: live.state.digest.clone(),
        since: time(live.state.live_at.unwrap_or(live.state.since)),
    }
}

fn candidate_view(candidate: &StoredDeployment) -> Candidate {
    Candidate {
        number: candidate.state.number,
        commit: candidate.state.commit.clone(),
        phase: candidate.state.stage.phase().into(),
        weight: f64::from(candidate.state.weight()) / 10_000.0,
    }
}

fn state(live: Option<&StoredDeployment>, candidate: Option<&StoredDeployment>, waiting: &[Waiting]) -> State {
    match (live, candidate) {
        (_, Some(candidate)) => view::deployment::state(&candidate.state),
        (None, None) => State::new(StateKind::Plain, "Nothing live yet"),
        (Some(_), None) if waiting.is_empty() => State::new(StateKind::Good, "In sync"),
        (Some(_), None) => State::new(StateKind::Warn, format!("Trunk is {} ahead", waiting.len())),
    }
}

/// What the edge does now, whatever is recorded.
fn routed(edge: Option<&edge::EdgeState>, service: &str) -> Option<Vec<Routed>> {
    let route = edge?.routes.iter().find(|route| route.service == service);
    let arms =
        route.map_or(&[][..], |route| &route.arms).iter().filter(|arm| arm.weight > 0 && arm.deployment != NOBODY);
    Some(arms.map(|arm| Routed { number: arm.deployment, weight: f64::from(arm.weight) / 10_000.0 }).collect())
}

fn traffic(engine: &Engine, edge: Option<&edge::EdgeState>, live: Option<u64>) -> Option<Traffic> {
    let counts = edge?.counts.iter().find(|c| Some(c.deployment) == live)?;
    let tally = &counts.total;
    Some(Traffic {
        requests: tally.requests,
        requests_per_second: engine.traffic.per_second(counts.deployment),
        failing_share: if tally.requests == 0 { 0.0 } else { share(tally.failures, tally.requests) },
        p99_ms: tally.latency.p99_ms,
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
