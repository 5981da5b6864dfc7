//! Keeps the edge's surveys current, whatever became of the edge in between.

use std::time::Duration;

use kernel::snapshot::Snapshot;
use tokio_util::sync::CancellationToken;

use crate::facade::PUBLISHER;
use crate::model::shape;
use crate::snapshot::{Asked, Content};
use crate::store::{self, Stored};
use crate::{Error, Feedback, SNAPSHOT};

const LOOKS_EVERY: Duration = Duration::from_secs(1);

impl Feedback {
    /// Keeps the edge current until `shutdown`.
    pub fn start(&self, shutdown: CancellationToken) -> tokio::task::JoinHandle<()> {
        let feedback = self.clone();
        tokio::spawn(async move {
            loop {
                if let Err(error) = feedback.catch_up().await {
                    tracing::debug!(%error, "the edge does not know the newest surveys yet; it is tried again");
                }
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = feedback.0.changed.notified() => {}
                    () = tokio::time::sleep(LOOKS_EVERY) => {}
                }
            }
        })
    }

    /// Gives the edge the surveys in force, if it has older ones.
    pub(crate) async fn catch_up(&self) -> Result<(), Error> {
        let options = &self.0.options;
        let there = options.serving.generation(SNAPSHOT).await?;
        let here = options.db.position(PUBLISHER).await?;
        if there.is_some_and(|there| there >= here) {
            return Ok(());
        }
        let (generation, surveys) = self.in_force().await?;
        let content = Content { surveys: surveys.iter().map(asked).collect() };
        let bytes = serde_json::to_vec(&content).expect("our own types have string keys and no failing serialisers");
        Ok(options.serving.put(Snapshot { name: SNAPSHOT, generation, bytes }).await?)
    }

    /// The surveys in force, and the position of the fact that made them so. One generation never means two sets.
    async fn in_force(&self) -> Result<(u64, Vec<Stored>), Error> {
        let db = &self.0.options.db;
        loop {
            let before = db.position(PUBLISHER).await?;
            let surveys = store::all(db).await?;
            if db.position(PUBLISHER).await? == before {
                return Ok((before, surveys.into_iter().filter(|stored| stored.retired.is_none()).collect()));
            }
        }
    }
}

fn asked(stored: &Stored) -> Asked {
    let survey = &stored.survey;
    Asked {
        survey: survey.survey.clone(),
        shape: shape(survey, stored.follows.as_ref(), &stored.declared.to_string()),
        over_ms: survey.over_ms(),
        points: survey.points(),
        flag: survey.shown.flag.clone(),
        variant: survey.shown.variant.clone(),
        is_targeted: survey.is_targeted(),
    }
}
