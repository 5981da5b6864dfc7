//! The questions that delivery answers.

use kernel::{Cursor, Page, Problem};

use crate::facade::Delivery;
use crate::model::deployment::Stage;
use crate::model::trunk::{Held, held, names};
use crate::store::change::StoredChange;
use crate::store::deployment::StoredDeployment;
use crate::store::repository::StoredService;
use crate::view::change::{ChangeRow, ChangeView, CommitView, Standing};
use crate::view::deployment::{
    ArtifactView, DeploymentItem, DeploymentStep, DeploymentView, HealthView, InstanceView, PlanView, ReleaseView,
};
use crate::view::run::RunView;
use crate::view::{self, time};
use crate::{Error, deploy, store};

mod attention;
mod dora;
mod filter;
mod provenance;
mod status;

/// Everything about services that the state of a change needs, read once for a page of changes.
struct Context {
    services: Vec<ServiceContext>,
    frozen: Option<String>,
}

struct ServiceContext {
    service: StoredService,
    /// Trunk as far as it is considered, oldest first.
    trunk: Vec<StoredChange>,
    holds: Vec<crate::model::trunk::Hold>,
    /// Place of the live commit on trunk.
    live_index: Option<usize>,
}

impl ServiceContext {
    fn index(&self, sha: &str) -> Option<usize> {
        self.trunk.iter().position(|c| c.sha == sha)
    }

    fn held(&self, sha: &str) -> Option<Held> {
        let changes: Vec<_> = self.trunk.iter().map(deploy::model).collect();
        held(&changes, self.index(sha)?, &self.holds)
    }

    /// The change inside which `sha` is live, if it is not the live one itself.
    fn shipped_in(&self, sha: &str) -> Option<&str> {
        let (index, live) = (self.index(sha)?, self.live_index?);
        (index < live).then(|| self.trunk[live].sha.as_str())
    }
}

impl Delivery {
    async fn context(&self) -> Result<Context, Error> {
        let db = self.engine.db();
        let mut services = Vec::new();
        for service in store::repository::services(db).await? {
            let trunk = store::change::trunk(db, &service.repository, deploy::TRUNK_CONSIDERED).await?;
            let live = deploy::live_commit(&self.engine, &service).await?;
            let live_index = live.and_then(|sha| trunk.iter().position(|c| c.sha == sha));
            let holds = store::deployment::holds(db, &service.name).await?;
            services.push(ServiceContext { service, trunk, holds, live_index });
        }
        Ok(Context { services, frozen: store::setting::get(db, store::setting::FREEZE).await? })
    }

    /// Changes, newest first. `query` filters by `state:`, `author:`, `service:` and words of the subject.
    pub async fn changes(&self, cursor: Option<&str>, limit: usize, query: &str) -> Result<Page<ChangeRow>, Error> {
        let mut before = cursor.map(Cursor::decode::<u64>).transpose()?;
        let filter = filter::Filter::parse(query);
        self.engine.settled.wait().await;
        let context = self.context().await?;
        let mut found: Vec<(u64, ChangeRow)> = Vec::new();
        // Filters are applied to what is shown, so pages are read until enough rows match.
        loop {
            let stored = store::change::page(self.engine.db(), before, 100).await?;
            let is_last = stored.len() < 100;
            for change in &stored {
                before = Some(change.position);
                let row = self.row(&context, change).await?;
                if filter.matches(&row) {
                    found.push((change.position, row));
                }
                if found.len() > limit {
                    break;
                }
            }
            if is_last || found.len() > limit {
                break;
            }
        }
        Ok(Page::cut(found, limit, |(position, _)| Cursor::encode(position)).map(|(_, row)| row))
    }

    async fn row(&self, context: &Context, change: &StoredChange) -> Result<ChangeRow, Error> {
        let deployments = store::deployment::of_change(self.engine.db(), &change.repository, &change.sha).await?;
        let steps = match &change.run {
            Some(run) => store::run::steps(self.engine.db(), run).await?,
            None => Vec::new(),
        };
        let concerned: Vec<_> = context.services.iter().filter(|s| s.service.repository == change.repository).collect();
        let was_live_itself = deployments.iter().any(|d| d.state.live_at.is_some());
        let shipped_in =
            concerned.iter().find_map(|s| s.shipped_in(&change.sha)).filter(|_| !was_live_itself).map(str::to_owned);
        let held = concerned.iter().find_map(|s| s.held(&change.sha));
        let is_live_part = concerned.iter().any(|s| s.live_index.is_some() && s.live_index == s.index(&change.sha));
        let (state, why) = view::change::state(&Standing {
            change,
            steps: &steps,
            deployments: &deployments,
            shipped_in: shipped_in.as_deref(),
            held: held.clone(),
            frozen: context.frozen.as_deref(),
            is_live_part,
        });
        let waits_behind = match held {
            Some(Held::Behind { sha }) => Some(sha),
            _ => None,
        };
        Ok(ChangeRow {
            sha: change.sha.clone(),
            short: change.short().to_owned(),
            repository: change.repository.clone(),
            subject: change.subject.clone(),
            author: change.author.clone(),
            at: time(change.at),
            state,
            why,
            run: change.run.clone(),
            deployments: deployments.iter().map(|d| view::deployment::item(d, change.subject.clone())).collect(),
            shipped_in,
            waits_behind,
        })
    }

