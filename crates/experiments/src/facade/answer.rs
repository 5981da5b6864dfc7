//! What callers see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Stage;
use crate::model::assess::{MetricAssessment, Srm};
use crate::model::{Assessment, Decision, Definition, Evidence};
use crate::stats::Arms;
use crate::store::{Look, Run, Stored};

/// One of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentRow {
    pub key: String,
    pub state: Stage,
    pub owner: String,
    pub flag: String,
    pub hypothesis: String,
    /// Witnessed persons in both arms.
    pub persons: u64,
    /// What the newest look, or a person, said.
    pub verdict: Option<VerdictView>,
}

/// An experiment with the figures of its newest look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExperimentView {
    pub key: String,
    pub state: Stage,
    /// How often it began: the number of the run that is shown here, 0 before the first.
    pub run: u64,
    pub owner: String,
    pub hypothesis: String,
    pub flag: String,
    /// The control first.
    pub arms: Vec<ArmView>,
    /// Who was shown both variants; they are in no figure.
    pub shown_both: u64,
    /// Who was shown one and whose signed cookie has not come back; they are in no figure either.
    pub unwitnessed: u64,
    /// Nothing before the first look.
    pub srm: Option<Srm>,
    pub metrics: Vec<MetricAssessment>,
    pub verdict: Option<VerdictView>,
    pub looks: u64,
    pub days_left: Option<f64>,
    pub power: Option<f64>,
    /// The definition that is decided by, as trunk had it when it began (before, as trunk has it now).
    #[schema(value_type = Object)]
    pub definition: serde_json::Value,
    /// Trunk declares it otherwise by now; that counts when it begins anew.
    pub is_outdated: bool,
    pub file: String,
    pub commit: String,
    pub started: Option<String>,
    pub ended: Option<String>,
    /// Why it cannot be looked at, if it cannot: what is shown is from before.
    pub trouble: Option<String>,
    /// Runs before this one, the newest first; each stays as it ended.
    pub earlier: Vec<RunView>,
    /// The commands that are of use now.
    pub actions: Vec<String>,
}

/// An experiment from when it began until it was over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExperimentRun)]
pub struct RunView {
    pub run: u64,
    pub state: Stage,
    pub started: String,
    pub ended: Option<String>,
    /// What decided, or what its last look said.
    pub verdict: Option<VerdictView>,
    /// The control first.
    pub arms: Vec<ArmView>,
    pub looks: u64,
    /// What it was decided by.
    #[schema(value_type = Object)]
    pub definition: serde_json::Value,
}

/// One arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArmView {
    pub variant: String,
    /// Witnessed persons who were shown this variant and not the other.
    pub units: u64,
    /// Of them, those who were followed to their end.
    pub followed: u64,
}

/// What is to be done, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VerdictView {
    pub decision: Decision,
    pub sentence: String,
    pub at: Option<String>,
    /// The look that said so; nothing if a person did.
    pub look: Option<u64>,
    /// The person who decided.
    pub by: Option<String>,
}

/// What a look saw and said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LookView {
    pub look: u64,
    pub at: String,
    pub arms: Vec<ArmView>,
    pub assessment: Assessment,
    /// All that it was worked out from; the same gives the same, bit for bit.
    #[schema(value_type = Object)]
    pub evidence: serde_json::Value,
}

impl ExperimentRow {
    pub(super) fn of(stored: &Stored) -> Self {
        let shown = stored.evidence.as_ref().map_or(Arms { a: 0, b: 0 }, |evidence| evidence.shown);
        Self {
            key: stored.definition.experiment.clone(),
            state: stored.stage,
            owner: stored.definition.owner.clone(),
            flag: stored.definition.flag.clone(),
            hypothesis: stored.definition.hypothesis.clone(),
            persons: shown.a + shown.b,
            verdict: stored.newest_run().as_ref().and_then(verdict),
        }
    }
}

impl ExperimentView {
    pub(super) fn of(stored: &Stored) -> Self {
        let definition = stored.running.as_ref().unwrap_or(&stored.definition);
        let evidence = stored.evidence.as_ref();
        let assessment = stored.assessment.as_ref();
        Self {
            key: definition.experiment.clone(),
            state: stored.stage,
            run: stored.run,
            owner: definition.owner.clone(),
            hypothesis: definition.hypothesis.clone(),
            flag: definition.flag.clone(),
            arms: arms(definition, evidence),
            shown_both: evidence.map_or(0, |seen| seen.shown_both),
            unwitnessed: evidence.map_or(0, |seen| seen.unwitnessed),
            srm: assessment.map(|said| said.srm),
            metrics: assessment.map(|said| said.metrics.clone()).unwrap_or_default(),
            verdict: stored.newest_run().as_ref().and_then(verdict),
            looks: stored.looks,
            days_left: assessment.and_then(|said| said.days_left),
            power: assessment.and_then(|said| said.power),
            definition: serde_json::to_value(definition).unwrap_or_default(),
            is_outdated: *definition != stored.definition,
            file: stored.file.clone(),
            commit: stored.commit.clone(),
            started: stored.started.map(|at| at.to_string()),
            ended: stored.ended.map(|at| at.to_string()),
            trouble: None,
            earlier: Vec::new(),
            actions: actions(&definition.experiment, stored.stage),
        }
    }
}

impl LookView {
    pub(super) fn of(look: &Look) -> Self {
        Self {
            look: look.evidence.look,
            at: look.at.to_string(),
            arms: arms(&look.definition, Some(&look.evidence)),
            assessment: look.assessment.clone(),
            evidence: serde_json::to_value(&look.evidence).unwrap_or_default(),
        }
    }
}

impl RunView {
    pub(super) fn of(run: &Run) -> Self {
        Self {
            run: run.number,
            state: run.stage,
            started: run.started.to_string(),
            ended: run.ended.map(|at| at.to_string()),
            verdict: verdict(run),
            arms: arms(&run.definition, run.evidence.as_ref()),
            looks: run.looks,
            definition: serde_json::to_value(&run.definition).unwrap_or_default(),
        }
    }
}

fn arms(definition: &Definition, evidence: Option<&Evidence>) -> Vec<ArmView> {
    let shown = evidence.map(|seen| seen.shown).unwrap_or_default();
    let followed = evidence.map(Evidence::followed).unwrap_or_default();
    let arm = |variant: &String, units, followed| ArmView { variant: variant.clone(), units, followed };
    vec![arm(&definition.control, shown.a, followed.a), arm(&definition.treatment, shown.b, followed.b)]
}

/// A person's word comes before the figures'.
pub(super) fn verdict(run: &Run) -> Option<VerdictView> {
    if let (Some(by), Some(decision)) = (&run.ended_by, run.decision) {
        let why = run.ended_why.clone().unwrap_or_default();
        let at = run.ended.map(|at| at.to_string());
        return Some(VerdictView { decision, sentence: why, at, look: None, by: Some(by.clone()) });
    }
    let (said, evidence) = (run.assessment.as_ref()?, run.evidence.as_ref()?);
    let at = jiff::Timestamp::from_millisecond(evidence.at_ms).ok().map(|at| at.to_string());
    Some(VerdictView {
        decision: said.decision,
        sentence: said.sentence.clone(),
        at,
        look: Some(evidence.look),
        by: None,
    })
}

fn actions(experiment: &str, stage: Stage) -> Vec<String> {
    let verbs: &[&str] = match stage {
        Stage::Running => &["stop", "decide"],
        Stage::Draft | Stage::Decided | Stage::Stopped => &["start"],
    };
    verbs.iter().map(|verb| format!("trunkline experiment {verb} {experiment}")).collect()
}
