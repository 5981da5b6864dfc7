//! Security: the verbs of the context.

mod age;
mod answer;
mod deployed;
mod import;
mod settle;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kernel::Clock;
use serde_json::json;
use storage::{Audit, Db};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::mirror::{self, Mirror};
use crate::reader::Reader;
use crate::scratch;
use crate::store::{self, finding::StoredEvent};

pub use age::{FeedAge, FeedView, ecosystems_of};
pub use answer::{
    AdvisoryStatus, FindingEvent, FindingState, ImportView, LiveFinding, QuarantinedView, Since, UnknownView, span,
};
pub use deployed::Deployed;
pub(crate) use import::Batch;
pub use import::{FeedOf, Import, Imported, Part};

/// Whose facts these are.
pub const PUBLISHER: &str = "security";
/// In case a bell was missed, or a crash left something.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What security needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Migrated.
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    /// Reads foreign folders.
    pub reader: Arc<dyn Reader>,
    /// Where advisories are fetched from; without it they are imported by people.
    pub mirror: Option<Mirror>,
    /// For what is fetched, until it is read.
    pub scratch: PathBuf,
}

/// What one product is made of, and what is known against it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Security {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) mirror: Option<Mirror>,
    pub(crate) scratch: PathBuf,
    /// Held by whoever writes: what is joined in a transaction was committed by others before.
    writing: Arc<Mutex<()>>,
    marked: Arc<Notify>,
}

/// Who asks and why.
#[derive(Debug, Clone)]
pub struct By {
    pub who: String,
    pub why: Option<String>,
}

impl Security {
    /// Over a migrated store.
    pub fn open(options: Options) -> Self {
        let Options { db, clock, reader, mirror, scratch } = options;
        Self { db, clock, reader, mirror, scratch, writing: Arc::default(), marked: Arc::default() }
    }

    /// Removes what an earlier process left of what it read. Only for the start, before anything is read.
    pub async fn sweep(&self) {
        let folder = self.scratch.clone();
        let swept = tokio::task::spawn_blocking(move || scratch::sweep(&folder)).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "leftovers could not be removed");
        }
    }

    /// Works out what is marked and fetches advisories, until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> Vec<JoinHandle<()>> {
        let mut tasks = vec![tokio::spawn(settle_always(self.clone(), shutdown.clone()))];
        if let Some(mirror) = self.mirror.clone() {
            tasks.push(tokio::spawn(mirror::refresh_always(self.clone(), mirror, shutdown)));
        }
        tasks
    }

    /// Adds what somebody did about a finding to its history.
    pub async fn note(&self, key: &str, what: &str, by: &By) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let mut tx = self.db.begin().await?;
        let event =
            StoredEvent { at: self.clock.now(), what: what.to_owned(), who: by.who.clone(), detail: by.why.clone() };
        store::finding::tell(&mut tx, key, &event).await?;
        tx.audit(Audit {
            who: by.who.clone(),
            what: "finding.acted_upon".into(),
            subject: key.to_owned(),
            why: by.why.clone(),
            before: None,
            after: Some(json!({ "what": what })),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn settle_always(security: Security, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = security.settle().await {
            tracing::error!(
                error = kernel::Problem::from(error).message,
                "findings could not be worked out; it is tried again"
            );
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = security.marked.notified() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}
