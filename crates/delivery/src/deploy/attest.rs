//! Before a deployment begins: its artifact is the one that was built here from that commit, and nobody altered it since.
//!
//! Reads the whole artifact, so it goes on beside the deployer's rounds. What an earlier process found out is found out again.
//! A version that takes over again was checked when it began; going back does not wait.

use std::sync::{Arc, PoisonError};

use serde_json::json;

use crate::engine::Engine;
use crate::model::deployment::Attested;
use crate::provenance::{self, Expected, Signer};
use crate::store::deployment::{Entry, StoredDeployment};
use crate::store::evidence::{EvidenceKind, EvidenceState, Seen};
use crate::verify::artifact;
use crate::{Error, store};

/// How the check of a queued deployment stands. The first question begins it; an outcome is told once.
pub(crate) fn of(engine: &Arc<Engine>, stored: &StoredDeployment) -> Attested {
    let number = stored.state.number;
    let mut all = engine.attested.lock().unwrap_or_else(PoisonError::into_inner);
    match all.get(&number) {
        Some(Attested::Checking) => Attested::Checking,
        Some(_) => all.remove(&number).unwrap_or(Attested::Checking),
        None => {
            all.insert(number, Attested::Checking);
            tokio::spawn(run(Arc::clone(engine), stored.clone()));
            Attested::Checking
        }
    }
}

async fn run(engine: Arc<Engine>, stored: StoredDeployment) {
    let number = stored.state.number;
    let checked = check(&engine, &stored).await.unwrap_or_else(|error| Err(kernel::chain(&error)));
    if let Err(error) = note(&engine, &stored, &checked).await {
        tracing::warn!(number, error = kernel::chain(&error), "how an artifact checked out could not be noted");
    }
    let attested = match checked {
        Ok(_) => Attested::Sound,
        Err(why) => Attested::Refused { why },
    };
    engine.attested.lock().unwrap_or_else(PoisonError::into_inner).insert(number, attested);
    engine.deployer.notify_one();
}

/// Whose signature it bears; or why it must not be started.
async fn check(engine: &Engine, stored: &StoredDeployment) -> Result<Result<String, String>, Error> {
    let d = &stored.state;
    let expected = Expected {
        repository: stored.repository.clone(),
        commit: d.commit.clone(),
        service: d.service.clone(),
        digest: d.digest.clone(),
    };
    let envelope = store::run::provenance(engine.db(), &stored.repository, &d.commit, &d.service).await?;
    let signer = Signer::of(&engine.key);
    if let Err(refused) = provenance::check(envelope.as_deref(), &expected, &signer) {
        return Ok(Err(refused.to_string()));
    }
    let (folder, digest) = (engine.data().join("artifacts"), d.digest.clone());
    let read = tokio::task::spawn_blocking(move || artifact::verify(&folder, &digest)).await;
    Ok(match read {
        Ok(Ok(_)) => Ok(signer.keyid().to_owned()),
        Ok(Err(error)) => Err(kernel::chain(&error)),
        Err(_) => Err("it could not be read to its end".into()),
    })
}

async fn note(engine: &Engine, stored: &StoredDeployment, checked: &Result<String, String>) -> Result<(), Error> {
    let d = &stored.state;
    let (state, what, detail) = match checked {
        Ok(key) => (EvidenceState::Passed, "its artifact is what was built", format!("signed with {key}")),
        Err(why) => (EvidenceState::Failed, "its artifact was refused", why.clone()),
    };
    let seen = Seen {
        kind: EvidenceKind::Artifact,
        name: d.service.clone(),
        state,
        at: engine.now(),
        seconds: None,
        summary: Some(format!("{what}: {detail}")),
        evidence: json!({ "digest": d.digest, "commit": d.commit }),
        log: None,
        alarm: None,
    };
    let mut tx = engine.db().begin().await?;
    store::deployment::journal(&mut tx, d.number, engine.now(), Entry::Observed, what, Some(&detail)).await?;
    store::evidence::put(&mut tx, d.number, &seen).await?;
    tx.commit().await?;
    Ok(())
}
