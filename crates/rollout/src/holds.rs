//! Flags that break a principle which guards exposure are held before they come into force, and let go when they break it no
//! more.
//!
//! A commit is judged before its definitions come into force, so that there is no moment in which a flag is seen that must not
//! be. A waiver that was granted or is over, and the end of a day, have the commit that is in force judged anew.

use std::collections::BTreeMap;

use flags::{By, HoldReason, HoldScope};
use jiff::civil::Date;
use ownership::{At, Held};
use storage::outbox::Consumer;

use crate::definitions::{Contexts, Extent};
use crate::facade::{Error, Rollout};

const FACTS_MAX: u64 = 200;

/// What the last judgement was made of.
#[derive(Debug, Default)]
pub(crate) struct Seen(Option<(u64, Date)>);

/// Judges the flags of a commit whose definitions are about to come into force.
pub(crate) async fn before(rollout: &Rollout, contexts: &Contexts, commit: &str, extent: Extent) -> Result<(), Error> {
    let Some(ownership) = &rollout.ownership else { return Ok(()) };
    let at = At { repository: rollout.delivery.repository_of(commit).await?, commit: commit.to_owned() };
    let is_in_force = extent != Extent::New;
    let judged = ownership.judge_exposure(&at, is_in_force).await?;
    let scope = if is_in_force { HoldScope::All } else { HoldScope::New };
    Ok(contexts.flags.hold(&reasons(judged), scope, &by(commit)).await?)
}

/// Judges what is in force anew, if the same files may mean something else now.
pub(crate) async fn keep(rollout: &Rollout, waivers: &Consumer, seen: &mut Seen) -> Result<(), Error> {
    let (Some(ownership), Some(contexts)) = (&rollout.ownership, &rollout.contexts) else { return Ok(()) };
    judge_again(rollout, waivers).await?;
    let stamp = ownership.stamp().await?;
    if seen.0 == Some(stamp) {
        return Ok(());
    }
    if let Some(at) = ownership.in_force().await? {
        let judged = ownership.judge_exposure(&at, true).await?;
        contexts.flags.hold(&reasons(judged), HoldScope::All, &by(&at.commit)).await?;
    }
    seen.0 = Some(stamp);
    Ok(())
}

/// A waiver that is granted lets the newest change be judged again that it may let through.
async fn judge_again(rollout: &Rollout, waivers: &Consumer) -> Result<(), Error> {
    let facts = waivers.next(FACTS_MAX).await?;
    let Some(last) = facts.last() else { return Ok(()) };
    for fact in facts.iter().filter(|fact| fact.kind == "waiver.approved") {
        let by = delivery::By { who: "principles".into(), why: Some(format!("waiver {}", fact.payload["waiver"])) };
        if let Some(repository) = fact.payload["repository"].as_str() {
            rollout.delivery.judge_again(repository, &by).await?;
        }
    }
    let mut tx = rollout.db.begin().await?;
    tx.acknowledge(waivers, last.position).await?;
    Ok(tx.commit().await?)
}

fn reasons(judged: BTreeMap<String, Option<Held>>) -> BTreeMap<String, Option<HoldReason>> {
    let reason = |held: Held| HoldReason { why: held.why, hint: held.hint };
    judged.into_iter().map(|(key, held)| (key, held.map(reason))).collect()
}

fn by(commit: &str) -> By {
    By { who: "principles".into(), why: Some(format!("commit {}", commit.get(..7).unwrap_or(commit))) }
}
