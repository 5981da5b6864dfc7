//! Experiments: the verbs of the context.

mod answer;
mod carried;
mod course;
mod declared;
mod look;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::{Clock, Problem};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Audit, Db, Tx};
use utoipa::ToSchema;

use crate::Error;
use crate::customers::{Customers, Flags};
use crate::model::{self, Decision};
use crate::store::{self, Stored};
use carried::Carried;

pub use answer::{ArmView, ExperimentRow, ExperimentView, LookView, RunView, VerdictView};
pub use course::{Course, Turn};
pub use declared::check;

/// Whose facts these are.
pub const PUBLISHER: &str = "experiments";
/// Most earlier runs that are shown beside an experiment, the newest; each can be asked for by its number.
const RUNS_SHOWN: u64 = 100;

/// What experiments need.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub customers: Arc<dyn Customers>,
    pub flags: Arc<dyn Flags>,
}

/// The experiments of one product. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Experiments {
    db: Db,
    clock: Arc<dyn Clock>,
    customers: Arc<dyn Customers>,
    flags: Arc<dyn Flags>,
    troubles: Arc<Mutex<Troubles>>,
    carried: Arc<Mutex<Carried>>,
}

/// Why experiments that run could not be looked at, by name.
type Troubles = BTreeMap<String, String>;

/// Who asks and why.
#[derive(Debug, Clone)]
pub struct By {
    pub who: String,
    pub why: Option<String>,
}

/// How far an experiment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentStage)]
pub enum Stage {
    /// Declared, and nobody is counted.
    Draft,
    /// Persons are counted, and each look may decide.
    Running,
    /// A look decided, or a person did.
    Decided,
    /// Ended without a decision.
    Stopped,
}

impl Stage {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Decided => "decided",
            Self::Stopped => "stopped",
        }
    }

    pub(crate) fn of(text: &str) -> Self {
        match text {
            "running" => Self::Running,
            "decided" => Self::Decided,
            "stopped" => Self::Stopped,
            _ => Self::Draft,
        }
    }
}

/// What a person may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExperimentChoice)]
pub enum Choice {
    Ship,
    RollBack,
}

/// How much of what a commit declares comes into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What is new.
    New,
    /// What it declares.
    Defined,
    /// What it declares; what it has no more is retired.
    All,
}

/// What follows from a decision; the fact that is published with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    pub experiment: String,
    pub flag: String,
    pub control: String,
    pub treatment: String,
    pub decision: Decision,
    pub sentence: String,
    /// The person who decided; nobody if the figures did.
    pub by: Option<String>,
}

impl Decided {
    /// The kind of fact.
    pub const KIND: &str = "experiment.decided";
}

impl Experiments {
    /// Over a migrated store.
    pub fn open(options: Options) -> Self {
        let Options { db, clock, customers, flags } = options;
        Self { db, clock, customers, flags, troubles: Arc::default(), carried: Arc::default() }
    }

