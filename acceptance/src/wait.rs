//! Waiting for a predicate with a deadline; never a plain sleep.

use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `holds`, at most two minutes.
///
/// # Panics
/// When it does not come true; with `what`.
pub fn until(what: &str, holds: impl FnMut() -> bool) {
    until_within(what, Duration::from_mins(2), holds);
}

/// Waits until `holds`, at most `limit`. Gives how long it took.
///
/// # Panics
/// When it does not come true; with `what`.
pub fn until_within(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
    began.elapsed()
}
