//! A look: what was seen by now, what it says, and what follows.

use std::time::Duration;

use kernel::Problem;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::carried::Run;
use super::{Experiments, Stage, publish};
use crate::Error;
use crate::model::measure::Moment;
use crate::model::{Assessment, Decision, Evidence, keeping};
use crate::store::{self, Look, Stored};
use storage::Audit;

/// Between two looks at all experiments.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Looking takes at most this part of the time.
const LOOK_SHARE: u32 = 20;
impl Experiments {
    /// Looks at what runs until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        let experiments = self.clone();
        tokio::spawn(async move {
            loop {
                let began = Instant::now();
                if let Err(error) = experiments.look_at_all().await {
                    tracing::warn!(error = %Problem::from(error).told(), "experiments could not be looked at; it is tried again");
                }
                let pause = LOOK_EVERY.max(began.elapsed() * LOOK_SHARE);
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        })
    }

    /// One look at everything that runs. What stands in the way of one does not stop the others; it is told with it.
    pub async fn look_at_all(&self) -> Result<(), Error> {
        let running: Vec<Stored> =
            store::all(&self.db).await?.into_iter().filter(|stored| stored.stage == Stage::Running).collect();
        self.carry_on(|name| running.iter().any(|stored| stored.definition.experiment == name));
        for stored in running {
            let experiment = stored.definition.experiment.clone();
            let trouble = self.look(stored).await.err().map(|error| Problem::from(error).told());
            self.note(experiment, trouble);
        }
        Ok(())
    }

    /// What stands in the way now; it is logged once.
    fn note(&self, experiment: String, trouble: Option<String>) {
        let mut troubles = self.troubles();
        match trouble {
            None => drop(troubles.remove(&experiment)),
            Some(trouble) if troubles.get(&experiment) == Some(&trouble) => {}
            Some(trouble) => {
                tracing::warn!(experiment, trouble, "an experiment cannot be looked at; it is tried again");
                troubles.insert(experiment, trouble);
            }
        }
    }

    async fn look(&self, stored: Stored) -> Result<(), Error> {
        let (Some(definition), Some(started)) = (stored.running.clone(), stored.started) else { return Ok(()) };
        let at = self.clock.now();
        let moment = Moment { look: stored.looks + 1, at_ms: at.as_millisecond(), srm_p_before: stored.srm_p };
        let run = Run::new(stored.run, definition.clone(), started.as_millisecond());
        let (evidence, assessment) = self.see(run, moment).await?;
        if says_nothing_new(&stored, &evidence, &assessment) {
            return Ok(());
        }
        self.keep(&stored, Look { at, definition, evidence, assessment }).await
    }

    async fn keep(&self, before: &Stored, look: Look) -> Result<(), Error> {
        let experiment = &before.definition.experiment;
        let decision = look.assessment.decision;
        let is_over = decision != Decision::KeepRunning;
        let mut tx = self.db.begin().await?;
        // Somebody may have ended it, or begun it anew, since.
        let now = store::one_in(&mut tx, experiment).await?;
        let is_as_it_was = now
            .as_ref()
            .is_some_and(|now| now.stage == Stage::Running && now.run == before.run && now.looks == before.looks);
        let Some(now) = now.filter(|_| is_as_it_was) else { return Ok(()) };
        let is_change = now.assessment.as_ref().is_some_and(|said| keeping::is_change(said, &look.assessment));
        let changes = now.changes + u64::from(is_change);
        let is_srm_moved = look.assessment.srm.p.to_bits() != now.srm_p.to_bits();
        let new = Stored {
            looks: look.evidence.look,
            changes,
            srm_p: look.assessment.srm.p,
            srm_look: if is_srm_moved { look.evidence.look } else { now.srm_look },
            evidence: Some(look.evidence.clone()),
            assessment: Some(look.assessment.clone()),
            stage: if is_over { Stage::Decided } else { Stage::Running },
            ended: is_over.then_some(look.at),
            decision: is_over.then_some(decision),
            ..now
        };
        store::put(&mut tx, &new).await?;
        store::keep_look(&mut tx, &new, &look, is_change.then_some(changes)).await?;
        if is_over {
            tx.audit(Audit {
                who: "trunkline".into(),
                what: "experiment.decided".into(),
                subject: experiment.clone(),
                why: Some(look.assessment.sentence.clone()),
                before: None,
                after: serde_json::to_value(&look.evidence).ok(),
            })
            .await?;
            publish(&mut tx, &new, decision, look.assessment.sentence, None).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The same persons did the same, and it means the same.
fn says_nothing_new(stored: &Stored, evidence: &Evidence, assessment: &Assessment) -> bool {
    let (Some(before), Some(said)) = (&stored.evidence, &stored.assessment) else { return false };
    let same = (before.shown, before.shown_both, before.unwitnessed, &before.metrics)
        == (evidence.shown, evidence.shown_both, evidence.unwitnessed, &evidence.metrics);
    same && said.decision == assessment.decision
}
