//! Watching trunk: what landed becomes changes, what a rewrite dropped is taken off and said.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::json;
use storage::Audit;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::git::{Mirror, Signal, TrunkMove, Watch};
use crate::store::change::{Landed, State, short};
use crate::store::repository::Repository;
use crate::{Error, pipeline, store};

/// Commits of one move that become changes; a longer history before them is known to git alone.
const COMMITS_MAX: usize = 500;
/// How soon a repository that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Watches every repository until `shutdown`; new ones are taken up when the bell rings.
pub(crate) async fn run(engine: Arc<Engine>, shutdown: CancellationToken) {
    let mut watched: Vec<String> = Vec::new();
    while !shutdown.is_cancelled() {
        match store::repository::repositories(engine.db()).await {
            Ok(repositories) => {
                for repository in repositories {
                    if !watched.contains(&repository.name) {
                        watched.push(repository.name.clone());
                        tokio::spawn(watch(Arc::clone(&engine), repository.name, shutdown.clone()));
                    }
                }
            }
            Err(error) => tracing::warn!(error = kernel::chain(&error), "repositories could not be read"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = engine.trunk.notified() => {}
        }
    }
}

/// Watches one repository, for ever.
async fn watch(engine: Arc<Engine>, name: String, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = follow(&engine, &name, &shutdown).await {
            let text = kernel::chain(&error);
            tracing::warn!(repository = name, error = text, "trunk could not be read; it is tried again");
            let _ = note(&engine, &name, &text).await;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(TRY_AGAIN) => {}
        }
    }
}

async fn note(engine: &Engine, name: &str, error: &str) -> Result<(), Error> {
    let mut tx = engine.db().begin().await?;
    store::repository::set_error(&mut tx, name, Some(error)).await?;
    tx.commit().await?;
    engine.tell("repository", name);
    Ok(())
}

async fn follow(engine: &Engine, name: &str, shutdown: &CancellationToken) -> Result<(), Error> {
    let repository = find(engine, name).await?;
    let mirror = Mirror::open(&engine.mirror_path(name), &repository.url).await?;
    let branch = mirror.trunk(repository.branch.as_deref()).await?;
    let mut signals = Watch::start(&mirror, &branch);
    loop {
        let signal = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = engine.poked.notified() => Some(Signal::MaybeMoved),
            signal = signals.next() => signal,
        };
        match signal {
            Some(Signal::MaybeMoved) => look(engine, name, &mirror, &branch).await?,
            Some(Signal::Unreachable { why, again_seconds }) => {
                note(
                    engine,
                    name,
                    &format!("the repository cannot be reached: {why}; it is tried again in {again_seconds} s"),
                )
                .await?;
            }
            None => return Ok(()),
        }
    }
}

async fn find(engine: &Engine, name: &str) -> Result<Repository, Error> {
    let all = store::repository::repositories(engine.db()).await?;
    Ok(all.into_iter().find(|r| r.name == name).ok_or_else(|| store::missing(format!("repository {name}")))?)
}

/// Fetches, and takes up what happened since the last look.
async fn look(engine: &Engine, name: &str, mirror: &Mirror, branch: &str) -> Result<(), Error> {
    let repository = find(engine, name).await?;
    let Some(head) = mirror.fetch(branch).await? else {
        return note(engine, name, &format!("{branch} has no commit yet")).await;
    };
    // At first sight only the head becomes a change: what was before it is history, not something to ship.
    let limit = if repository.head.is_some() { COMMITS_MAX } else { 1 };
    match mirror.moved(repository.head.as_deref(), &head, limit).await? {
        TrunkMove::Unchanged => Ok(()),
        TrunkMove::Advanced { commits } => land(engine, &repository, mirror, branch, &commits, &[]).await,
        TrunkMove::Rewritten { dropped, commits } if commits.is_empty() => {
            // Set back: the older commit is what trunk is now, and takes its place at the end once more.
            let head = mirror.commits(None, &head, 1).await?;
            land(engine, &repository, mirror, branch, &head, &dropped).await
        }
        TrunkMove::Rewritten { dropped, commits } => {
            land(engine, &repository, mirror, branch, &commits, &dropped).await
        }
    }
}

async fn land(
    engine: &Engine,
    repository: &Repository,
    mirror: &Mirror,
    branch: &str,
    commits: &[crate::git::Commit],
    dropped: &[String],
) -> Result<(), Error> {
    let mut files = Vec::with_capacity(commits.len());
    for commit in commits {
        files.push(mirror.changed_files(commit.parents.first().map(String::as_str), &commit.sha).await?);
    }
    let now = engine.now();
    let head = commits.last().map_or_else(|| repository.head.clone().unwrap_or_default(), |c| c.sha.clone());
    let mut tx = engine.db().begin().await?;
    for sha in dropped {
        let why = format!("trunk was rewritten: it is not on {branch} any more");
        store::change::drop_from_trunk(&mut tx, &repository.name, sha, &why).await?;
    }
    for (commit, files) in commits.iter().zip(&files) {
        let position = store::setting::next_position(&mut tx).await?;
        let landed = Landed { repository: &repository.name, commit, files, state: State::Queued };
        store::change::land(&mut tx, &landed, position, now).await?;
        tx.publish("delivery", "change.landed", &json!({ "commit": commit.sha, "repository": repository.name }))
            .await?;
    }
    store::repository::set_head(&mut tx, &repository.name, branch, &head).await?;
    if !dropped.is_empty() {
        tx.audit(rewritten(repository, dropped, &head)).await?;
        tx.publish("delivery", "trunk.rewritten", &json!({ "repository": repository.name, "head": head })).await?;
        let error = format!(
            "trunk was rewritten (force-pushed): {} commits were dropped, {} is followed now",
            dropped.len(),
            short(&head)
        );
        store::repository::set_error(&mut tx, &repository.name, Some(&error)).await?;
    }
    tx.commit().await?;
    for commit in commits {
        tracing::info!(commit = short(&commit.sha), subject = commit.subject, "landed on trunk");
        engine.tell("change", commit.sha.clone());
    }
    end_runs_of(engine, dropped).await?;
    if let (Some(newest), []) = (commits.last(), dropped) {
        pipeline::supersede_running(engine, &repository.name, &newest.sha);
    }
    engine.tell("repository", repository.name.clone());
    engine.pipeline.notify_one();
    Ok(())
}

/// What a rewrite dropped need not be verified any more.
async fn end_runs_of(engine: &Engine, dropped: &[String]) -> Result<(), Error> {
    for sha in dropped {
        let run = store::change::find(engine.db(), sha).await?.and_then(|change| change.run);
        let runs = engine.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cancel) = run.and_then(|run| runs.get(&run).cloned()) {
            cancel.cancel();
        }
    }
    Ok(())
}

fn rewritten(repository: &Repository, dropped: &[String], head: &str) -> Audit {
    Audit {
        who: "trunk".into(),
        what: "trunk.rewritten".into(),
        subject: repository.name.clone(),
        why: Some("force-pushed".into()),
        before: Some(json!({ "head": repository.head, "dropped": dropped })),
        after: Some(json!({ "head": head })),
    }
}
