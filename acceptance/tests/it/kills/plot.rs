//! What happens to the product: a commit, and a kill while Trunkline deals with it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Installation, Options, Repository, get, products, program, until};

use super::seeds::Random;

/// In the middle of what the control plane is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    Run,
    Deployment,
    Probing,
    Rollback,
    Migration,
    Apply,
}

impl Scene {
    /// Every scene that this machine can play.
    pub(super) fn all() -> Vec<Self> {
        let mut all = vec![Self::Run, Self::Deployment, Self::Probing, Self::Rollback, Self::Migration];
        if program("terraform").is_some() {
            all.push(Self::Apply);
        } else {
            acceptance::skip("kills within a Terraform apply", "terraform is not on the PATH");
        }
        all
    }
}

/// A product in production and what was done to it.
pub(super) struct Plot {
    pub(super) trunkline: Installation,
    pub(super) repository: Repository,
    pub(super) head: String,
    versions: u32,
    /// Lines that migrations had written before the commit.
    written: usize,
    /// A commit that was taken back and not mended yet.
    bad: Option<String>,
    _root: tempfile::TempDir,
}

const MIGRATE: &str = "import os, time\n\
                       log = open(os.path.join(os.environ['DATA_DIR'], 'migrations'), 'a')\n\
                       print('begin', os.environ['TRUNKLINE_RELEASE'], file=log, flush=True)\n\
                       time.sleep(0.4)\n\
                       print('done', os.environ['TRUNKLINE_RELEASE'], file=log, flush=True)\n";

impl Plot {
    /// A first version is live.
    pub(super) fn begin(env: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("pets"));
        repository.write("migrate.py", MIGRATE);
        products::python(&repository, "v0");
        repository.write("trunkline.yaml", &declaration(false));
        let head = repository.commit("first version");
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = Options { database: None, env };
        let trunkline = Installation::start_with(repository.folder(), &root.path().join("data"), options);
        until("the first version is served", || trunkline.product("/page").body.starts_with("v0"));
        Self { trunkline, repository, head, versions: 0, written: 0, bad: None, _root: root }
    }

    /// Commits, waits for the scene's moment, kills the control plane and starts it again.
    pub(super) fn play(&mut self, scene: Scene, random: &mut Random) {
        self.commit(scene);
        let customers = Customers::at(&self.trunkline.product_url);
        let began = Instant::now();
        until(&format!("the moment of {scene:?} comes: {:?}", self.phases()), || {
            self.moment_has_come(scene) || began.elapsed() > Duration::from_mins(1)
        });
        std::thread::sleep(Duration::from_millis(random.below(longest(scene))));
        self.trunkline.kill();
        std::thread::sleep(Duration::from_millis(random.below(300)));
        self.trunkline.up();
        if scene == Scene::Rollback {
            // Customers go on asking until it is known to be bad.
            self.settles_within(super::SETTLES_WITHIN);
        }
        customers.leave();
    }

    fn commit(&mut self, scene: Scene) {
        self.versions += 1;
        self.written = self.migrations().len();
        let version = format!("v{}", self.versions);
        if scene == Scene::Rollback {
            products::python_broken(&self.repository, &version);
        } else {
            products::python(&self.repository, &version);
        }
        self.repository.write("trunkline.yaml", &declaration(scene == Scene::Apply));
        let resource = format!(
            "resource \"terraform_data\" \"pets\" {{\n  triggers_replace = \"{version}\"\n  provisioner \"local-exec\" {{ command = \"sleep 0.6\" }}\n}}\n"
        );
        self.repository.write("infra/main.tf", &resource);
        self.repository.write("journeys/visit.yaml", &journey(scene == Scene::Probing));
        let mends = self.bad.take().map_or(String::new(), |bad| format!("\n\nFixes: {bad}"));
        self.head = self.repository.commit(&format!("{version}, for {scene:?}{mends}"));
        if scene == Scene::Rollback {
            self.bad = Some(self.head.clone());
        }
    }

    fn moment_has_come(&self, scene: Scene) -> bool {
        match scene {
            Scene::Run => self.trunkline.change(&self.head)["run_view"]["state"] == "running",
            Scene::Deployment => self.trunkline.deployment_of(&self.head).is_some(),
            Scene::Probing => self.trunkline.deployment_of(&self.head).is_some_and(|d| d["phase"] == "probing"),
            Scene::Rollback => self
                .trunkline
                .deployment_of(&self.head)
                .is_some_and(|d| d["phase"] == "canary" || d["phase"] == "rolled_back"),
            // Seen in the file itself: an answer would come later.
            Scene::Migration => self.migrations().len() > self.written,
            Scene::Apply => self.number().is_some_and(|number| {
                let shown = self.trunkline.cli(&["deploy", "show", &number]).1;
                shown["journal"]
                    .as_array()
                    .is_some_and(|lines| lines.iter().any(|line| line["what"] == "apply the saved plan"))
            }),
        }
    }

    fn number(&self) -> Option<String> {
        Some(self.trunkline.deployment_of(&self.head)?["number"].to_string())
    }

    /// Lines that migrations wrote: `begin N` and `done N`.
    pub(super) fn migrations(&self) -> Vec<String> {
        let path: PathBuf = self.trunkline.data().join("services/pets/data/migrations");
        std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Whether the head's deployment comes to an end, and no other is open.
    pub(super) fn settles_within(&self, limit: Duration) -> bool {
        let began = Instant::now();
        while began.elapsed() < limit {
            let is_over = |phase: &str| matches!(phase, "live" | "superseded" | "rolled_back" | "failed");
            let history = self.trunkline.history();
            let all_over = history.iter().all(|d| d["phase"].as_str().is_some_and(is_over));
            if all_over && history.iter().any(|d| d["commit"] == self.head) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    pub(super) fn phases(&self) -> Vec<String> {
        self.trunkline
            .history()
            .iter()
            .take(3)
            .map(|d| format!("{} {} {}", d["number"], d["phase"], d["reason"]))
            .collect()
    }
}

/// How long after the moment the kill comes at most, in milliseconds.
const fn longest(scene: Scene) -> u64 {
    match scene {
        Scene::Run => 1_200,
        Scene::Rollback | Scene::Probing => 800,
        Scene::Migration => 250,
        Scene::Deployment | Scene::Apply => 1_500,
    }
}

fn declaration(has_infrastructure: bool) -> String {
    let text = products::quick_python("[50, 100]", "    migrate: python3 migrate.py\n");
    if has_infrastructure { format!("{text}infrastructure: {{ dir: infra }}\n") } else { text }
}

/// A walk that takes long enough for a kill to fall into it.
fn journey(has_probe: bool) -> String {
    let text = "journey: visit\nwithin: 1h\nsteps:\n  - { name: came, event: $pageview }\n";
    if has_probe { format!("{text}probe: sleep 0.6\n") } else { text.to_owned() }
}

/// Customers on the front page, each on a connection of its own. What they are answered is their own affair.
struct Customers {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Customers {
    fn at(address: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..2).map(|_| {
            let (address, stop) = (address.to_owned(), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let _ = get(&address, "/");
                    std::thread::sleep(Duration::from_millis(25));
                }
            })
        });
        Self { threads: threads.collect(), stop }
    }

    fn leave(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}
