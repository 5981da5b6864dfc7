//! The guard: customers on the new version beside those on the old at the same time, in the journeys that guard.
//!
//! Chance gave each visitor their version, so that what is different between them is the version's doing. Both shares have an
//! exact confidence sequence (Howard et al. 2021, `experiments::stats::bernoulli`), each with half of the error: they may be
//! looked at as often as one likes, at any number of persons, and the chance that a version which is no worse is ever taken back
//! is at most the budget.

mod seen;

use std::collections::HashSet;
use std::time::Instant;

use delivery::GuardWord;
use delivery::view::deployment::ReleaseView;
use experiments::stats::bernoulli::{Tuning, confidence_sequence};
use experiments::stats::proportions::Count;
use experiments::stats::{Arms, Interval};
use jiff::Timestamp;
use journeys::model::definition::Guard;
use journeys::{Concurrent, Guarded};
use kernel::{Kind, Problem};

use crate::facade::{Error, Rollout};

/// Of a false rollback by a deployment's guards together (semantics.md, "Time in guards").
const ERROR_BUDGET: f64 = 0.001;
/// A guard's persons for which its intervals are narrowest: some times as many as it must have.
const TUNED_TO: f64 = 4.0;
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

/// What a guard says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    /// Too few persons, or not long enough.
    Early,
    /// Nothing speaks against the new version.
    Holds,
    /// It is worse.
    Worse { sentence: String },
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
    let Some(contexts) = &rollout.contexts else { return Ok(()) };
    let now = rollout.clock.now();
    for release in rollout.delivery.releases(RELEASES_MAX).await? {
        let Some(releases) = concurrent(&release, now).filter(|_| !over.contains(&release.number)) else { continue };
        let guarded = contexts.journeys.guarded(releases).await?;
        let seconds = (now - release.from).get_seconds().unsigned_abs();
        let error = ERROR_BUDGET / count(guarded.len().max(1) as u64);
        let judged: Vec<_> = guarded.iter().map(|one| (one, judge(one, releases, seconds, error))).collect();
        let worse = judged.iter().find_map(|(one, judgement)| match judgement {
            Judgement::Worse { sentence } => Some((one.journey.clone(), sentence.clone())),
            Judgement::Early | Judgement::Holds => None,
        });
        if let Some((journey, sentence)) = worse {
            take_back(rollout, release.number, &journey, sentence).await?;
            over.insert(release.number);
        } else if release.live_at.is_none() {
            rollout.delivery.guards_say(release.number, word(&guarded, seconds));
        } else if guarded.iter().all(|one| one.is_settled) {
            over.insert(release.number);
        }
        for (one, judgement) in judged {
            rollout.delivery.guard_saw(release.number, seen::look(one, releases, seconds, judgement)).await?;
        }
    }
    Ok(())
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

/// What a canary that is not worse still waits for.
fn word(guarded: &[Guarded], seconds: u64) -> GuardWord {
    let waiting = guarded.iter().find_map(|one| Some((one, wanting(one, seconds)?)));
    waiting.map_or(GuardWord::Satisfied, |(one, what)| GuardWord::Waiting {
        why: format!("for {what} of {}", one.journey),
        within_seconds: patience_seconds(&one.guard),
    })
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

async fn take_back(rollout: &Rollout, number: u64, journey: &str, sentence: String) -> Result<(), Error> {
    let by = delivery::By { who: format!("guard {journey}"), why: Some(sentence) };
    match rollout.delivery.take_back(number, &by).await.map_err(Problem::from) {
        Ok(_) => Ok(()),
        // There is nothing to go back to; it is told, and stays.
        Err(problem) if matches!(problem.kind, Kind::Conflict | Kind::NotFound) => {
            tracing::error!(deployment = number, journey, problem = problem.told(), "a guard could not act");
            Ok(())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Decides from the counts alone. `seconds` since the new version had its first customers; `error` is the chance that a version
/// that is no worse is ever called worse.
pub(crate) fn judge(guarded: &Guarded, releases: Concurrent, seconds: u64, error: f64) -> Judgement {
    let (Some(old), Some(new)) = (ends(&guarded.old), ends(&guarded.new)) else { return Judgement::Early };
    if old.n.min(new.n) < guarded.guard.min_persons.max(1) || seconds < guarded.guard.min_seconds {
        return Judgement::Early;
    }
    let tuning = Tuning { t_opt: TUNED_TO * count(guarded.guard.min_persons.max(1)), alpha_opt: error / 2.0 };
    let of = |side: Count| confidence_sequence(side, tuning, error / 2.0);
    let (was, is) = (of(old), of(new));
    if is.upper >= was.lower {
        return Judgement::Holds;
    }
    let difference = Interval { lower: is.lower - was.upper, upper: is.upper - was.lower };
    Judgement::Worse { sentence: sentence(guarded, releases, Arms { a: old, b: new }, difference) }
}

/// Who entered, and who came to the end.
fn ends(persons: &[u64]) -> Option<Count> {
    Some(Count { n: *persons.first()?, x: *persons.last()? })
}

fn sentence(guarded: &Guarded, releases: Concurrent, Arms { a, b }: Arms<Count>, difference: Interval) -> String {
    let step = lost_at(guarded).unwrap_or_default();
    let percent = |share: f64| share * 100.0;
    format!(
        "{}: {:.1} % of {} persons on deployment {} came to the end, beside {:.1} % of {} on deployment {} at the same time \
         ({:+.1} points, between {:+.1} and {:+.1} at any look); they are lost at {step:?}",
        guarded.journey,
        percent(b.rate()),
        b.n,
        releases.new,
        percent(a.rate()),
        a.n,
        releases.old,
        percent(b.rate() - a.rate()),
        percent(difference.lower),
        percent(difference.upper),
    )
}

/// The step to which the new version brings the fewest, compared with the old.
fn lost_at(guarded: &Guarded) -> Option<&str> {
    let share = |persons: &[u64], step: usize| count(persons[step]) / count(persons[step - 1].max(1));
    let loss = |step: &usize| share(&guarded.new, *step) - share(&guarded.old, *step);
    let steps = 1..guarded.steps.len();
    let worst = steps.min_by(|one, other| loss(one).total_cmp(&loss(other)))?;
    guarded.steps.get(worst).map(String::as_str)
}

#[expect(clippy::cast_precision_loss, reason = "counts of persons stay far below 2^52")]
fn count(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests;
