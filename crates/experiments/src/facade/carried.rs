//! What was counted, carried on from look to look: only who changed is read again.
//!
//! It is kept in memory and nowhere else: after a restart, and of more persons than are kept, everybody is counted anew. So is
//! whatever is about to be decided: what was carried on may say that there is something to decide, and never decides it.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use super::Experiments;
use crate::Error;
use crate::customers::Mark;
use crate::model::measure::{Counted, Moment};
use crate::model::{Assessment, Decision, Definition, Evidence, assess};

/// Persons of more than so many are not carried on; each takes about 50 bytes.
const PERSONS_MAX: usize = 4 << 20;

/// By experiment.
pub(super) type Carried = BTreeMap<String, Run>;

/// The counted persons of a run.
#[derive(Debug)]
pub(super) struct Run {
    number: u64,
    /// Up to where they are known; nothing if nobody is.
    mark: Option<Mark>,
    counted: Counted,
}

impl Run {
    pub(super) fn new(number: u64, definition: Definition, started_ms: i64) -> Self {
        Self { number, mark: None, counted: Counted::new(definition, started_ms) }
    }
}

impl Experiments {
    /// A look at a run, and what it says.
    pub(super) async fn see(&self, run: Run, moment: Moment) -> Result<(Evidence, Assessment), Error> {
        let name = run.counted.definition().experiment.clone();
        let carried = self.carried().remove(&name).filter(|carried| carried.number == run.number);
        let mut seen = self.count(carried.unwrap_or(run), moment).await?;
        if seen.was_carried && seen.assessment.decision != Decision::KeepRunning {
            let Run { number, counted, .. } = seen.run;
            let anew = Run::new(number, counted.definition().clone(), counted.started_ms());
            let anew = self.count(anew, moment).await?;
            if anew.assessment.decision != seen.assessment.decision {
                tracing::warn!(experiment = name, carried = ?seen.evidence, anew = ?anew.evidence,
                    "what was counted from look to look says otherwise than all events do; the events are believed");
            }
            seen = anew;
        }
        let mut carried = self.carried();
        let others: usize = carried.values().map(|run| run.counted.len()).sum();
        if others + seen.run.counted.len() <= PERSONS_MAX {
            carried.insert(name, seen.run);
        }
        Ok((seen.evidence, seen.assessment))
    }

    /// Reads who changed, and whose time is over.
    async fn count(&self, run: Run, moment: Moment) -> Result<Counting, Error> {
        let Run { number, mark, mut counted } = run;
        let (definition, started_ms) = (counted.definition().clone(), counted.started_ms());
        let (mark, changed) = self.customers.changed(&definition.metrics, mark.as_ref()).await?;
        let was_carried = changed.is_some();
        let shown = self.customers.shown(&definition.flag, changed.as_ref()).await?;
        let (counted, changed, over) = tokio::task::spawn_blocking(move || {
            counted.take_shown(changed.as_ref(), &shown);
            let over = counted.over(moment.at_ms);
            (counted, changed, over)
        })
        .await?;
        let mut did = Vec::new();
        if changed.is_none() || !over.is_empty() {
            for metric in &definition.metrics {
                did.push(self.customers.did(metric, started_ms, &over).await?);
            }
        }
        let counting = tokio::task::spawn_blocking(move || {
            let mut counted = counted;
            counted.take_did(&over, &did);
            let evidence = counted.evidence(moment);
            let assessment = assess(&definition, &evidence);
            let run = Run { number, mark: Some(mark), counted };
            Counting { run, was_carried, evidence, assessment }
        });
        Ok(counting.await?)
    }

    /// Only what runs is carried on.
    pub(super) fn carry_on(&self, runs: impl Fn(&str) -> bool) {
        self.carried().retain(|experiment, _| runs(experiment));
    }

    fn carried(&self) -> MutexGuard<'_, Carried> {
        self.carried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Counting {
    run: Run,
    was_carried: bool,
    evidence: Evidence,
    assessment: Assessment,
}
