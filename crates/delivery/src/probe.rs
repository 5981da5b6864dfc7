//! Dark verification: the candidate runs, no visitor gets it, and the journeys' own probes are walked on it.
//!
//! Whoever is told that a deployment is probing ([`crate::Delivery::probing`], fact `deployment.probing`) runs the probes
//! and says with [`crate::Delivery::probed`] how they ended. Delivery knows no journey: it runs commands on a version, and
//! waits. Nobody at it for a while means that whether the version works is *unknown*, and it has no customers then.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kernel::Problem;
use serde_json::json;
use storage::Audit;
use tokio_util::sync::CancellationToken;

use crate::deploy::{exec_level, redactions};
use crate::engine::Engine;
use crate::facade::Delivery;
use crate::gate::Gates;
use crate::model::deployment::{Deployment, Outcome, Stage};
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::evidence::{EvidenceKind, EvidenceState, Seen};
use crate::verify::{self, Plan, Walk};
use crate::{Error, store};

/// How long the edge may take until signed requests reach the candidate.
const ROUTED_WITHIN: Duration = Duration::from_secs(15);
/// So much of what a probe said is kept with its deployment; all of it is in its log.
const TAIL_LINES: usize = 20;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A probe that takes longer is ended, and has failed.
const PROBE_LASTS_AT_MOST: Duration = Duration::from_mins(5);

/// The worktree is made, and clocks are read, while the header is good already.
const SIGNED_LONGER: Duration = Duration::from_mins(1);

/// A deployment that waits for its probes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probing {
    pub deployment: u64,
    pub service: String,
    pub repository: String,
    pub commit: String,
    /// The commit that customers have until then.
    pub base: Option<String>,
    pub since: Timestamp,
}

/// A command that walks a journey on one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub journey: String,
    /// A line for `sh`, run in the root of a clean worktree of the commit.
    pub command: String,
    /// The run under which the product and we know the prober.
    pub run: String,
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeResult {
    pub journey: String,
    pub passed: bool,
    pub seconds: f64,
    /// Why it did not pass.
    pub why: Option<String>,
    /// The name under which its log can be read.
    pub log: String,
}

/// Who is at which deployment now. In memory: with the process its probes end too.
#[derive(Debug)]
pub(crate) struct Probes {
    began: Timestamp,
    seen: Mutex<HashMap<u64, Attended>>,
}

#[derive(Debug, Clone, Copy)]
struct Attended {
    running: u32,
    last: Timestamp,
}

impl Probes {
    pub(crate) fn since(began: Timestamp) -> Self {
        Self { began, seen: Mutex::default() }
    }

    /// For how long nobody has been probing it; time during which no control plane was there does not count.
    pub(crate) fn unprobed_seconds(&self, deployment: &Deployment, now: Timestamp) -> u64 {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&deployment.number).copied();
        if deployment.stage != Stage::Probing || seen.is_some_and(|seen| seen.running > 0) {
            return 0;
        }
        let last = seen.map_or(self.began, |seen| seen.last).max(deployment.since).max(self.began);
        u64::try_from(now.duration_since(last).as_secs()).unwrap_or(0)
    }

    fn change(&self, number: u64, now: Timestamp, change: impl FnOnce(&mut u32)) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(number).or_insert(Attended { running: 0, last: now });
        change(&mut seen.running);
        seen.last = now;
    }

    fn forget(&self, number: u64) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }
}

/// Somebody is at it as long as this is held.
#[derive(Debug)]
struct AtIt {
    engine: Arc<Engine>,
    number: u64,
}

impl AtIt {
    fn begin(engine: &Arc<Engine>, number: u64) -> Self {
        engine.probes.change(number, engine.now(), |running| *running += 1);
        Self { engine: Arc::clone(engine), number }
    }
}

impl Drop for AtIt {
    fn drop(&mut self) {
        let now = self.engine.now();
        self.engine.probes.change(self.number, now, |running| *running = running.saturating_sub(1));
    }
}

