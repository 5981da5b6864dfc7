//! The verbs of delivery.

mod secrets;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use kernel::Problem;
use serde_json::json;
use storage::Audit;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Fact, Options};
use crate::gate::Gate;
use crate::model::deployment::{Deployment, Overruled, Stage};
use crate::model::trunk::Hold;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::repository::StoredService;
use crate::{Error, deploy, pipeline, store, trunk};

/// What the secret is for that git hosts sign their webhooks with.
const WEBHOOK: &str = "trunkline webhook";

/// Delivery of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub(crate) engine: Arc<Engine>,
}

/// Who asks and why, for the audit log.
#[derive(Debug, Clone)]
pub struct By {
    pub who: String,
    pub why: Option<String>,
}

impl Delivery {
    /// Delivery over a migrated store. Nothing happens until [`Delivery::start`].
    pub fn open(options: Options) -> Result<Self, Error> {
        Ok(Self { engine: Arc::new(Engine::new(options)?) })
    }

    /// Every change is judged by these gates before it may ship. Said once, before [`Delivery::start`]; without it nobody judges.
    ///
    /// # Panics
    /// If it is said twice, or two gates have one name: then some would not be asked.
    pub fn judged_by(&self, gates: Vec<Arc<dyn Gate>>) {
        let names: BTreeSet<_> = gates.iter().map(|gate| gate.name()).collect();
        assert_eq!(names.len(), gates.len(), "two gates have one name: {names:?}");
        assert!(self.engine.gates.set(gates).is_ok(), "gates are said once, before delivery starts");
    }

    /// Takes up what an earlier process left, then watches trunk, runs the pipeline and the deployer until `shutdown`.
    pub async fn start(&self, shutdown: CancellationToken) -> Result<Vec<tokio::task::JoinHandle<()>>, Error> {
        let _ = self.engine.gates.set(Vec::new());
        pipeline::recover(&self.engine).await?;
        self.sweep().await;
        deploy::interrupted_acts_are_unknown(&self.engine);
        Ok(vec![
            tokio::spawn(trunk::run(Arc::clone(&self.engine), shutdown.clone())),
            tokio::spawn(pipeline::run(Arc::clone(&self.engine), shutdown.clone())),
            tokio::spawn(deploy::run(Arc::clone(&self.engine), shutdown)),
        ])
    }

