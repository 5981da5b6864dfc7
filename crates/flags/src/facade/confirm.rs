//! A write is over when the edge has it. What the edge could not confirm is put again until it does.

use std::time::Duration;

use kernel::Problem;
use kernel::snapshot::Snapshot;
use tokio_util::sync::CancellationToken;

use super::Flags;
use crate::snapshot::Content;
use crate::{Error, SNAPSHOT, store};

/// How often it is made sure that the edge is not behind: one that was replaced begins with what is on its disk.
const LOOKS_EVERY: Duration = Duration::from_secs(2);
/// The pause after an edge that does not answer.
const TRIES_EVERY: Duration = Duration::from_millis(250);

impl Flags {
    /// Gives the edge the snapshot; an error says what is and what is not known.
    pub(super) async fn confirm(&self, content: &Content) -> Result<(), Error> {
        let put = self.put(content).await;
        if let Err(problem) = &put {
            self.behind.notify_one();
            tracing::warn!(revision = content.revision, problem = %problem.told(), "the edge did not confirm a revision");
            let message =
                format!("revision {} is committed, but the edge did not confirm it: {problem}", content.revision);
            return Err(Problem::unavailable(message)
                .hint("it gets it as soon as it answers; `trunkline flag show KEY` says whether it has")
                .into());
        }
        Ok(())
    }

    async fn put(&self, content: &Content) -> Result<(), Problem> {
        let bytes = serde_json::to_vec(content).map_err(|error| Problem::internal(error.to_string()))?;
        self.options.serving.put(Snapshot { name: SNAPSHOT, generation: content.revision, bytes }).await
    }

    /// Whether the edge has revision `at_least`; `false` if it does not say.
    pub(crate) async fn is_confirmed(&self, at_least: u64) -> bool {
        let there = self.options.serving.generation(SNAPSHOT).await;
        there.is_ok_and(|there| there.is_some_and(|there| there >= at_least))
    }

    /// Puts the newest revision if the edge is behind.
    async fn catch_up(&self) -> Result<(), Error> {
        let there = self.options.serving.generation(SNAPSHOT).await?;
        let newest = store::revision(self.db()).await?;
        if there == Some(newest) {
            return Ok(());
        }
        let mut tx = self.db().begin().await?;
        // An edge that is ahead knows a future that a restored store forgot: the store goes on behind it.
        let ahead = there.map_or(0, |there| (there + 1).saturating_sub(newest));
        let by = if there > Some(newest) { ahead } else { 0 };
        let revision = store::advance(&mut tx, by).await?;
        let content = self.content(&mut tx, revision).await?;
        tx.commit().await?;
        Ok(self.put(&content).await?)
    }
}

/// Keeps the edge at the newest revision.
pub(super) async fn run(flags: Flags, shutdown: CancellationToken) {
    loop {
        let pause = match flags.catch_up().await {
            Ok(()) => LOOKS_EVERY,
            Err(error) => {
                tracing::debug!(%error, "the edge is not at the newest revision of flags");
                TRIES_EVERY
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = flags.behind.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
        if pause == TRIES_EVERY {
            // A notice must not make it a busy loop while the edge is away.
            tokio::time::sleep(TRIES_EVERY / 5).await;
        }
    }
}
