//! When a message that was not taken is sent again, and when it is given up.

use std::time::Duration;

/// Failures of one message to one target; with the usual pauses the last is about eleven hours after the first.
pub const ATTEMPTS_MAX: u64 = 12;

/// How long is waited between attempts.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// After the first attempt; every further pause is three times as long.
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_hours(3) }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered {
        status: u16,
        retry_after: Option<Duration>,
        answer: String,
    },
    /// No answer came: it did not arrive, or it is not known whether it did.
    Failed(String),
    /// Trunkline ended meanwhile: it is not known whether it arrived, and the receiver is not to blame.
    BrokenOff,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Sent,
    Again { after: Duration },
    GivenUp { why: String },
}

/// What follows from an attempt that is the `failures`th to fail, if it did. `luck` is from 0 to 1: of messages that failed together not all come again together.
pub(crate) fn next(outcome: &Outcome, failures: u64, luck: f64, pauses: &Pauses) -> Next {
    let mut asked = None;
    let why = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Next::Sent,
        Outcome::Answered { status: 410, .. } => {
            return Next::GivenUp { why: "the receiver answered 410: it is gone for good".into() };
        }
        Outcome::Answered { status, retry_after, .. } => {
            asked = *retry_after;
            format!("the receiver answered {status}")
        }
        Outcome::Failed(why) => why.clone(),
        Outcome::BrokenOff => return Next::Again { after: Duration::ZERO },
    };
    if failures >= ATTEMPTS_MAX {
        return Next::GivenUp { why: format!("not taken in {failures} attempts; at last {why}") };
    }
    let after = pause(failures, luck, pauses).max(asked.unwrap_or_default()).min(pauses.longest);
    Next::Again { after }
}

/// From half of the pause to all of it.
fn pause(failures: u64, luck: f64, pauses: &Pauses) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(20);
    let whole = pauses.first.saturating_mul(3_u32.saturating_pow(doublings)).min(pauses.longest);
    whole.mul_f64(0.5 + luck.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None, answer: String::new() }
    }

    #[test]
    fn only_a_2xx_is_taken() {
        let follows = |status| next(&answered(status), 1, 0.5, &Pauses::default());
        for status in [200, 202, 204, 299] {
            assert_eq!(follows(status), Next::Sent, "{status}");
        }
        for status in [100, 301, 302, 400, 401, 404, 429, 500, 503] {
            assert!(matches!(follows(status), Next::Again { .. }), "{status}");
        }
        assert!(matches!(follows(410), Next::GivenUp { .. }));
    }

    #[test]
    fn pauses_grow_and_end() {
        let failed = Outcome::Failed("no answer".into());
        let mut before = Duration::ZERO;
        let mut all = Duration::ZERO;
        for attempt in 1..ATTEMPTS_MAX {
            let Next::Again { after } = next(&failed, attempt, 1.0, &Pauses::default()) else { panic!("{attempt}") };
            assert!(after >= before && after <= Pauses::default().longest, "{attempt}: {after:?}");
            (before, all) = (after, all + after);
        }
        assert!((9..13).contains(&(all.as_secs() / 3600)), "{all:?}");
        let Next::GivenUp { why } = next(&failed, ATTEMPTS_MAX, 1.0, &Pauses::default()) else { panic!("goes on") };
        assert_eq!(why, "not taken in 12 attempts; at last no answer");
    }

    #[test]
    fn what_trunkline_broke_off_itself_is_never_given_up_for_it() {
        let again = Next::Again { after: Duration::ZERO };
        assert_eq!(next(&Outcome::BrokenOff, 1_000, 0.5, &Pauses::default()), again);
    }

    #[test]
    fn chance_takes_at_most_half_of_a_pause() {
        let pauses = Pauses::default();
        assert_eq!(pause(1, 0.0, &pauses), Duration::from_secs(1));
        assert_eq!(pause(1, 1.0, &pauses), Duration::from_secs(2));
        assert_eq!(pause(u64::MAX, 1.0, &pauses), pauses.longest);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_within_bounds() {
        let asks = |seconds| Outcome::Answered {
            status: 503,
            retry_after: Some(Duration::from_secs(seconds)),
            answer: String::new(),
        };
        let pauses = Pauses::default();
        assert_eq!(next(&asks(100), 1, 0.5, &pauses), Next::Again { after: Duration::from_secs(100) });
        assert_eq!(next(&asks(1_000_000), 1, 0.5, &pauses), Next::Again { after: pauses.longest });
    }
}
