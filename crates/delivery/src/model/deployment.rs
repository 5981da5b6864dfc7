//! A deployment as a state machine: one total function from what is recorded and what is observed to what comes next.
//!
//! The function decides, nothing else. Its caller records the decision and then lets the reconciler make the world
//! agree with what is recorded ([`super::desired`]), so that a crash at any point loses nothing: routes and instances
//! are derived from the record again, and the two acts that cannot be repeated blindly (a migration, a Terraform
//! apply) carry a mark that they were begun; begun and never heard of again is *unknown*, never done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::health::{self, Evidence, Judgement, Sample};
use crate::guards::Guards;

/// Where a deployment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Waits for its turn: another deployment of the service, a freeze, a pause.
    Queued,
    /// The saved plan is applied. `begun` is recorded before the command is started.
    Infrastructure { begun: bool },
    /// The database is migrated. `begun` is recorded before the command is started.
    Migration { begun: bool },
    /// The new version is started beside the old one and must get healthy.
    Starting,
    /// It runs without a visitor, and the journeys that its repository declares are walked on it.
    Probing,
    /// The new version takes the share of visitors of canary step `step`.
    Canary { step: usize },
    /// All visitors are on it.
    Live,
    /// All new requests go to the old version again.
    RollingBack { why: String },
    /// A newer one is live.
    Superseded,
    /// It had customers and was taken back.
    RolledBack { why: String },
    /// It never had customers.
    Failed { why: String },
}

impl Stage {
    /// Whether nothing more happens by itself.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self, Self::Superseded | Self::RolledBack { .. } | Self::Failed { .. })
    }

    /// Whether it is on its way: neither waiting, nor live, nor over.
    pub(crate) const fn is_moving(&self) -> bool {
        !self.is_over() && !matches!(self, Self::Queued | Self::Live)
    }

    /// The word of contracts.md.
    pub(crate) const fn phase(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Infrastructure { .. } | Self::Migration { .. } | Self::Starting => "verifying",
            Self::Probing => "probing",
            Self::Canary { .. } => "canary",
            Self::Live => "live",
            Self::RollingBack { .. } => "rolling_back",
            Self::Superseded => "superseded",
            Self::RolledBack { .. } => "rolled_back",
            Self::Failed { .. } => "failed",
        }
    }

    /// Why it ended, where that needs a reason.
    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            Self::RollingBack { why } | Self::RolledBack { why } | Self::Failed { why } => Some(why),
            _ => None,
        }
    }
}

/// How a version is rolled out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    /// Canary weights in basis points, ascending, without the final 10,000.
    pub weights: Vec<u32>,
    /// A step takes at least this long …
    pub step_seconds: u64,
    /// … and at least this many clients …
    pub step_clients: u64,
    /// … but not longer than this for want of clients, if nothing failed.
    pub patience_seconds: u64,
}

impl Pace {
    /// How long a step may stay unclear until it counts as bad: ten times its own length, at least ten minutes.
    fn unclear_seconds_max(&self) -> u64 {
        (10 * self.step_seconds.max(self.patience_seconds)).max(600)
    }
}

/// How the dark verification of a version ended. Stored with its deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Every probe did what it should.
    Passed {
        sentence: String,
    },
    Failed {
        why: String,
    },
    /// No journey declares a probe.
    NothingToProbe,
}

/// A person's word against what whoever watches customers says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = DeploymentOverruled)]
pub struct Overruled {
    pub by: String,
    pub why: String,
}

/// What is recorded of a deployment, as far as decisions need it.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, stored as such")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// Of the product, ascending; the release number that customers' requests carry.
    pub number: u64,
    pub service: String,
    pub commit: String,
    pub digest: String,
    /// What was live when it began.
    pub replaces: Option<u64>,
    #[serde(flatten)]
    pub stage: Stage,
    /// When this stage began.
    pub since: Timestamp,
    pub created: Timestamp,
    pub live_at: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub pace: Pace,
    pub has_infrastructure: bool,
    pub has_migration: bool,
    /// A person stopped it where it is.
    pub paused: bool,
    /// A person wants the rest of the canary left out.
    pub promoted: bool,
    pub evidence: Evidence,
    /// When visitors began to get it.
    #[serde(default)]
    pub exposed_at: Option<Timestamp>,
    /// When its dark verification began, and when it ended.
    #[serde(default)]
    pub probing_at: Option<Timestamp>,
    #[serde(default)]
    pub probed_at: Option<Timestamp>,
    /// How that ended.
    #[serde(default)]
    pub probe: Option<Outcome>,
    /// By whom it was promoted: no guard holds it or takes it back any more.
    #[serde(default)]
    pub overruled: Option<Overruled>,
}

