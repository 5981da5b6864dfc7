//! A small product under Trunkline that a story can bend: its checks, its start, its health check.

use std::time::Duration;

use acceptance::{Installation, Repository, products, until, until_within};
use serde_json::Value;
use tempfile::TempDir;

/// For what takes a run and a deployment on a busy machine.
pub(crate) const SOON: Duration = Duration::from_mins(2);

/// Without a canary.
const QUICK: &str = "{ canary: [100] }";

/// What `trunkline.yaml` says.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    /// Below `checks:`, one element a line.
    pub(crate) checks: String,
    /// A line for the shell.
    pub(crate) start: String,
    pub(crate) health: String,
    /// More lines of the service, each indented by four.
    pub(crate) service: String,
    /// All of `rollout:`.
    pub(crate) rollout: String,
    /// More lines at the end.
    pub(crate) rest: String,
}

impl Default for Declaration {
    fn default() -> Self {
        Self {
            checks: "{ name: unit, run: \"true\" }".into(),
            start: "exec python3 app.py".into(),
            health: "{ path: /up, within: 30s }".into(),
            service: String::new(),
            rollout: QUICK.into(),
            rest: String::new(),
        }
    }
}

impl Declaration {
    pub(crate) fn check(line: &str) -> Self {
        Self { checks: line.into(), ..Self::default() }
    }

    pub(crate) fn text(&self) -> String {
        let Self { checks, start, health, service, rollout, rest } = self;
        format!(
            "product: pets\ntrunk: main\nchecks:\n  - {checks}\nservices:\n  pets:\n    path: .\n    build: {{ keep: [\"*.py\"] }}\n    \
             start: {start}\n    health: {health}\n{service}\
             rollout: {rollout}\n{rest}"
        )
    }
}

/// The product, and Trunkline running for it.
pub(crate) struct Pets {
    pub(crate) trunkline: Installation,
    pub(crate) repository: Repository,
    pub(crate) root: TempDir,
}

impl Pets {
    /// Version `v1` is live.
    pub(crate) fn live() -> Self {
        Self::live_as(&Declaration::default())
    }

    pub(crate) fn live_as(declaration: &Declaration) -> Self {
        Self::live_with(declaration, |_| {})
    }

    /// With more files.
    pub(crate) fn live_with(declaration: &Declaration, more: impl FnOnce(&Repository)) -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("pets"));
        products::python(&repository, "v1");
        repository.write("trunkline.yaml", &declaration.text());
        more(&repository);
        repository.commit("first version");
        let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
        until("the first version is served", || trunkline.product("/").body.starts_with("v1"));
        Self { trunkline, repository, root }
    }

    /// Commits a version with this declaration.
    pub(crate) fn commit(&self, version: &str, declaration: &Declaration) -> String {
        self.commit_as(version, declaration, &format!("version {version}"))
    }

    /// With this message.
    pub(crate) fn commit_as(&self, version: &str, declaration: &Declaration, message: &str) -> String {
        products::python(&self.repository, version);
        self.repository.write("trunkline.yaml", &declaration.text());
        self.repository.commit(message)
    }

    /// Puts a version in the place of the newest commit: the branch moves in one step, as with a force-push.
    pub(crate) fn amend(&self, version: &str) -> String {
        products::python(&self.repository, version);
        self.repository.git(&["commit", "--quiet", "--all", "--amend", "--message", &format!("version {version}")]);
        self.repository.git(&["rev-parse", "HEAD"])
    }

    /// A good version: it goes live.
    pub(crate) fn ships(&self, version: &str) -> String {
        let sha = self.commit(version, &Declaration::default());
        self.goes_live(&sha, version);
        sha
    }

    /// Live is what was decided; the edge does so within moments.
    pub(crate) fn goes_live(&self, sha: &str, version: &str) {
        self.trunkline.until_phase(sha, "live", SOON);
        until_within("the live version is served", Duration::from_secs(2), || self.serves(version));
    }

    pub(crate) fn serves(&self, version: &str) -> bool {
        self.trunkline.product("/").body.starts_with(version)
    }

    /// The story of the change once its run is over.
    pub(crate) fn verified(&self, sha: &str) -> Value {
        verified(&self.trunkline, sha)
    }

    /// The run's step of this name.
    pub(crate) fn step(change: &Value, name: &str) -> Value {
        let steps = change["run_view"]["steps"].as_array().cloned().unwrap_or_default();
        steps.into_iter().find(|step| step["name"] == name).unwrap_or_default()
    }

    /// Why the commit's deployment failed.
    pub(crate) fn failed(&self, sha: &str) -> String {
        self.trunkline.until_phase(sha, "failed", SOON);
        text(&self.trunkline.deployment_of(sha).unwrap()["reason"])
    }

    /// What needs somebody.
    pub(crate) fn attention(&self) -> Vec<String> {
        let now = self.trunkline.api("GET", "/api/v1/now", "");
        let all = now["needs_someone"].as_array().cloned().unwrap_or_default();
        all.iter().map(|one| text(&one["text"])).collect()
    }
}

/// The story of a change once its run is over.
pub(crate) fn verified(trunkline: &Installation, sha: &str) -> Value {
    let mut change = Value::Null;
    until(&format!("the run of {} is over", &sha[..7]), || {
        change = trunkline.change(sha);
        change["run_view"]["state"].as_str().is_some_and(|state| state != "running" && state != "queued")
    });
    change
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Processes whose command line holds `mark`.
pub(crate) fn processes(mark: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(mark)).collect()
}

/// Whether a process with this number runs.
pub(crate) fn runs(pid: &Value) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with(['Z', 'X']) && !rest.is_empty())
}