    /// Removes what a killed control plane left lying about. What cannot be removed is no reason not to start.
    async fn sweep(&self) {
        let data = self.engine.data().to_owned();
        let swept = tokio::task::spawn_blocking(move || crate::verify::sweep(&data)).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(error = kernel::chain(&error), "leftovers could not be removed");
        }
    }

    /// Facts as they happen, for live pages. A listener that falls behind looks again.
    pub fn facts(&self) -> broadcast::Receiver<Fact> {
        self.engine.facts.subscribe()
    }

    /// Watches the trunk of a repository. Known already: its address is brought up to date.
    pub async fn add_repository(&self, name: &str, url: &str, branch: Option<&str>, by: &By) -> Result<(), Error> {
        let now = self.engine.now();
        let mut tx = self.engine.db().begin().await?;
        if store::repository::add(&mut tx, name, url, branch, now).await? {
            tx.audit(audit(by, "repository.added", name, json!(null), json!({ "url": url, "branch": branch }))).await?;
        } else {
            store::repository::point_to(&mut tx, name, url, branch).await?;
        }
        tx.commit().await?;
        self.engine.tell("repository", name);
        self.engine.trunk.notify_one();
        Ok(())
    }

    /// Somebody says that trunk may have moved.
    pub fn poke_trunk(&self) {
        self.engine.poked.notify_waiters();
    }

    /// Whether `signature` (`sha256=…`) is that of our webhook's secret over `body`.
    pub fn is_signed(&self, signature: &str, body: &[u8]) -> bool {
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let Some(Ok(given)) = signature.strip_prefix("sha256=").map(hex::decode) else { return false };
        let secret = self.engine.key.derive(WEBHOOK);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
        mac.update(body);
        mac.verify_slice(&given).is_ok()
    }

    /// The secret to give to a git host so that it signs its webhooks.
    pub fn webhook_secret(&self) -> String {
        self.engine.key.derive(WEBHOOK)
    }

    /// Creates the deployments that are due; safe to call at any time. Delivery never calls it by itself: what follows from
    /// its facts is decided above it.
    pub async fn ship(&self) -> Result<(), Error> {
        deploy::ship(&self.engine).await
    }

    /// Lands a revert of what deployment `number` was rolled back for, where `on_rollback: revert` asks for it. Safe to
    /// call again.
    pub async fn land_revert(&self, number: u64) -> Result<(), Error> {
        deploy::land_revert(&self.engine, number).await
    }

    /// Ends a run. Its change counts as not verified until a newer one lands.
    pub fn cancel_run(&self, id: &str) -> Result<(), Error> {
        let runs = self.engine.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(cancel) = runs.get(id) else {
            return Err(Problem::conflict("this run is not running")
                .hint("`trunkline run show` says how it ended")
                .into());
        };
        cancel.cancel();
        Ok(())
    }

    /// Takes a service back to an older deployment, by default the one before. The commit that is taken back and all
    /// that contain it wait.
    pub async fn roll_back(&self, service: Option<&str>, to: Option<u64>, by: &By) -> Result<RolledBack, Error> {
        let _deciding = self.engine.deciding.lock().await;
        let service = self.service(service).await?;
        let open = store::deployment::open(self.engine.db()).await?;
        let moving = open.iter().find(|d| {
            d.state.service == service.name
                && matches!(d.state.stage, Stage::Canary { .. } | Stage::Probing | Stage::Starting)
        });
        if let (Some(candidate), None) = (moving, to) {
            return self.take_candidate_back(candidate, &service, by).await;
        }
        let live = self.live(&service).await?;
        let target = self.rollback_target(&service, &live, to).await?;
        if let Some(candidate) = moving {
            self.take_candidate_back(candidate, &service, by).await?;
        }
        self.go_back(&service, live, target, by).await
    }

    /// Takes this deployment back, and no other: a canary is not routed to any more; what is live gives way to what was before it.
    /// Nothing happens if it is neither any more, or if a person's word is against it.
    pub async fn take_back(&self, number: u64, by: &By) -> Result<Option<RolledBack>, Error> {
        let _deciding = self.engine.deciding.lock().await;
        let found = store::deployment::find(self.engine.db(), number).await?;
        let Some(deployment) = found.filter(|found| found.state.overruled.is_none()) else { return Ok(None) };
        let service = self.service(Some(&deployment.state.service)).await?;
        if matches!(deployment.state.stage, Stage::Canary { .. }) {
            return self.take_candidate_back(&deployment, &service, by).await.map(Some);
        }
        if service.live != Some(number) || deployment.state.stage != Stage::Live {
            return Ok(None);
        }
        let target = self.rollback_target(&service, &deployment, None).await?;
        self.go_back(&service, deployment, target, by).await.map(Some)
    }

    async fn live(&self, service: &StoredService) -> Result<StoredDeployment, Error> {
        let nothing = || {
            let problem = Problem::conflict(format!("nothing of {} is live yet", service.name));
            problem.hint("`trunkline deploy status` says what is on its way")
        };
        let number = service.live.ok_or_else(nothing)?;
        Ok(store::deployment::find(self.engine.db(), number).await?.ok_or_else(nothing)?)
    }

    async fn rollback_target(
        &self,
        service: &StoredService,
        live: &StoredDeployment,
        to: Option<u64>,
    ) -> Result<StoredDeployment, Error> {
        let target = match to {
            Some(number) => number,
            None => self.before(service, live.state.number).await?,
        };
        let found = store::deployment::find(self.engine.db(), target).await?;
        let Some(found) = found.filter(|d| d.state.service == service.name) else {
            return Err(Problem::not_found(format!("there is no deployment {target} of {}", service.name))
                .hint("`trunkline deploy history` lists them")
                .into());
        };
        if found.state.number == live.state.number {
            return Err(Problem::conflict(format!("deployment {target} is live already"))
                .hint("`trunkline deploy history` lists those before")
                .into());
        }
        if found.state.live_at.is_none() {
            return Err(Problem::conflict(format!(
                "deployment {target} was never live, so there is no going back to it"
            ))
            .hint("`trunkline deploy history` shows which were")
            .into());
        }
        Ok(found)
    }

    /// The newest deployment below `number` that was live and not taken back.
    async fn before(&self, service: &StoredService, number: u64) -> Result<u64, Error> {
        let page = store::deployment::page(self.engine.db(), Some(&service.name), Some(number), 200).await?;
        let before = page.iter().find(|d| d.state.live_at.is_some() && d.state.stage == Stage::Superseded);
        before.map(|d| d.state.number).ok_or_else(|| {
            Problem::conflict(format!("there is no older deployment of {} to go back to", service.name))
                .hint("`trunkline deploy history` lists them; a mended commit on trunk goes live by itself")
                .into()
        })
    }

    /// A candidate that has not gone live is simply not routed to any more.
    async fn take_candidate_back(
        &self,
        candidate: &StoredDeployment,
        service: &StoredService,
        by: &By,
    ) -> Result<RolledBack, Error> {
        let why = reason(by, "taken back");
        let stage = match candidate.state.stage {
            Stage::Canary { .. } => Stage::RollingBack { why: why.clone() },
            _ => Stage::Failed { why: why.clone() },
        };
        deploy::record(&self.engine, candidate, candidate.state.clone(), stage, &why).await?;
        let to = service.live.unwrap_or_default();
        Ok(RolledBack {
            service: service.name.clone(),
            from: candidate.state.number,
            to,
            held: candidate.state.commit.clone(),
        })
    }

    async fn go_back(
        &self,
        service: &StoredService,
        live: StoredDeployment,
        target: StoredDeployment,
        by: &By,
    ) -> Result<RolledBack, Error> {
        let now = self.engine.now();
        let why = reason(by, "rolled back");
        let (from, to) = (live.state.number, target.state.number);
        let first_after = store::deployment::after(self.engine.db(), &service.name, to).await?;
        let held = first_after.map_or(live.state.commit.clone(), |d| d.state.commit);
        let mut tx = self.engine.db().begin().await?;
        let mut going: Deployment = live.state.clone();
        going.stage = Stage::RollingBack { why: why.clone() };
        going.since = now;
        store::deployment::update(&mut tx, &going, "").await?;
        store::deployment::journal(&mut tx, from, now, Entry::Decided, "rolling back", Some(&why)).await?;
        deploy::reopen(&self.engine, &mut tx, to, &why).await?;
        let taken_back = Hold { sha: held.clone(), since: live.state.commit.clone(), why: why.clone() };
        store::deployment::hold(&mut tx, &service.repository, &service.name, &taken_back, now).await?;
        tx.audit(audit(by, "deployment.rollback", &service.name, json!(from), json!(to))).await?;
        tx.publish("delivery", "deployment.rolling_back", &json!({ "deployment": from, "to": to, "why": why })).await?;
        self.engine.settled.record();
        tx.commit().await?;
        self.engine.settled.record();
        self.engine.tell("deployment", from.to_string());
        self.engine.deployer.notify_one();
        Ok(RolledBack { service: service.name.clone(), from, to, held })
    }

    /// Leaves out the rest of a canary. It overrules whoever guards: from now on they see and tell, and do not act. So it needs a
    /// reason.
    pub async fn promote(&self, service: Option<&str>, by: &By) -> Result<u64, Error> {
        self.change_candidate(service, by, "deployment.promoted", |d| {
            let why = by.why.as_deref().map(str::trim).filter(|why| !why.is_empty());
            let overruled = why.map(|why| Overruled { by: by.who.clone(), why: why.to_owned() }).ok_or_else(|| {
                Problem::invalid("promoting overrules the guards of a deployment and needs a reason")
                    .hint("trunkline deploy promote --reason \"…\"; the reason stays with the deployment")
            })?;
            d.promoted = true;
            d.paused = false;
            d.overruled = Some(overruled);
            Ok(())
        })
        .await
    }

    /// Stops a deployment where it is; a bad one is still rolled back.
    pub async fn pause(&self, service: Option<&str>, by: &By) -> Result<u64, Error> {
        let pause = |d: &mut Deployment| {
            d.paused = true;
            Ok(())
        };
        self.change_candidate(service, by, "deployment.paused", pause).await
    }

    async fn change_candidate(
        &self,
        service: Option<&str>,
        by: &By,
        what: &str,
        change: impl FnOnce(&mut Deployment) -> Result<(), Problem>,
    ) -> Result<u64, Error> {
        let _deciding = self.engine.deciding.lock().await;
        let service = self.service(service).await?;
        let open = store::deployment::open(self.engine.db()).await?;
        let on_its_way = open.into_iter().find(|d| {
            d.state.service == service.name && !matches!(d.state.stage, Stage::Live | Stage::RollingBack { .. })
        });
        let Some(mut candidate) = on_its_way else {
            return Err(Problem::conflict(format!("no deployment of {} is on its way", service.name))
                .hint("`trunkline deploy status` says what is live and what waits")
                .into());
        };
        change(&mut candidate.state)?;
        let number = candidate.state.number;
        let mut tx = self.engine.db().begin().await?;
        store::deployment::update(&mut tx, &candidate.state, &candidate.waits_for).await?;
        store::deployment::journal(
            &mut tx,
            number,
            self.engine.now(),
            Entry::Decided,
            &format!("{} by {}", what.trim_start_matches("deployment."), by.who),
            by.why.as_deref(),
        )
        .await?;
        tx.audit(audit(by, what, &format!("deployment {number}"), json!(null), json!(null))).await?;
        tx.commit().await?;
        self.engine.tell("deployment", number.to_string());
        self.engine.deployer.notify_one();
        Ok(number)
    }

    /// Lets a paused deployment go on, releases holds (of one commit, or all of the service), and lets a failed one be
    /// tried again.
    pub async fn resume(&self, service: Option<&str>, release: Option<&str>, by: &By) -> Result<Resumed, Error> {
        let _deciding = self.engine.deciding.lock().await;
        let service = self.service(service).await?;
        let now = self.engine.now();
        let why = reason(by, "resumed");
        let mut paused = None;
        let open = store::deployment::open(self.engine.db()).await?;
        let mut tx = self.engine.db().begin().await?;
        for mut stored in open.into_iter().filter(|d| d.state.service == service.name && d.state.paused) {
            stored.state.paused = false;
            paused = Some(stored.state.number);
            store::deployment::update(&mut tx, &stored.state, &stored.waits_for).await?;
            store::deployment::journal(&mut tx, stored.state.number, now, Entry::Decided, "resumed", Some(&why))
                .await?;
        }
        let released = store::deployment::release(&mut tx, &service.name, release, &why, now).await?;
        let again = store::deployment::try_again(&mut tx, &service.name).await?
            + store::change::verify_again(&mut tx, &service.repository).await?;
        if paused.is_none() && released == 0 && again == 0 {
            return Err(Problem::conflict(format!("nothing of {} is paused, held or failed", service.name))
                .hint("`trunkline deploy status` says what is live and what waits")
                .into());
        }
        tx.audit(audit(
            by,
            "deployment.resumed",
            &service.name,
            json!(null),
            json!({ "released": released, "paused": paused }),
        ))
        .await?;
        tx.publish("delivery", "hold.released", &json!({ "service": service.name })).await?;
        tx.commit().await?;
        self.engine.tell("service", service.name.clone());
        self.engine.pipeline.notify_one();
        self.engine.deployer.notify_one();
        Ok(Resumed { service: service.name, deployment: paused, released })
    }

    /// No new deployment begins until [`Delivery::unfreeze`]; rollbacks do.
    pub async fn freeze(&self, reason: &str, by: &By) -> Result<(), Error> {
        let mut tx = self.engine.db().begin().await?;
        store::setting::put(&mut tx, store::setting::FREEZE, reason).await?;
        tx.audit(audit(by, "deployments.frozen", "deployments", json!(null), json!(reason))).await?;
        tx.publish("delivery", "deployments.frozen", &json!({ "reason": reason })).await?;
        tx.commit().await?;
        self.engine.tell("service", "");
        Ok(())
    }

    /// Ends the freeze; what waited begins.
    pub async fn unfreeze(&self, by: &By) -> Result<(), Error> {
        let mut tx = self.engine.db().begin().await?;
        store::setting::remove(&mut tx, store::setting::FREEZE).await?;
        tx.audit(audit(by, "deployments.unfrozen", "deployments", json!(null), json!(null))).await?;
        tx.publish("delivery", "deployments.unfrozen", &json!({})).await?;
        tx.commit().await?;
        self.engine.tell("service", "");
        Ok(())
    }

    /// The named service, or the only one.
    pub(crate) async fn service(&self, name: Option<&str>) -> Result<StoredService, Error> {
        let mut services = store::repository::services(self.engine.db()).await?;
        let names = services.iter().map(|s| s.name.clone()).collect::<Vec<_>>().join(", ");
        match name {
            Some(name) => services.into_iter().find(|s| s.name == name).ok_or_else(|| {
                Problem::not_found(format!("there is no service {name}")).hint(format!("there are: {names}")).into()
            }),
            None if services.len() == 1 => Ok(services.remove(0)),
            None if services.is_empty() => Err(Problem::conflict("no change was verified yet, so there is no service")
                .hint("`trunkline change list` shows what is on its way")
                .into()),
            None => Err(Problem::invalid("the product has several services: say which").hint(names).into()),
        }
    }
}

/// What a rollback set in motion.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct RolledBack {
    pub service: String,
    pub from: u64,
    pub to: u64,
    /// The commit that now waits for a revert, a fix or a person, with all that contain it.
    pub held: String,
}

/// What was resumed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Resumed {
    pub service: String,
    /// The deployment that was paused.
    pub deployment: Option<u64>,
    /// How many holds were released.
    pub released: u64,
}

fn reason(by: &By, what: &str) -> String {
    match &by.why {
        Some(why) => format!("{what} by {}: {why}", by.who),
        None => format!("{what} by {}", by.who),
    }
}

pub(crate) fn audit(by: &By, what: &str, subject: &str, before: serde_json::Value, after: serde_json::Value) -> Audit {
    let some = |value: serde_json::Value| (!value.is_null()).then_some(value);
    Audit {
        who: by.who.clone(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        why: by.why.clone(),
        before: some(before),
        after: some(after),
    }
}