impl Delivery {
    /// Those that wait for their probes, oldest first.
    pub async fn probing(&self) -> Result<Vec<Probing>, Error> {
        let open = store::deployment::open(self.engine.db()).await?;
        let mut waiting = Vec::new();
        for d in open.into_iter().filter(|d| d.state.stage == Stage::Probing && d.state.probe.is_none()) {
            let live = match d.state.replaces {
                Some(live) => store::deployment::find(self.engine.db(), live).await?,
                None => None,
            };
            waiting.push(Probing {
                deployment: d.state.number,
                service: d.state.service,
                repository: d.repository,
                commit: d.state.commit,
                base: live.map(|live| live.state.commit),
                since: d.state.since,
            });
        }
        Ok(waiting)
    }

    /// Says how the dark verification of a deployment ended. The first word counts; later ones, and one that comes when
    /// the deployment is elsewhere, change nothing.
    pub async fn probed(&self, number: u64, outcome: Outcome) -> Result<(), Error> {
        let _deciding = self.engine.deciding.lock().await;
        let Some(mut stored) = store::deployment::find(self.engine.db(), number).await? else {
            return Err(store::missing(format!("deployment {number}")).into());
        };
        if stored.state.stage != Stage::Probing || stored.state.probe.is_some() {
            return Ok(());
        }
        let (what, detail) = words(&outcome);
        let mut tx = self.engine.db().begin().await?;
        stored.state.probe = Some(outcome.clone());
        stored.state.probed_at = Some(self.engine.now());
        store::deployment::update(&mut tx, &stored.state, &stored.waits_for).await?;
        store::deployment::journal(&mut tx, number, self.engine.now(), Entry::Observed, what, detail.as_deref())
            .await?;
        tx.audit(Audit {
            who: "trunkline".into(),
            what: "deployment.probed".into(),
            subject: format!("deployment {number}"),
            why: detail,
            before: None,
            after: Some(json!(outcome)),
        })
        .await?;
        tx.commit().await?;
        self.engine.probes.forget(number);
        self.engine.tell("deployment", number.to_string());
        self.engine.tell("change", stored.state.commit);
        self.engine.deployer.notify_one();
        Ok(())
    }

    /// Walks a journey on a candidate, once signed requests reach it. A probe that says no is an answer, not an error.
    pub async fn run_probe(&self, number: u64, probe: &Probe) -> Result<ProbeResult, Error> {
        let _at_it = AtIt::begin(&self.engine, number);
        let stored = store::deployment::find(self.engine.db(), number).await?;
        let stored = stored.ok_or_else(|| store::missing(format!("deployment {number}")))?;
        let began = Instant::now();
        let log = format!("probe-{}", probe.journey);
        let failure = match self.until_routed(&stored).await? {
            Some(address) => self.walk(&stored, probe, &address, &log).await?,
            None => Some(format!("its requests did not reach the version within {} s", ROUTED_WITHIN.as_secs())),
        };
        let result = ProbeResult {
            journey: probe.journey.clone(),
            passed: failure.is_none(),
            seconds: began.elapsed().as_secs_f64(),
            why: failure,
            log,
        };
        self.note_probe(number, probe, &result).await?;
        Ok(result)
    }

    /// Keeps what was walked, and the last that it said.
    async fn note_probe(&self, number: u64, probe: &Probe, result: &ProbeResult) -> Result<(), Error> {
        let log = logs(&self.engine, number).join(format!("{}.log", result.log));
        let tail = tokio::task::spawn_blocking(move || exec::tail(&log, TAIL_LINES).unwrap_or_default()).await;
        let seen = Seen {
            kind: EvidenceKind::Probe,
            name: result.journey.clone(),
            state: if result.passed { EvidenceState::Passed } else { EvidenceState::Failed },
            at: self.engine.now(),
            seconds: Some(result.seconds),
            summary: result.why.clone().or_else(|| Some("walked as a verifier, before any customer".into())),
            evidence: json!({ "command": probe.command, "run": probe.run, "said": tail.unwrap_or_default() }),
            log: Some(result.log.clone()),
            alarm: None,
        };
        let mut tx = self.engine.db().begin().await?;
        store::evidence::put(&mut tx, number, &seen).await?;
        tx.commit().await?;
        self.engine.tell("deployment", number.to_string());
        Ok(())
    }

