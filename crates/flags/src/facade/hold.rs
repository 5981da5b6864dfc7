//! Holds come and go.

use std::collections::BTreeMap;

use kernel::Problem;
use serde_json::json;
use storage::{Audit, Tx};

use super::{By, Change, Flags};
use crate::flag::Life;
use crate::hold::{Hold, HoldReason, HoldScope};
use crate::store::{self, Stored};
use crate::{Error, store::hold};

/// What exposes a flag to others. A kill, a tester and a retirement do not.
const EXPOSES: [&str; 2] = ["flag.ramped", "flag.set"];

impl Flags {
    /// Flags that were judged, each with why it is held, if it is; those that are no more are let go. Returns when it is in
    /// force at the edge. Flags that are not named stay as they are, and what is held before it is there is held when it comes.
    pub async fn hold(
        &self,
        judged: &BTreeMap<String, Option<HoldReason>>,
        scope: HoldScope,
        by: &By,
    ) -> Result<(), Error> {
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 1).await?;
        let held = hold::all_in(&mut tx).await?;
        let stored: BTreeMap<String, Stored> =
            store::all_in(&mut tx).await?.into_iter().map(|stored| (stored.key.clone(), stored)).collect();
        let mut has_changed = false;
        for (key, reason) in judged {
            let known = stored.get(key);
            let is_there = known.is_some_and(|known| known.flag.life != Life::Archived);
            let before = held.get(key);
            let is_same =
                before.map(|hold| (&hold.why, &hold.hint)) == reason.as_ref().map(|new| (&new.why, &new.hint));
            if is_same || scope == HoldScope::New && is_there {
                continue;
            }
            has_changed = true;
            self.move_hold(&mut tx, key, known.filter(|_| is_there), (before, reason.as_ref()), (by, revision)).await?;
        }
        if !has_changed {
            return Ok(());
        }
        let content = self.content(&mut tx, revision).await?;
        tx.commit().await?;
        self.confirm(&content).await
    }

    async fn move_hold(
        &self,
        tx: &mut Tx,
        key: &str,
        known: Option<&Stored>,
        (before, reason): (Option<&Hold>, Option<&HoldReason>),
        (by, revision): (&By, u64),
    ) -> Result<(), Error> {
        let what = if let Some(reason) = reason {
            let new = match before {
                Some(before) => Hold { why: reason.why.clone(), hint: reason.hint.clone(), ..before.clone() },
                None => Hold::of(known.map(|known| &known.flag), reason, self.now()),
            };
            hold::put(tx, key, &new).await?;
            "flag.held"
        } else {
            hold::remove(tx, key).await?;
            "flag.released"
        };
        let by = By { who: by.who.clone(), why: reason.map(|reason| reason.why.clone()).or_else(|| by.why.clone()) };
        let Some(known) = known else {
            let (before, after) = (before.is_some(), reason.is_some());
            return Ok(tx
                .audit(Audit {
                    who: by.who,
                    what: what.into(),
                    subject: key.to_owned(),
                    why: by.why,
                    before: Some(json!({ "held": before })),
                    after: Some(json!({ "held": after })),
                })
                .await?);
        };
        let change = Change { key, before: Some(&known.flag), what, by: &by, commit: None, revision };
        self.record(tx, &change, known.flag.clone()).await
    }

    /// Refuses what would expose a held flag to others.
    pub(super) async fn not_held(tx: &mut Tx, key: &str, what: &str) -> Result<(), Error> {
        if !EXPOSES.contains(&what) {
            return Ok(());
        }
        match hold::all_in(tx).await?.get(key) {
            Some(hold) => {
                let problem = Problem::conflict(format!("{key} is held at internal exposure: {}", hold.why));
                Err(problem.hint(hold.hint.clone()).into())
            }
            None => Ok(()),
        }
    }
}
