//! Whether the edge does already what was recorded.
//!
//! A switch is recorded first and done a few milliseconds later. Whoever asks in between would read "live" of a version
//! that customers do not get yet, so answers wait for the round of the deployer that follows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// An edge that is away does not keep answers waiting longer.
const WAITS_AT_MOST: Duration = Duration::from_secs(1);

/// Counts what was recorded and how much of it was done.
#[derive(Debug)]
pub(crate) struct Settled {
    recorded: AtomicU64,
    done: watch::Sender<u64>,
}

impl Default for Settled {
    fn default() -> Self {
        Self { recorded: AtomicU64::new(0), done: watch::Sender::new(0) }
    }
}

impl Settled {
    /// Something is or was recorded that the edge must do. Said before the commit, for readers that are quick, and after
    /// it, for a round that began in between.
    pub(crate) fn record(&self) {
        self.recorded.fetch_add(1, Ordering::SeqCst);
    }

    /// What a round that begins now will have done when it ends well.
    pub(crate) fn begin(&self) -> u64 {
        self.recorded.load(Ordering::SeqCst)
    }

    /// The round that began with `mark` ended well.
    pub(crate) fn end(&self, mark: u64) {
        self.done.send_if_modified(|done| {
            let is_newer = *done < mark;
            *done = mark.max(*done);
            is_newer
        });
    }

    /// Waits until all that was recorded is done.
    pub(crate) async fn wait(&self) {
        let mark = self.begin();
        let mut done = self.done.subscribe();
        let reached = done.wait_for(|done| *done >= mark);
        // An answer that comes late is better than none.
        let _ = tokio::time::timeout(WAITS_AT_MOST, reached).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_wait_for_the_round_that_follows() {
        let settled = Settled::default();
        settled.wait().await;
        settled.record();
        let mark = settled.begin();
        let waiting = settled.wait();
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting.as_mut()).await.is_err());
        settled.end(mark);
        waiting.await;
    }

    #[tokio::test]
    async fn an_older_round_does_not_settle_what_came_later() {
        let settled = Settled::default();
        let older = settled.begin();
        settled.record();
        settled.end(older);
        assert!(tokio::time::timeout(Duration::from_millis(20), settled.wait()).await.is_err());
    }
}
