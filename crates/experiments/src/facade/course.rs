//! The course of the experiments about some flags, for whoever tells the story of a change.

use jiff::Timestamp;

use super::answer::{self, VerdictView};
use super::{Experiments, Stage};
use crate::Error;
use crate::model::Decision;
use crate::model::assess::MetricAssessment;
use crate::store::{self, Said, Stored};

/// What became of an experiment since it began last.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    pub experiment: String,
    pub flag: String,
    pub state: Stage,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// What the newest look, or a person, said.
    pub verdict: Option<VerdictView>,
    /// What the newest look rests on, if anybody was counted.
    pub metric: Option<MetricAssessment>,
    /// Looks that mattered, oldest first: those that said something else than the one before.
    pub turns: Vec<Turn>,
}

/// A look that said something else than the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub look: u64,
    pub at: Timestamp,
    pub decision: Decision,
}

impl Experiments {
    /// Of all experiments that compare, or ever compared, variants of these flags, by name; also of those that trunk does not
    /// declare any more.
    pub async fn courses(&self, flags: &[String]) -> Result<Vec<Course>, Error> {
        let mut courses = Vec::new();
        for stored in store::all(&self.db).await? {
            let flag = &stored.running.as_ref().unwrap_or(&stored.definition).flag;
            if flags.contains(flag) {
                let said = store::said(&self.db, &stored.definition.experiment, stored.run).await?;
                courses.push(course(&stored, flag, &said));
            }
        }
        Ok(courses)
    }
}

fn course(stored: &Stored, flag: &str, said: &[Said]) -> Course {
    Course {
        experiment: stored.definition.experiment.clone(),
        flag: flag.to_owned(),
        state: stored.stage,
        started: stored.started,
        ended: stored.ended,
        verdict: stored.newest_run().as_ref().and_then(answer::verdict),
        metric: stored.assessment.as_ref().and_then(|assessment| assessment.rests_on()).cloned(),
        turns: turns(said),
    }
}

/// Every experiment begins with not knowing, so that a first look that says so is no turn. Of looks that are not kept any more
/// nothing is said.
fn turns(said: &[Said]) -> Vec<Turn> {
    let mut before = said.first().filter(|first| first.look > 1).map_or(Decision::KeepRunning, |first| first.decision);
    let mut turns = Vec::new();
    for one in said {
        if one.decision != before {
            turns.push(Turn { look: one.look, at: one.at, decision: one.decision });
        }
        before = one.decision;
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(look: u64, decision: Decision) -> Said {
        Said { look, at: Timestamp::UNIX_EPOCH, decision }
    }

    #[test]
    fn only_looks_that_say_something_else_are_turns() {
        use Decision::{Invalid, KeepRunning, Ship};
        let looks = [KeepRunning, KeepRunning, Invalid, Invalid, KeepRunning, Ship];
        let told: Vec<_> = looks.into_iter().zip(1..).map(|(decision, look)| said(look, decision)).collect();
        let turned: Vec<_> = turns(&told).iter().map(|turn| (turn.look, turn.decision)).collect();
        assert_eq!(turned, [(3, Invalid), (5, KeepRunning), (6, Ship)]);
    }

    #[test]
    fn the_first_look_of_all_may_turn_and_the_first_that_is_kept_says_nothing() {
        assert_eq!(turns(&[said(1, Decision::Ship)]).len(), 1);
        assert_eq!(turns(&[said(400, Decision::Invalid), said(401, Decision::Invalid)]), []);
        assert_eq!(turns(&[]), []);
    }
}
