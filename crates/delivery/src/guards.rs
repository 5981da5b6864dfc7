//! Guards: whoever watches what customers do says when a canary may go on to all visitors.
//!
//! The last step of a canary waits for them ([`crate::Delivery::expect_guards`], [`crate::Delivery::guards_say`]). What they said is
//! not stored: after a start they look again, and until then the canary waits. Taking one back is
//! [`crate::Delivery::take_back`].

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::Tx;

use crate::facade::Delivery;
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::evidence::{EvidenceKind, EvidenceState, Seen};
use crate::{Error, store};

/// What guards say of a canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardWord {
    /// They have not seen enough.
    Waiting {
        /// Whom or what for: `for 80 more persons ..`
        why: String,
        /// For want of persons it goes on after so long, beyond the patience of its pace.
        within_seconds: u64,
    },
    /// Nothing that they saw speaks against it.
    Satisfied,
    /// Something is wrong that is not this version's doing; it stays where it is until they say otherwise, or a person does.
    Held { why: String },
}

/// What one guard saw when it looked at a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardLook {
    pub journey: String,
    /// [`EvidenceState::Running`]: it has not seen enough.
    pub state: EvidenceState,
    /// In a sentence.
    pub summary: String,
    /// The counts that it was judged from.
    pub evidence: serde_json::Value,
    /// What somebody must be told, if anything.
    pub alarm: Option<GuardAlarm>,
}

/// What needs a person. It is told when it begins, as a fact of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardAlarm {
    /// Customers do worse whatever version they have; the deployment is held.
    Held,
    /// The version does harm and is not taken back: a person overruled the guard, or nothing is there to go back to.
    Unheeded,
}

impl GuardAlarm {
    const fn told(self) -> &'static str {
        match self {
            Self::Held => "held by its guard",
            Self::Unheeded => "its guard says that it does harm",
        }
    }

    /// The kind of its fact.
    pub const fn fact(self) -> &'static str {
        match self {
            Self::Held => "deployment.guard_held",
            Self::Unheeded => "deployment.guard_unheeded",
        }
    }
}

/// What a decision knows of the guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guards {
    /// Nobody guards this installation.
    Nobody,
    /// They have not looked at this deployment yet.
    Silent,
    Said(GuardWord),
}

impl Guards {
    /// What every step waits for.
    pub(crate) fn hold(&self) -> Option<String> {
        let Self::Said(GuardWord::Held { why }) = self else { return None };
        Some(format!("holding: {why}"))
    }

    /// What the step to all visitors still waits for, `seconds` after the present one began.
    pub(crate) fn hold_back(&self, patience_seconds: u64, seconds: u64) -> Option<String> {
        match self {
            Self::Nobody | Self::Said(GuardWord::Satisfied) => None,
            Self::Said(GuardWord::Held { .. }) => self.hold(),
            Self::Silent => Some("for its guards to look at it".into()),
            Self::Said(GuardWord::Waiting { why, within_seconds }) => {
                let left = (patience_seconds + within_seconds).checked_sub(seconds).filter(|left| *left > 0)?;
                Some(format!("{why}, at most {left} s"))
            }
        }
    }
}

/// The last words of guards, by deployment.
#[derive(Debug, Default)]
pub(crate) struct Words(OnceLock<Mutex<HashMap<u64, GuardWord>>>);

/// Deployments move one by one; older words than these are of no use.
const WORDS_MAX: usize = 1_000;

impl Words {
    pub(crate) fn of(&self, deployment: u64) -> Guards {
        let Some(words) = self.0.get() else { return Guards::Nobody };
        let words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.get(&deployment).cloned().map_or(Guards::Silent, Guards::Said)
    }

    fn say(&self, deployment: u64, word: GuardWord) {
        let mut words = self.0.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() >= WORDS_MAX {
            words.clear();
        }
        words.insert(deployment, word);
    }
}

impl Delivery {
    /// From now on a canary goes on to all visitors only when [`Delivery::guards_say`] that it may. Said before
    /// [`Delivery::start`].
    pub fn expect_guards(&self) {
        self.engine.guards.0.get_or_init(Mutex::default);
    }

    /// Keeps what a guard saw of a deployment; its newest look replaces the one before, and one that saw the same changes nothing.
    /// An alarm that the look before did not have is told in the same transaction.
    pub async fn guard_saw(&self, deployment: u64, look: GuardLook) -> Result<(), Error> {
        let now = self.engine.now();
        let known = store::evidence::of(self.engine.db(), deployment).await?;
        let before = known.into_iter().find(|seen| seen.kind == EvidenceKind::Guard && seen.name == look.journey);
        let seen = Seen {
            kind: EvidenceKind::Guard,
            name: look.journey,
            state: look.state,
            at: now,
            seconds: None,
            summary: Some(look.summary),
            evidence: look.evidence,
            log: None,
            alarm: look.alarm,
        };
        if before.as_ref().is_some_and(|before| Seen { at: now, ..before.clone() } == seen) {
            return Ok(());
        }
        let mut tx = self.engine.db().begin().await?;
        store::evidence::put(&mut tx, deployment, &seen).await?;
        let known_alarm = before.as_ref().and_then(|before| before.alarm);
        if let Some(alarm) = seen.alarm.filter(|alarm| Some(*alarm) != known_alarm) {
            self.raise(&mut tx, deployment, &seen, alarm).await?;
        }
        tx.commit().await?;
        if before.is_none_or(|before| before.state != seen.state) {
            self.engine.tell("deployment", deployment.to_string());
        }
        Ok(())
    }

    async fn raise(&self, tx: &mut Tx, number: u64, seen: &Seen, alarm: GuardAlarm) -> Result<(), Error> {
        let stored = store::deployment::find(self.engine.db(), number).await?;
        let Some(StoredDeployment { state, .. }) = stored else { return Ok(()) };
        let fact = json!({ "deployment": number, "service": state.service, "commit": state.commit, "journey": seen.name,
            "sentence": seen.summary, "overruled": state.overruled });
        tx.publish("delivery", alarm.fact(), &fact).await?;
        let sentence = seen.summary.as_deref();
        store::deployment::journal(tx, number, seen.at, Entry::Observed, alarm.told(), sentence).await?;
        Ok(())
    }

    /// What guards found when they looked at a deployment.
    pub fn guards_say(&self, deployment: u64, word: GuardWord) {
        self.engine.guards.say(deployment, word);
        self.engine.deployer.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_guards_nothing_waits_and_with_them_not_for_ever() {
        let words = Words::default();
        assert_eq!(words.of(7).hold_back(60, 0), None);
        words.say(6, GuardWord::Satisfied);
        assert_eq!((words.of(6).hold_back(60, 0), words.of(7).hold_back(60, 9_999).is_some()), (None, true));
        words.say(7, GuardWord::Waiting { why: "for 3 more persons".into(), within_seconds: 10 });
        assert_eq!(words.of(7).hold_back(60, 50).as_deref(), Some("for 3 more persons, at most 20 s"));
        assert_eq!(words.of(7).hold_back(60, 70), None, "few customers do not hold it for ever");
        assert_eq!(words.of(7).hold(), None, "an earlier step waits for nobody");
        words.say(7, GuardWord::Held { why: "nobody pays".into() });
        assert_eq!(words.of(7).hold_back(60, 9_999).as_deref(), Some("holding: nobody pays"));
        assert_eq!(words.of(7).hold().as_deref(), Some("holding: nobody pays"), "whatever step it is");
    }
}