impl Deployment {
    /// Its share of visitors in basis points.
    pub(crate) fn weight(&self) -> u32 {
        match &self.stage {
            Stage::Canary { step } => self.pace.weights.get(*step).copied().unwrap_or(10_000),
            Stage::Live => 10_000,
            _ => 0,
        }
    }

    /// The window in which the edge counts for the present step.
    pub(crate) fn window(&self) -> String {
        match &self.stage {
            Stage::Canary { step } => format!("{}/{step}", self.number),
            _ => format!("{}/live", self.number),
        }
    }
}

/// How an act that cannot be repeated blindly ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Act {
    Running,
    Done,
    Failed {
        why: String,
    },
    /// It was begun and nobody saw how it ended.
    Unknown,
}

/// The new version's instance as the edge sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instance {
    /// Not there (yet).
    Absent,
    Starting,
    Healthy,
    /// It ended, or did not get healthy in time; with the last lines it said.
    Broken {
        why: String,
    },
}

/// Whether the artifact of a queued deployment is what was built here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attested {
    Checking,
    Sound,
    Refused { why: String },
}

/// What is observed while deciding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    /// Why a queued deployment may not begin now.
    pub blocked: Option<String>,
    /// Asked only of a queued one that may begin.
    pub attested: Attested,
    /// How the act of the present stage stands.
    pub act: Act,
    pub instance: Instance,
    /// Whether the edge routes as recorded.
    pub routed: bool,
    /// For how long nobody has been probing it.
    pub unprobed_seconds: u64,
    /// New against old, if the edge counted this step's window.
    pub sample: Option<Sample>,
    /// What whoever watches customers says of it.
    pub guards: Guards,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing yet, and on what it waits.
    Wait(String),
    /// Record this stage, for this reason.
    Go(Stage, String),
}

/// Decides. `deployment.evidence` already includes `facts.sample`.
pub(crate) fn next(deployment: &Deployment, facts: &Facts, now: Timestamp) -> Next {
    match &deployment.stage {
        Stage::Queued => match &facts.blocked {
            Some(why) => Next::Wait(why.clone()),
            None => attested(deployment, &facts.attested),
        },
        Stage::Infrastructure { begun } => act(deployment, facts, *begun, Kind::Infrastructure),
        Stage::Migration { begun } => act(deployment, facts, *begun, Kind::Migration),
        Stage::Starting => starting(deployment, facts),
        Stage::Probing => probing(deployment, facts),
        Stage::Canary { step } => canary(deployment, *step, facts, now),
        Stage::Live => live(facts),
        Stage::RollingBack { why } if facts.routed => {
            Next::Go(Stage::RolledBack { why: why.clone() }, "all new requests are on the old version".into())
        }
        Stage::RollingBack { .. } => Next::Wait("for the edge to route all new requests to the old version".into()),
        Stage::Superseded | Stage::RolledBack { .. } | Stage::Failed { .. } => Next::Wait("it is over".into()),
    }
}

fn attested(deployment: &Deployment, attested: &Attested) -> Next {
    match attested {
        Attested::Checking => Next::Wait("for its artifact to be checked".into()),
        Attested::Sound => begin(deployment),
        Attested::Refused { why } => Next::Go(
            Stage::Failed { why: format!("its artifact was refused: {why}") },
            "its artifact was refused".into(),
        ),
    }
}

fn begin(deployment: &Deployment) -> Next {
    if deployment.has_infrastructure {
        return Next::Go(Stage::Infrastructure { begun: false }, "its turn; infrastructure first".into());
    }
    after_infrastructure(deployment, "its turn")
}