    /// A change by its id or at least seven characters of it.
    pub async fn change(&self, sha: &str) -> Result<ChangeView, Error> {
        self.engine.settled.wait().await;
        let db = self.engine.db();
        let found = self.find_change(sha).await?;
        let (mut run_view, mut checks) = (None, None);
        if let Some(run) = &found.run {
            checks = Some(view::change::checks(&store::run::steps(db, run).await?));
            run_view = Some(self.run(run).await?);
        }
        // Read after its run, so that a run that is over is never shown beside a change that still waits for it.
        let change = self.find_change(&found.sha).await?;
        let context = self.context().await?;
        let row = self.row(&context, &change).await?;
        let is_over = run_view.as_ref().is_some_and(|run| run.state != "running");
        let trunk = store::change::trunk(db, &change.repository, deploy::TRUNK_CONSIDERED).await?;
        let fixed_by = trunk
            .iter()
            .find(|c| c.position > change.position && c.mends().iter().any(|r| names(r, &change.sha)))
            .map(|c| c.sha.clone());
        Ok(ChangeView {
            commit: CommitView {
                sha: change.sha.clone(),
                author: change.author.clone(),
                subject: change.subject.clone(),
                at: time(change.at),
                landed: time(change.landed),
            },
            checks,
            red_green: change.red_green.clone(),
            artifacts: if is_over { Some(self.artifacts(&change).await?) } else { None },
            run_view,
            fixes: change.fixes.clone(),
            reverts: change.reverts.clone(),
            fixed_by,
            files: change.files.clone(),
            row,
        })
    }

