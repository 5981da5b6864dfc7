//! The guard: customers on the new version beside those on the old at the same time, in the journeys that guard.
//!
//! Chance gave each visitor their version, so that what is different between them is the version's doing. They are compared in
//! blocks of persons who came one after another (`experiments::stats::blocks`): the test may be looked at as often as one likes,
//! holds at any number of persons and whatever the hour or the canary's weight does, and the chance that a version which is no
//! worse is ever taken back is at most the budget.
//!
//! A person's word stands against it: of a deployment that somebody promoted a guard goes on to see and to tell, and does nothing.

mod judge;
mod seen;

use std::collections::HashSet;
use std::time::Instant;

use delivery::GuardWord;
use delivery::view::deployment::ReleaseView;
use jiff::Timestamp;
use journeys::model::definition::Guard;
use journeys::{Concurrent, Guarded};
use kernel::{Kind, Problem};

use self::judge::{ERROR_BUDGET, Judgement, judge};
use crate::facade::{Error, Rollout};

/// Looking takes at most this part of the time.
const LOOK_SHARE: u32 = 20;
/// A canary waits for the horizon of a guard, but not longer than this.
const WAITED_SECONDS_MAX: u64 = 3_600;
/// Releases that are looked at: the newest ones.
const RELEASES_MAX: usize = 50;

/// What the guards remember between two looks.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Releases about which everything is known: they were taken back, or all their persons' time is over.
    over: HashSet<u64>,
    not_before: Option<Instant>,
}

/// Looks at the versions that have customers beside an older one, and takes back those that are worse.
pub(crate) async fn watch(rollout: &Rollout, memory: &mut Memory) -> Result<(), Error> {
    let began = Instant::now();
    if memory.not_before.is_some_and(|at| began < at) {
        return Ok(());
    }
    let outcome = look(rollout, &mut memory.over).await;
    memory.not_before = Some(Instant::now() + began.elapsed() * LOOK_SHARE);
    outcome
}

async fn look(rollout: &Rollout, over: &mut HashSet<u64>) -> Result<(), Error> {
    let now = rollout.clock.now();
    for release in rollout.delivery.releases(RELEASES_MAX).await? {
        let Some(releases) = concurrent(&release, now).filter(|_| !over.contains(&release.number)) else { continue };
        if look_at(rollout, &release, releases, now).await? {
            over.insert(release.number);
        }
    }
    Ok(())
}

/// Whether everything is known of it.
async fn look_at(
    rollout: &Rollout,
    release: &ReleaseView,
    releases: Concurrent,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(contexts) = &rollout.contexts else { return Ok(true) };
    let guarded = contexts.journeys.guarded(releases).await?;
    let seconds = (now - release.from).get_seconds().unsigned_abs();
    let error = ERROR_BUDGET / f64::from(u32::try_from(guarded.len().max(1)).unwrap_or(u32::MAX));
    let judged: Vec<_> = guarded.iter().map(|one| (one, judge(one, releases, seconds, error))).collect();
    let is_canary = release.live_at.is_none();
    let mut outcome = Outcome::Stays;
    if let Some((journey, sentence)) = judged.iter().find_map(|(one, judgement)| harm(one, judgement)) {
        outcome = take_back(rollout, release, journey, sentence).await?;
    }
    if let Some(word) = word(&judged, seconds, &outcome).filter(|_| is_canary) {
        rollout.delivery.guards_say(release.number, word);
    }
    for (one, judgement) in judged {
        // What all visitors have is held by nobody.
        let judgement = match judgement {
            Judgement::Everybody { .. } if !is_canary => Judgement::Holds,
            judgement => judgement,
        };
        let look = seen::look(one, releases, seconds, judgement, &outcome);
        rollout.delivery.guard_saw(release.number, look).await?;
    }
    let is_settled = !is_canary && guarded.iter().all(|one| one.is_settled);
    Ok(matches!(outcome, Outcome::TakenBack) || is_settled)
}

fn harm<'a>(guarded: &'a Guarded, judgement: &'a Judgement) -> Option<(&'a str, &'a str)> {
    let Judgement::Worse { sentence } = judgement else { return None };
    Some((&guarded.journey, sentence))
}

/// What becomes of a version.
enum Outcome {
    TakenBack,
    Stays,
    /// It is worse, and stays.
    Unheeded {
        why: String,
    },
}

/// The time in which a release had customers beside the one that it replaces.
fn concurrent(release: &ReleaseView, now: Timestamp) -> Option<Concurrent> {
    let is_there = release.to.is_none() && release.taken_back.is_none();
    let to = release.live_at.unwrap_or(now);
    let releases = Concurrent {
        old: release.replaces?,
        new: release.number,
        from_ms: release.from.as_millisecond(),
        to_ms: to.as_millisecond(),
    };
    (is_there && releases.from_ms < releases.to_ms).then_some(releases)
}

