//! From the facts of contexts to what people are told.

use std::collections::BTreeMap;

use experiments::Decided;
use kernel::event::Envelope;
use notify::{Announcement, Kind, Owner};
use ownership::model::{Thing, ThingKind};
use serde_json::{Value, json};

use super::Announcer;
use crate::facade::Error;
use crate::finding::Findings;

/// Of a change so many files are asked for their owners.
const FILES_MAX: usize = 500;
const SHA_SHOWN: usize = 7;

/// What is told of a fact; nothing of most.
pub(super) async fn of(announcer: &Announcer, fact: &Envelope) -> Result<Option<Announcement>, Error> {
    match (fact.publisher.as_str(), fact.kind.as_str()) {
        ("delivery", "deployment.rolled_back") => rollback(announcer, fact).await.map(Some),
        ("delivery", "deployment.guard_held") => {
            alarm(announcer, fact, Kind::DeploymentHeld, "is held").await.map(Some)
        }
        ("delivery", "deployment.guard_unheeded") => {
            alarm(announcer, fact, Kind::GuardUnheeded, "does harm and stays").await.map(Some)
        }
        ("experiments", Decided::KIND) => verdict(announcer, fact).await,
        ("rollout", "ramp.held") => ramp(announcer, fact, Kind::RampHeld, "is held").await.map(Some),
        ("rollout", "ramp.turned_back") => {
            ramp(announcer, fact, Kind::RampTurnedBack, "was turned back").await.map(Some)
        }
        ("security", "finding.opened" | "finding.reopened") => finding(announcer, fact).await,
        _ => Ok(None),
    }
}

fn announcement(
    fact: &Envelope,
    kind: Kind,
    subject: &str,
    content: Value,
    sentence: String,
    owner: Option<Owner>,
) -> Announcement {
    let id = format!("{}:{}", fact.publisher, fact.position);
    Announcement { fact: id, kind, at: fact.at, subject: subject.to_owned(), content, sentence, owner }
}

fn text<'a>(fact: &'a Envelope, name: &str) -> &'a str {
    fact.payload[name].as_str().unwrap_or_default()
}

async fn verdict(announcer: &Announcer, fact: &Envelope) -> Result<Option<Announcement>, Error> {
    let decided: Decided = match serde_json::from_value(fact.payload.clone()) {
        Ok(decided) => decided,
        Err(error) => {
            tracing::error!(%error, position = fact.position, "a verdict cannot be read and is told to nobody");
            return Ok(None);
        }
    };
    let owner = announcer.owner(Thing::new(ThingKind::Experiment, &decided.experiment)).await?;
    let content = json!({ "decision": decided.decision, "flag": decided.flag, "control": decided.control,
        "treatment": decided.treatment, "by": decided.by });
    Ok(Some(announcement(fact, Kind::Verdict, &decided.experiment, content, decided.sentence, owner)))
}

async fn rollback(announcer: &Announcer, fact: &Envelope) -> Result<Announcement, Error> {
    let (service, commit, why) = (text(fact, "service"), text(fact, "commit"), text(fact, "why"));
    let number = fact.payload["deployment"].as_u64().unwrap_or_default();
    let mut content =
        json!({ "environment": { "id": "production" }, "deployment": number, "commit": commit, "why": why });
    // What customers have again. Of the first deployment there is none.
    let view = announcer.rollout.delivery.deployment(number).await?;
    if let Some(before) = view.replaces {
        let back = announcer.rollout.delivery.deployment(before).await?;
        content["artifactId"] = json!(purl(service, &back.item.digest));
        content["back_to"] = json!(before);
    }
    let short = commit.get(..SHA_SHOWN).unwrap_or(commit);
    let sentence = format!("deployment {number} of {service} (commit {short}) was rolled back: {why}");
    let owner = owner_of_change(announcer, commit).await?;
    Ok(announcement(fact, Kind::Rollback, service, content, sentence, owner))
}

/// What a guard of a deployment cannot settle by itself.
async fn alarm(announcer: &Announcer, fact: &Envelope, kind: Kind, what: &str) -> Result<Announcement, Error> {
    let (service, commit) = (text(fact, "service"), text(fact, "commit"));
    let number = fact.payload["deployment"].as_u64().unwrap_or_default();
    let short = commit.get(..SHA_SHOWN).unwrap_or(commit);
    let sentence = format!("deployment {number} of {service} (commit {short}) {what}: {}", text(fact, "sentence"));
    let owner = owner_of_change(announcer, commit).await?;
    Ok(announcement(fact, kind, service, fact.payload.clone(), sentence, owner))
}

/// A package URL of an artifact, which has no other name than its digest.
fn purl(service: &str, digest: &str) -> String {
    format!("pkg:generic/{service}@{}", digest.replace(':', "%3A"))
}

/// The domain that owns most of the files that a commit changed; of two that own as many, the first by name.
async fn owner_of_change(announcer: &Announcer, commit: &str) -> Result<Option<Owner>, Error> {
    let Some(ownership) = &announcer.rollout.ownership else { return Ok(None) };
    let delivery = &announcer.rollout.delivery;
    let repository = delivery.change(commit).await?.row.repository;
    let parent = delivery.parent(commit).await?;
    let changed = delivery.mirror(&repository).changed_files(parent.as_deref(), commit).await;
    let mut files: BTreeMap<String, u64> = BTreeMap::new();
    for file in changed.map_err(delivery::Error::from)?.iter().take(FILES_MAX) {
        if let Some(owner) = ownership.owner(Thing::path(&file.path)).await? {
            *files.entry(owner.domain().to_owned()).or_default() += 1;
        }
    }
    // The last of equals counts, hence from the end.
    match files.iter().rev().max_by_key(|(_, count)| **count) {
        Some((domain, _)) => announcer.domain(domain).await.map(Some),
        None => Ok(None),
    }
}

async fn ramp(announcer: &Announcer, fact: &Envelope, kind: Kind, what: &str) -> Result<Announcement, Error> {
    let flag = text(fact, "flag");
    let sentence = format!("the ramp of flag {flag:?} {what}: {}", text(fact, "sentence"));
    let owner = announcer.owner(Thing::new(ThingKind::Flag, flag)).await?;
    Ok(announcement(fact, kind, flag, fact.payload.clone(), sentence, owner))
}

/// With the words of the finding's page, as they are when it is told.
async fn finding(announcer: &Announcer, fact: &Envelope) -> Result<Option<Announcement>, Error> {
    let Some(security) = announcer.rollout.security.clone() else { return Ok(None) };
    let view = Findings { rollout: announcer.rollout.clone(), security }.show(text(fact, "finding")).await?;
    let owner = match &view.owner {
        Some(domain) => Some(announcer.domain(domain).await?),
        None => None,
    };
    let mut content = fact.payload.clone();
    content["actions"] = json!(view.actions);
    content["aliases"] = json!(view.aliases);
    Ok(Some(announcement(fact, Kind::Finding, &view.id, content, view.sentence, owner)))
}