    async fn find_change(&self, sha: &str) -> Result<StoredChange, Error> {
        let sha = sha.to_ascii_lowercase();
        if sha.len() < 7 || !sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Problem::invalid(format!("{sha:?} is not a commit id"))
                .hint("give at least 7 of its characters")
                .into());
        }
        let mut found = store::change::find_prefix(self.engine.db(), &sha).await?;
        match found.len() {
            0 => Err(store::missing(format!("change {sha}"))
                .hint("`trunkline change list` shows those that are known")
                .into()),
            1 => Ok(found.remove(0)),
            _ => {
                Err(Problem::conflict(format!("several changes begin with {sha}")).hint("give more characters").into())
            }
        }
    }

    /// A run with its steps.
    pub async fn run(&self, id: &str) -> Result<RunView, Error> {
        let db = self.engine.db();
        let run = store::run::find(db, id).await?.ok_or_else(|| store::missing(format!("run {id}")))?;
        let subject = store::change::find(db, &run.sha).await?.map_or_else(String::new, |c| c.subject);
        Ok(view::run::run(&run, subject, &store::run::steps(db, id).await?))
    }

    /// Where the log of a step is, and whether the step still runs.
    pub(crate) async fn step_log(&self, run: &str, step: &str) -> Result<(std::path::PathBuf, bool), Error> {
        let steps = store::run::steps(self.engine.db(), run).await?;
        let found = steps
            .into_iter()
            .find(|s| s.name == step)
            .ok_or_else(|| store::missing(format!("step {step} in run {run}")))?;
        let running = matches!(found.state, crate::verify::StepState::Queued | crate::verify::StepState::Running);
        Ok((found.log.into(), running))
    }

    /// Deployments, newest first.
    pub async fn deployments(
        &self,
        service: Option<&str>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<DeploymentItem>, Error> {
        let before = cursor.map(Cursor::decode::<u64>).transpose()?;
        self.engine.settled.wait().await;
        let stored = store::deployment::page(self.engine.db(), service, before, limit + 1).await?;
        let page = Page::cut(stored, limit, |d| Cursor::encode(&d.state.number));
        let mut items = Vec::with_capacity(page.items.len());
        for stored in &page.items {
            items.push(view::deployment::item(stored, self.subject(&stored.state.commit).await?));
        }
        Ok(Page { items, next: page.next })
    }

    /// The deployments that ever had customers, newest first, at most `limit`.
    pub async fn releases(&self, limit: usize) -> Result<Vec<ReleaseView>, Error> {
        let stored = store::deployment::exposed(self.engine.db(), limit).await?;
        Ok(stored.iter().filter_map(view::deployment::release).collect())
    }

    /// As [`Delivery::releases`], of one change.
    pub async fn releases_of(&self, repository: &str, commit: &str) -> Result<Vec<ReleaseView>, Error> {
        let stored = store::deployment::of_change(self.engine.db(), repository, commit).await?;
        Ok(stored.iter().filter_map(view::deployment::release).collect())
    }

    async fn subject(&self, sha: &str) -> Result<String, Error> {
        Ok(store::change::find(self.engine.db(), sha).await?.map_or_else(String::new, |c| c.subject))
    }

    /// A deployment with its machine, journal and instances.
    pub async fn deployment(&self, number: u64) -> Result<DeploymentView, Error> {
        self.engine.settled.wait().await;
        let db = self.engine.db();
        let stored = self.stored_deployment(number).await?;
        let edge = self.engine.options.edge.state().await.ok();
        let holds = store::deployment::holds(db, &stored.state.service).await?;
        let is_held = holds.iter().any(|hold| hold.sha == stored.state.commit);
        let journal = store::deployment::journal_of(db, number).await?;
        let artifacts = store::run::artifacts(db, &stored.repository, &stored.state.commit).await?;
        let artifact = artifacts.into_iter().find(|(service, _)| *service == stored.state.service);
        let plan = store::run::plan(db, &stored.repository, &stored.state.commit).await?;
        Ok(DeploymentView {
            item: view::deployment::item(&stored, self.subject(&stored.state.commit).await?),
            machine: view::deployment::machine(&stored.state, &journal),
            next: view::deployment::next_sentence(&stored, is_held),
            is_held,
            paused: stored.state.paused,
            overruled: stored.state.overruled.clone(),
            health: edge.as_ref().and_then(|edge| health(edge, &stored)),
            instances: edge.map_or_else(Vec::new, |edge| instances(&edge, number)),
            steps: view::deployment::seen(&store::evidence::of(db, number).await?),
            journal,
            logs: self.act_logs(number),
            replaces: stored.state.replaces,
            artifact: artifact.map(|(_, a)| ArtifactView { digest: a.digest, files: a.files, bytes: a.bytes }),
            plan: plan.map(|p| PlanView { summary: p.summary.clone(), text: p.text.clone() }),
            command: format!("trunkline deploy show {number}"),
        })
    }

    /// What was seen of a deployment: its artifact, its probes, its guards.
    pub async fn seen_of(&self, number: u64) -> Result<Vec<DeploymentStep>, Error> {
        Ok(view::deployment::seen(&store::evidence::of(self.engine.db(), number).await?))
    }

    /// The last lines that the instances of a deployment wrote.
    pub async fn deployment_log(&self, number: u64, lines: usize) -> Result<String, Error> {
        self.stored_deployment(number).await?;
        let edge = self.engine.options.edge.state().await?;
        let mut text = String::new();
        for instance in edge.instances.iter().filter(|i| i.deployment == number) {
            text.push_str(&self.engine.options.edge.instance_log(&instance.id, lines).await?);
        }
        Ok(text)
    }

    async fn stored_deployment(&self, number: u64) -> Result<StoredDeployment, Error> {
        let stored = store::deployment::find(self.engine.db(), number).await?;
        Ok(stored.ok_or_else(|| {
            store::missing(format!("deployment {number}")).hint("`trunkline deploy history` lists them")
        })?)
    }

    /// Names of secrets; never their values.
    pub async fn secrets(&self) -> Result<Vec<crate::SecretName>, Error> {
        Ok(store::secret::names(self.engine.db()).await?)
    }
}

fn health(edge: &edge::EdgeState, stored: &StoredDeployment) -> Option<HealthView> {
    let d = &stored.state;
    let window = d.window();
    let counts = |number: u64| edge.counts.iter().find(|c| c.deployment == number && c.window == window);
    let json = |c: &edge::Counts| serde_json::to_value(c.in_window).ok();
    let new = counts(d.number)?;
    let old = d.replaces.and_then(counts);
    let decision = match d.stage {
        Stage::Canary { .. } => "hold",
        Stage::RollingBack { .. } | Stage::RolledBack { .. } => "roll_back",
        _ => "none",
    };
    Some(HealthView {
        new: json(new),
        old: old.and_then(json),
        evidence: d.evidence.strength().min(1e12),
        threshold: crate::model::health::THRESHOLD,
        decision: decision.into(),
        sentence: d.stage.why().map_or_else(|| stored.waits_for.clone(), str::to_owned),
    })
}

fn instances(edge: &edge::EdgeState, number: u64) -> Vec<InstanceView> {
    let of = edge.instances.iter().filter(|i| i.deployment == number);
    of.map(|i| {
        let (state, why) = words(&i.state);
        InstanceView {
            id: i.id.clone(),
            state: state.into(),
            why,
            port: i.port,
            pid: i.pid,
            restarts: i.restarts,
            in_flight: i.in_flight,
            started: i.started.map(time),
        }
    })
    .collect()
}

fn words(state: &edge::InstanceState) -> (&'static str, Option<String>) {
    let why = match state {
        edge::InstanceState::Unhealthy { why } => Some(why.clone()),
        edge::InstanceState::Exited { status } => Some(status.clone()),
        _ => None,
    };
    (state.word(), why)
}