fn after_infrastructure(deployment: &Deployment, why: &str) -> Next {
    if deployment.has_migration {
        return Next::Go(Stage::Migration { begun: false }, format!("{why}; the database is migrated next"));
    }
    Next::Go(Stage::Starting, format!("{why}; the new version is started beside the old one"))
}

#[derive(Clone, Copy)]
enum Kind {
    Infrastructure,
    Migration,
}

impl Kind {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Infrastructure => {
                ("terraform apply", "look at the real infrastructure, then land a commit, which is planned anew")
            }
            Self::Migration => {
                ("the migration", "look at the database, then `trunkline deploy resume`, which migrates again")
            }
        }
    }
}

fn act(deployment: &Deployment, facts: &Facts, begun: bool, kind: Kind) -> Next {
    let (name, advice) = kind.words();
    if !begun {
        let stage = match kind {
            Kind::Infrastructure => Stage::Infrastructure { begun: true },
            Kind::Migration => Stage::Migration { begun: true },
        };
        return Next::Go(stage, format!("{name} begins"));
    }
    match &facts.act {
        Act::Running => Next::Wait(format!("for {name}")),
        Act::Failed { why } => {
            Next::Go(Stage::Failed { why: format!("{name} failed: {why}") }, format!("{name} failed"))
        }
        Act::Unknown => {
            let why = format!("{name} was interrupted and how far it got is unknown: {advice}");
            Next::Go(Stage::Failed { why }, format!("{name} was interrupted"))
        }
        Act::Done => match kind {
            Kind::Infrastructure => after_infrastructure(deployment, "the plan is applied"),
            Kind::Migration => Next::Go(Stage::Starting, "the database is migrated".into()),
        },
    }
}

fn starting(deployment: &Deployment, facts: &Facts) -> Next {
    match &facts.instance {
        Instance::Absent => Next::Wait("for the edge to start the new version".into()),
        Instance::Starting => Next::Wait("for the new version to answer its health check".into()),
        Instance::Broken { why } => {
            Next::Go(Stage::Failed { why: why.clone() }, "the new version did not get healthy".into())
        }
        Instance::Healthy if deployment.paused => Next::Wait("for a person: it is paused".into()),
        // It takes over again: customers had it already, and going back must not wait.
        Instance::Healthy if deployment.live_at.is_some() => step_or_live(deployment, 0, "healthy"),
        Instance::Healthy => Next::Go(Stage::Probing, "healthy; it is verified in the dark next".into()),
    }
}

/// After so long without anybody probing, whether it works counts as unknown.
pub(crate) const PROBED_WITHIN_SECONDS: u64 = 120;

fn probing(deployment: &Deployment, facts: &Facts) -> Next {
    if let Instance::Broken { why } = &facts.instance {
        return Next::Go(Stage::Failed { why: why.clone() }, "the new version broke while it was probed".into());
    }
    match &deployment.probe {
        Some(Outcome::Failed { why }) => Next::Go(Stage::Failed { why: why.clone() }, "its probe failed".into()),
        Some(_) if deployment.paused => Next::Wait("for a person: it is paused".into()),
        Some(Outcome::Passed { sentence }) => after_probe(deployment, sentence),
        Some(Outcome::NothingToProbe) => after_probe(deployment, "no journey declares a probe"),
        None if facts.unprobed_seconds >= PROBED_WITHIN_SECONDS => {
            let why = format!("nobody probed it within {PROBED_WITHIN_SECONDS} s, so whether it works is unknown");
            Next::Go(Stage::Failed { why }, "nobody probed it".into())
        }
        None => Next::Wait("for its probes".into()),
    }
}

fn after_probe(deployment: &Deployment, why: &str) -> Next {
    if deployment.replaces.is_none() {
        return Next::Go(Stage::Live, format!("{why}; nothing was live before"));
    }
    step_or_live(deployment, 0, why)
}