    /// Takes the definitions of a commit, given as (path, text). An experiment that runs goes on as it was when it began: what is
    /// decided by is fixed before the first person comes. Safe to repeat.
    pub async fn apply(&self, commit: &str, files: &[(String, String)], extent: Extent) -> Result<(), Error> {
        let declared = check(files).map_err(|mut problems| problems.remove(0))?;
        let mut tx = self.db.begin().await?;
        let known = store::all_in(&mut tx).await?;
        let at = self.clock.now();
        for (file, definition) in &declared {
            let before = known.iter().find(|stored| stored.definition.experiment == definition.experiment);
            let is_same = before.is_some_and(|b| b.definition == *definition && b.retired.is_none());
            if is_same || before.is_some() && extent == Extent::New {
                continue;
            }
            let (commit, file, definition) = (commit.to_owned(), file.clone(), definition.clone());
            let new = match before {
                Some(before) => Stored { definition, file, commit, declared: at, retired: None, ..before.clone() },
                None => Stored::draft(definition, file, commit, at),
            };
            store::put(&mut tx, &new).await?;
            let what = if before.is_some() { "experiment.changed" } else { "experiment.declared" };
            tx.audit(trunk(what, &new, before)).await?;
        }
        if extent == Extent::All {
            let is_gone = |stored: &&Stored| {
                stored.retired.is_none()
                    && stored.stage != Stage::Running
                    && !declared.iter().any(|(_, definition)| definition.experiment == stored.definition.experiment)
            };
            for before in known.iter().filter(is_gone) {
                let new = Stored { retired: Some(at), ..before.clone() };
                store::put(&mut tx, &new).await?;
                tx.audit(trunk("experiment.retired", &new, Some(before))).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// From now on persons are counted, from nobody on: it is the experiment's next run, and earlier ones stay as they ended. Its flag must divide customers as it expects.
    pub async fn begin(&self, experiment: &str, by: &By) -> Result<ExperimentView, Error> {
        // Asked for before the transaction, and heard in it: what is running, or was changed meanwhile, says so first.
        let asked = self.found(store::one(&self.db, experiment).await?, experiment).await?.definition.flag;
        let division = self.flags.division(&asked).await;
        let mut tx = self.db.begin().await?;
        let before = self.found(store::one_in(&mut tx, experiment).await?, experiment).await?;
        if before.stage == Stage::Running {
            return Err(Problem::conflict(format!("the experiment {experiment:?} is running")).into());
        }
        let flag = &before.definition.flag;
        if *flag != asked {
            let problem = Problem::conflict(format!("the definition of {experiment:?} has just changed"));
            return Err(problem.hint("look at it, and start it again").into());
        }
        model::comparable(&before.definition, &division?)?;
        let all = store::all_in(&mut tx).await?;
        let is_other = |other: &&Stored| {
            other.stage == Stage::Running && other.running.as_ref().is_some_and(|running| running.flag == *flag)
        };
        if let Some(other) = all.iter().find(is_other) {
            let problem =
                Problem::conflict(format!("the flag {flag:?} is compared by {:?}", other.definition.experiment));
            return Err(problem.hint("one flag is compared by one experiment at a time; stop the other first").into());
        }
        let Stored { definition, file, commit, declared, .. } = before.clone();
        let new = Stored {
            running: Some(definition.clone()),
            stage: Stage::Running,
            run: before.run + 1,
            started: Some(self.clock.now()),
            ..Stored::draft(definition, file, commit, declared)
        };
        if let Some(over) = before.newest_run() {
            store::keep_run(&mut tx, &over).await?;
        }
        self.write(&mut tx, "experiment.started", &before, &new, by).await?;
        tx.commit().await?;
        self.view(&new).await
    }

    /// Ends it without a decision.
    pub async fn stop(&self, experiment: &str, by: &By) -> Result<ExperimentView, Error> {
        self.end(experiment, by, None).await
    }

    /// Ends it as a person says, whatever the figures do; they say why.
    pub async fn decide(&self, experiment: &str, choice: Choice, by: &By) -> Result<ExperimentView, Error> {
        if by.why.is_none() {
            let problem = Problem::invalid("a decision against or before the figures needs a reason");
            return Err(problem.hint("say it with --reason; it is shown beside the verdict").into());
        }
        self.end(experiment, by, Some(choice)).await
    }

    async fn end(&self, experiment: &str, by: &By, choice: Option<Choice>) -> Result<ExperimentView, Error> {
        let mut tx = self.db.begin().await?;
        let before = self.found(store::one_in(&mut tx, experiment).await?, experiment).await?;
        if before.stage != Stage::Running {
            let problem = Problem::conflict(format!("the experiment {experiment:?} is {}", before.stage.text()));
            return Err(problem.hint(format!("`trunkline experiment start {experiment}` begins it")).into());
        }
        let decision = choice.map(|choice| match choice {
            Choice::Ship => Decision::Ship,
            Choice::RollBack => Decision::RollBack,
        });
        let new = Stored {
            stage: if decision.is_some() { Stage::Decided } else { Stage::Stopped },
            ended: Some(self.clock.now()),
            ended_by: Some(by.who.clone()),
            ended_why: by.why.clone(),
            decision,
            ..before.clone()
        };
        let what = if decision.is_some() { "experiment.decided" } else { "experiment.stopped" };
        self.write(&mut tx, what, &before, &new, by).await?;
        if let Some(decision) = decision {
            let why = by.why.as_deref().unwrap_or_default();
            let sentence = format!("{} decided: {why}", by.who);
            publish(&mut tx, &new, decision, sentence, Some(by.who.clone())).await?;
        }
        tx.commit().await?;
        self.view(&new).await
    }

    /// All that are declared, by name; and what runs although trunk does not declare it any more.
    pub async fn list(&self) -> Result<Vec<ExperimentRow>, Error> {
        let all = store::all(&self.db).await?;
        let shown = all.iter().filter(|stored| stored.retired.is_none() || stored.stage == Stage::Running);
        Ok(shown.map(ExperimentRow::of).collect())
    }

    /// One, with its figures of the newest look.
    pub async fn show(&self, experiment: &str) -> Result<ExperimentView, Error> {
        let stored = self.found(store::one(&self.db, experiment).await?, experiment).await?;
        let trouble = self.troubles().get(experiment).cloned();
        Ok(ExperimentView { trouble, ..self.view(&stored).await? })
    }

    async fn view(&self, stored: &Stored) -> Result<ExperimentView, Error> {
        let earlier = store::runs(&self.db, &stored.definition.experiment, RUNS_SHOWN).await?;
        Ok(ExperimentView { earlier: earlier.iter().map(RunView::of).collect(), ..ExperimentView::of(stored) })
    }

    fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of its runs, the newest or an earlier one, as it stands or ended.
    pub async fn run(&self, experiment: &str, run: u64) -> Result<RunView, Error> {
        let stored = self.found(store::one(&self.db, experiment).await?, experiment).await?;
        if let Some(newest) = stored.newest_run().filter(|newest| newest.number == run) {
            return Ok(RunView::of(&newest));
        }
        let earlier = store::run(&self.db, experiment, run).await?;
        earlier.as_ref().map(RunView::of).ok_or_else(|| no_run(&stored, run).into())
    }

    /// What the looks of a run (of the newest, if none is named) said, oldest first; of many those that `model::keeping` keeps.
    pub async fn looks(&self, experiment: &str, run: Option<u64>) -> Result<Vec<LookView>, Error> {
        let stored = self.found(store::one(&self.db, experiment).await?, experiment).await?;
        let run = run.unwrap_or(stored.run);
        if run > stored.run {
            return Err(no_run(&stored, run).into());
        }
        let looks = store::looks(&self.db, experiment, run).await?;
        Ok(looks.iter().map(LookView::of).collect())
    }

    async fn found(&self, stored: Option<Stored>, experiment: &str) -> Result<Stored, Error> {
        if let Some(stored) = stored {
            return Ok(stored);
        }
        let known = store::all(&self.db).await?;
        let names: Vec<&str> = known.iter().map(|stored| stored.definition.experiment.as_str()).collect();
        let problem = Problem::not_found(format!("there is no experiment {experiment:?}"));
        let hint = match names.iter().min_by_key(|name| strsim::damerau_levenshtein(experiment, name)) {
            Some(nearest) => format!("the nearest is {nearest:?}; `trunkline experiment list` shows all"),
            None => "declare one in experiments/*.yaml; docs/reference/experiments.md shows every key".to_owned(),
        };
        Err(problem.hint(hint).into())
    }

    async fn write(&self, tx: &mut Tx, what: &str, before: &Stored, new: &Stored, by: &By) -> Result<(), Error> {
        store::put(tx, new).await?;
        let state = |stored: &Stored| Some(json!({ "state": stored.stage, "decision": stored.decision }));
        tx.audit(Audit {
            who: by.who.clone(),
            what: what.into(),
            subject: new.definition.experiment.clone(),
            why: by.why.clone(),
            before: state(before),
            after: state(new),
        })
        .await?;
        Ok(())
    }
}

/// Tells whoever acts on it.
async fn publish(
    tx: &mut Tx,
    stored: &Stored,
    decision: Decision,
    sentence: String,
    by: Option<String>,
) -> Result<(), Error> {
    let definition = stored.running.as_ref().unwrap_or(&stored.definition);
    let decided = Decided {
        experiment: definition.experiment.clone(),
        flag: definition.flag.clone(),
        control: definition.control.clone(),
        treatment: definition.treatment.clone(),
        decision,
        sentence,
        by,
    };
    let payload = serde_json::to_value(&decided).expect("texts and words become JSON");
    tx.publish(PUBLISHER, Decided::KIND, &payload).await?;
    Ok(())
}

fn no_run(stored: &Stored, run: u64) -> Problem {
    let experiment = &stored.definition.experiment;
    let began = match stored.run {
        0 => format!("it did not begin yet; `trunkline experiment start {experiment}` begins it"),
        1 => "it began once: its run is 1".to_owned(),
        runs => format!("it began {runs} times: its runs are 1 to {runs}"),
    };
    Problem::not_found(format!("the experiment {experiment:?} has no run {run}")).hint(began)
}

fn trunk(what: &str, new: &Stored, before: Option<&Stored>) -> Audit {
    let json = |stored: &Stored| serde_json::to_value(&stored.definition).ok();
    Audit {
        who: "trunk".into(),
        what: what.into(),
        subject: new.definition.experiment.clone(),
        why: Some(format!("commit {}", new.commit)),
        before: before.and_then(json),
        after: json(new).filter(|_| new.retired.is_none()),
    }
}