    /// The product's address, once the edge has the candidate as an arm that can answer; `None` if that takes too long.
    /// Before that, a probe would be walked on the version that customers have.
    async fn until_routed(&self, stored: &StoredDeployment) -> Result<Option<String>, Error> {
        let began = Instant::now();
        while began.elapsed() < ROUTED_WITHIN {
            let state = self.engine.options.edge.state().await?;
            let mut arms = state.routes.iter().filter(|r| r.service == stored.state.service).flat_map(|r| &r.arms);
            if arms.any(|arm| arm.deployment == stored.state.number && !arm.instances.is_empty()) {
                return Ok(Some(reachable(state.product_address)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(None)
    }

    /// Why the walk failed, if it did.
    async fn walk(
        &self,
        stored: &StoredDeployment,
        probe: &Probe,
        address: &str,
        log: &str,
    ) -> Result<Option<String>, Error> {
        let engine = &self.engine;
        let header = header(engine, &probe.run, stored.state.number)?;
        let mut redact = redactions(engine, &stored.state).await?;
        redact.extend(header.split_once(": ").map(|(_, value)| value.to_owned()));
        let plan = Plan {
            mirror: engine.mirror_path(&stored.repository),
            repository: stored.repository.clone(),
            commit: stored.state.commit.clone(),
            parent: None,
            data: engine.data().to_owned(),
            work: engine.data().join("work").join("runs").join(kernel::id::fresh()),
            logs: logs(engine, stored.state.number),
            redact,
            definitions: Arc::clone(&engine.options.definitions),
            gates: Gates::default(),
        };
        let variables = [
            ("TRUNKLINE_PROBE_URL", address),
            ("TRUNKLINE_PROBE_HEADER", &header),
            ("TRUNKLINE_PROBE_JOURNEY", &probe.journey),
        ];
        let walk = Walk {
            line: &probe.command,
            log: &plan.logs.join(format!("{log}.log")),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            timeout: PROBE_LASTS_AT_MOST,
        };
        let change = store::change::find(engine.db(), &stored.state.commit).await?;
        let level = change.and_then(|c| c.config).map_or(exec::Level::Strict, |product| exec_level(&product));
        Ok(verify::walk(&plan, &engine.options.launcher, level, &walk, &CancellationToken::new()).await?)
    }

    /// Where a log of a deployment is: `migration`, `apply` or `probe-<journey>`.
    pub(crate) fn act_log(&self, number: u64, name: &str) -> Result<PathBuf, Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let path = logs(&self.engine, number).join(format!("{name}.log"));
        if !name.chars().all(is_plain) || !path.is_file() {
            let there = self.act_logs(number).join(", ");
            let problem = Problem::not_found(format!("deployment {number} has no log {name}"));
            return Err(problem
                .hint(if there.is_empty() { "it has none".into() } else { format!("there are: {there}") })
                .into());
        }
        Ok(path)
    }

    /// The names of the logs that a deployment's acts and probes left.
    pub(crate) fn act_logs(&self, number: u64) -> Vec<String> {
        let entries = std::fs::read_dir(logs(&self.engine, number)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter_map(|name| name.strip_suffix(".log").map(str::to_owned)).collect();
        names.sort();
        names
    }
}

fn words(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Passed { sentence } => ("its probes passed", Some(sentence.clone())),
        Outcome::Failed { why } => ("a probe failed", Some(why.clone())),
        Outcome::NothingToProbe => ("there is nothing to probe", None),
    }
}

fn logs(engine: &Engine, number: u64) -> PathBuf {
    engine.data().join("logs").join("deployments").join(number.to_string())
}

/// An address that this machine can ask: what listens everywhere listens here too.
fn reachable(mut address: std::net::SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// The header, `Name: value`, by which the edge knows a prober: longer than a probe lasts.
fn header(engine: &Engine, run: &str, number: u64) -> Result<String, Error> {
    let expires = engine.now() + PROBE_LASTS_AT_MOST + SIGNED_LONGER;
    Ok(edge::Prober::of(engine.data())?.header(run, number, expires)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_asked_here() {
        assert_eq!(reachable("0.0.0.0:7400".parse().unwrap()), "http://127.0.0.1:7400");
        assert_eq!(reachable("[::]:7400".parse().unwrap()), "http://[::1]:7400");
        assert_eq!(reachable("10.0.0.7:80".parse().unwrap()), "http://10.0.0.7:80");
    }
}