fn step_or_live(deployment: &Deployment, step: usize, why: &str) -> Next {
    if deployment.promoted {
        return Next::Go(Stage::Live, format!("{why}; promoted by a person"));
    }
    match deployment.pace.weights.get(step) {
        Some(weight) => Next::Go(Stage::Canary { step }, format!("{why}; {} of visitors next", percent(*weight))),
        None => Next::Go(Stage::Live, format!("{why}; all visitors next")),
    }
}

/// Basis points as a customer reads them: `5 %`, `0.5 %`.
pub(crate) fn percent(weight: u32) -> String {
    format!("{} %", f64::from(weight) / 100.0)
}

fn canary(deployment: &Deployment, step: usize, facts: &Facts, now: Timestamp) -> Next {
    if let Instance::Broken { why } = &facts.instance {
        return roll_back(format!("the new version broke: {why}"));
    }
    let Some(sample) = &facts.sample else {
        return Next::Wait("for the edge to count this step's requests".into());
    };
    let judgement = health::judge(&deployment.evidence, sample, deployment.pace.step_clients);
    let seconds = u64::try_from(now.duration_since(deployment.since).as_secs()).unwrap_or(0);
    if judgement == Judgement::Bad {
        return roll_back(health::sentence(sample, &deployment.evidence));
    }
    if deployment.paused {
        return Next::Wait("for a person: it is paused".into());
    }
    if deployment.promoted {
        return Next::Go(Stage::Live, "promoted by a person".into());
    }
    let pace = &deployment.pace;
    let served = format!("{} clients served by it", sample.new.clients);
    match judgement {
        Judgement::Good if seconds >= pace.step_seconds => onwards(deployment, step, facts, seconds, &served),
        Judgement::Quiet if seconds >= pace.step_seconds.max(pace.patience_seconds) => {
            onwards(deployment, step, facts, seconds, &format!("quiet: {served} in {seconds} s, none failed"))
        }
        Judgement::Unclear if seconds >= pace.unclear_seconds_max() => roll_back(format!(
            "it could not be shown to be healthy within {seconds} s: {}",
            health::sentence(sample, &deployment.evidence)
        )),
        Judgement::Unclear => Next::Wait(format!(
            "holding: {} of {} requests failed, too few clients to say whether the version is at fault",
            sample.new.failures, sample.new.requests
        )),
        _ => Next::Wait(waiting_for(pace, seconds, sample.new.clients)),
    }
}

/// To the next step, unless the guards hold it; to all visitors only when they let it.
fn onwards(deployment: &Deployment, step: usize, facts: &Facts, seconds: u64, why: &str) -> Next {
    let pace = &deployment.pace;
    let is_last = step + 1 >= pace.weights.len();
    let held = if is_last {
        facts.guards.hold_back(pace.step_seconds.max(pace.patience_seconds), seconds)
    } else {
        facts.guards.hold()
    };
    match held {
        Some(on) => Next::Wait(on),
        None => step_or_live(deployment, step + 1, why),
    }
}

fn waiting_for(pace: &Pace, seconds: u64, clients: u64) -> String {
    let clients_left = pace.step_clients.saturating_sub(clients);
    let seconds_left = pace.step_seconds.saturating_sub(seconds);
    match (clients_left, seconds_left) {
        (0, left) => format!("for {left} s more of this step"),
        (1, 0) => format!("for 1 more client, at most {} s", pace.patience_seconds.saturating_sub(seconds)),
        (left, 0) => format!("for {left} more clients, at most {} s", pace.patience_seconds.saturating_sub(seconds)),
        (clients, seconds) => format!("for {clients} more clients and {seconds} s"),
    }
}

fn live(facts: &Facts) -> Next {
    match &facts.sample {
        Some(sample) if health::is_disaster(&sample.new, &sample.old) => {
            roll_back(format!("{} of {} requests failed after it went live", sample.new.failures, sample.new.requests))
        }
        _ => Next::Wait("live".into()),
    }
}

fn roll_back(why: String) -> Next {
    Next::Go(Stage::RollingBack { why: why.clone() }, why)
}

#[cfg(test)]
#[path = "deployment_tests.rs"]
pub(crate) mod tests;
