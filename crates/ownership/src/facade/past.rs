//! What the principles would have stopped in the last 90 days of trunk, worked out beside everything else.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kernel::Problem;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{Ownership, lock};
use crate::Error;
use crate::offline::{History, Reader, history};
use crate::trunk::{At, Waiting};

/// How far back it is looked.
pub(super) const DAYS: i64 = 90;
/// The newest commits of those days; older ones are left out, and how many there were is said.
const COMMITS_MAX: usize = 500;
const LOOKS_EVERY: Duration = Duration::from_secs(5);

/// A while of trunk, judged.
#[derive(Debug)]
pub(super) struct Past {
    at: At,
    day: Date,
    pub(super) history: History,
}

impl Past {
    pub(super) fn commit(&self) -> &str {
        &self.at.commit
    }
}

impl Ownership {
    /// Looks back, if trunk or the day is another than last time.
    pub(super) async fn look_back(&self) -> Result<(), Error> {
        let Some(at) = self.options.trunk.newest().await?.into_iter().next() else { return Ok(()) };
        let day = self.today();
        if lock(&self.past).as_ref().is_some_and(|past| past.at == at && past.day == day) {
            return Ok(());
        }
        let since = self.options.clock.now().to_zoned(TimeZone::UTC).checked_sub(DAYS.days());
        let since = since.map_err(|error| Problem::internal(error.to_string()))?.timestamp();
        let (base, commits) = self.options.trunk.since(&at, since, COMMITS_MAX).await?;
        let (today, runtime) = (self.product(&at).await?, Handle::current());
        // A reader of its own: what is read here is rarely needed again.
        let waiting = Waiting::new(Arc::clone(&self.options.trunk), &at.repository, runtime);
        let work = move || history(&mut Reader::new(waiting), &today, base.as_deref(), &commits);
        let history = tokio::task::spawn_blocking(work).await??;
        *lock(&self.past) = Some(Arc::new(Past { at, day, history }));
        Ok(())
    }

    /// The newest that is known; none until the first look is over.
    pub(super) fn past(&self) -> Option<Arc<Past>> {
        lock(&self.past).clone()
    }
}

/// Looks back whenever trunk has moved.
pub(super) async fn run(ownership: Ownership, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = ownership.look_back().await {
            let problem = Problem::from(error);
            tracing::debug!(problem = problem.told(), "the history of trunk could not be judged; it is tried again");
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOKS_EVERY) => {}
        }
    }
}