/// What a canary that is not taken back still waits for.
fn word(judged: &[(&Guarded, Judgement)], seconds: u64, outcome: &Outcome) -> Option<GuardWord> {
    match outcome {
        Outcome::TakenBack => return None,
        Outcome::Unheeded { why } => return Some(GuardWord::Held { why: why.clone() }),
        Outcome::Stays => {}
    }
    let waiting = |one: &Guarded| {
        let why = format!("for {} of {}", wanting(one, seconds)?, one.journey);
        Some(GuardWord::Waiting { why, within_seconds: patience_seconds(&one.guard) })
    };
    let mut word = GuardWord::Satisfied;
    for (one, judgement) in judged {
        match judgement {
            Judgement::Worse { .. } => return None,
            Judgement::Everybody { sentence } => return Some(GuardWord::Held { why: sentence.clone() }),
            Judgement::Early | Judgement::Holds if word == GuardWord::Satisfied => word = waiting(one).unwrap_or(word),
            Judgement::Early | Judgement::Holds => {}
        }
    }
    Some(word)
}

/// How long a canary waits for persons beyond its own patience. Without a horizon of its own a guard sees the end of nobody in time.
fn patience_seconds(guard: &Guard) -> u64 {
    let horizon = guard.within.map_or(0, |within| within.as_secs());
    horizon.max(guard.min_seconds).min(WAITED_SECONDS_MAX)
}

/// Persons, or time, that a guard must see before anything may follow from it.
fn wanting(guarded: &Guarded, seconds: u64) -> Option<String> {
    let least = guarded.guard.min_persons.max(1);
    let entered = |persons: &[u64]| persons.first().copied().unwrap_or(0);
    let persons = least.saturating_sub(entered(&guarded.old).min(entered(&guarded.new)));
    let left = guarded.guard.min_seconds.saturating_sub(seconds);
    match (persons, left) {
        (0, 0) => None,
        (0, left) => Some(format!("{left} s more in the guard")),
        (1, _) => Some("1 more person on either version, followed to the end in the guard".into()),
        (persons, _) => Some(format!("{persons} more persons on either version, followed to the end in the guard")),
    }
}

async fn take_back(rollout: &Rollout, release: &ReleaseView, journey: &str, sentence: &str) -> Result<Outcome, Error> {
    if let Some(overruled) = &release.overruled {
        let why = format!("{} overruled the guard: {}", overruled.by, overruled.why);
        return Ok(Outcome::Unheeded { why });
    }
    let by = delivery::By { who: format!("guard {journey}"), why: Some(sentence.to_owned()) };
    match rollout.delivery.take_back(release.number, &by).await.map_err(Problem::from) {
        Ok(Some(_)) => Ok(Outcome::TakenBack),
        // It moved meanwhile, or somebody spoke; the next look knows.
        Ok(None) => Ok(Outcome::Stays),
        Err(problem) if matches!(problem.kind, Kind::Conflict | Kind::NotFound) => {
            Ok(Outcome::Unheeded { why: format!("it cannot be taken back: {}", problem.told()) })
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(old: u64, new: u64) -> Guarded {
        Guarded {
            journey: "checkout".into(),
            guard: Guard { within: None, min_persons: 50, min_seconds: 60 },
            steps: vec!["seen".into(), "paid".into()],
            old: vec![old, 0],
            new: vec![new, 0],
            in_order: Vec::new(),
            before: vec![0, 0],
            is_settled: false,
        }
    }

    fn said(judged: &[(Guarded, Judgement)], seconds: u64, outcome: &Outcome) -> Option<GuardWord> {
        let judged: Vec<_> = judged.iter().map(|(one, judgement)| (one, judgement.clone())).collect();
        word(&judged, seconds, outcome)
    }

    #[test]
    fn a_canary_waits_for_whom_the_guards_must_see() {
        let satisfied = |persons: &[(u64, u64)], seconds| {
            let judged: Vec<_> = persons.iter().map(|(old, new)| (seen(*old, *new), Judgement::Holds)).collect();
            said(&judged, seconds, &Outcome::Stays) == Some(GuardWord::Satisfied)
        };
        assert!(satisfied(&[], 0) && satisfied(&[(50, 50)], 60));
        assert!(!satisfied(&[(50, 50)], 59) && !satisfied(&[(50, 50), (49, 90)], 60));
        let waiting = said(&[(seen(400, 8), Judgement::Early)], 90, &Outcome::Stays);
        assert_eq!(
            waiting,
            Some(GuardWord::Waiting {
                why: "for 42 more persons on either version, followed to the end in the guard of checkout".into(),
                within_seconds: 60,
            })
        );
    }

    #[test]
    fn a_canary_is_held_for_what_happens_to_everybody_and_for_harm_that_nobody_undoes() {
        let everybody = Judgement::Everybody { sentence: "nobody pays".into() };
        let judged = [(seen(400, 8), Judgement::Early), (seen(400, 90), everybody)];
        let held = Some(GuardWord::Held { why: "nobody pays".into() });
        assert_eq!(said(&judged, 90, &Outcome::Stays), held);
        let worse = [(seen(400, 90), Judgement::Worse { sentence: "they give up".into() })];
        assert_eq!(said(&worse, 90, &Outcome::Stays), None, "it moved meanwhile");
        assert_eq!(said(&worse, 90, &Outcome::TakenBack), None);
        let stays = Outcome::Unheeded { why: "nobody pays".into() };
        assert_eq!(said(&worse, 90, &stays), held);
    }
}
