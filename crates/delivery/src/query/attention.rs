//! What needs somebody: trouble that nothing will mend by itself.

use crate::Error;
use crate::facade::Delivery;
use crate::guards::GuardAlarm;
use crate::model::deployment::Stage;
use crate::store::change::{State as Run, short};
use crate::view::status::Attention;
use crate::view::time;
use crate::{space, store};

impl Delivery {
    /// What needs somebody, newest first.
    pub async fn attention(&self) -> Result<Vec<Attention>, Error> {
        let mut all = Vec::new();
        all.extend(self.shortage());
        self.trunk_trouble(&mut all).await?;
        let context = self.context().await?;
        for service in &context.services {
            let first = service.live_index.map_or(0, |i| i + 1);
            for change in service.trunk[first..].iter().rev() {
                if change.state == Run::Failed {
                    all.push(Attention {
                        kind: "failed_checks".into(),
                        severity: "bad".into(),
                        text: format!(
                            "{} does not ship: {}",
                            change.subject,
                            change.why.as_deref().unwrap_or("its checks failed")
                        ),
                        change: Some(change.sha.clone()),
                        deployment: None,
                        service: Some(service.service.name.clone()),
                        at: time(change.landed),
                        hint: format!("trunkline change show {}", change.short()),
                    });
                }
            }
            self.deployment_trouble(&service.service.name, &mut all).await?;
        }
        if let Some(reason) = &context.frozen {
            all.push(Attention {
                kind: "frozen".into(),
                severity: "warn".into(),
                text: format!("Deployments are frozen: {reason}"),
                change: None,
                deployment: None,
                service: None,
                at: time(self.engine.now()),
                hint: "trunkline deploy unfreeze".into(),
            });
        }
        Ok(all)
    }

    fn shortage(&self) -> Option<Attention> {
        let text = space::shortage(self.engine.data())?;
        Some(Attention {
            kind: "disk".into(),
            severity: "bad".into(),
            text: format!("Nothing is verified or deployed, the product is served on: {text}"),
            change: None,
            deployment: None,
            service: None,
            at: time(self.engine.now()),
            hint: "free some space; it goes on by itself".into(),
        })
    }

    async fn trunk_trouble(&self, all: &mut Vec<Attention>) -> Result<(), Error> {
        for repository in store::repository::repositories(self.engine.db()).await? {
            let Some(error) = repository.last_error else { continue };
            all.push(Attention {
                kind: "trunk".into(),
                severity: "warn".into(),
                text: format!("{}: {error}", repository.name),
                change: None,
                deployment: None,
                service: None,
                at: time(self.engine.now()),
                hint: "trunkline doctor".into(),
            });
        }
        Ok(())
    }

    /// What a guard says of a version to which nobody listens.
    async fn unheeded(&self, number: u64) -> Result<Option<String>, Error> {
        let seen = store::evidence::of(self.engine.db(), number).await?;
        let unheeded = seen.into_iter().find(|seen| seen.alarm == Some(GuardAlarm::Unheeded));
        Ok(unheeded.and_then(|seen| seen.summary))
    }

    /// Holds in force, deployments that failed after the live one, and canaries that a person must look at.
    async fn deployment_trouble(&self, service: &str, all: &mut Vec<Attention>) -> Result<(), Error> {
        let live = store::repository::find_service(self.engine.db(), service).await?.and_then(|s| s.live);
        let holds = store::deployment::holds(self.engine.db(), service).await?;
        let recent = store::deployment::page(self.engine.db(), Some(service), None, 50).await?;
        for stored in recent {
            let d = &stored.state;
            let trouble = match &d.stage {
                Stage::RolledBack { why } | Stage::RollingBack { why } if holds.iter().any(|h| h.sha == d.commit) => {
                    Some((
                        "rolled_back",
                        "bad",
                        format!("{} was rolled back: {why}", short(&d.commit)),
                        format!(
                            "trunkline deploy resume --reason \"…\", or land a commit with `Fixes: {}`",
                            short(&d.commit)
                        ),
                    ))
                }
                Stage::Failed { why } if live.is_none_or(|live| d.number > live) => Some((
                    "failed_deployment",
                    "bad",
                    format!("Deployment {} never took customers: {why}", d.number),
                    "trunkline deploy resume --reason \"…\"".into(),
                )),
                Stage::Canary { .. } if d.paused || stored.waits_for.starts_with("holding") => Some((
                    "holding",
                    "warn",
                    format!("Deployment {} waits: {}", d.number, stored.waits_for),
                    "trunkline deploy promote --reason \"…\", or trunkline deploy rollback".into(),
                )),
                Stage::Live if live == Some(d.number) => self.unheeded(d.number).await?.map(|summary| {
                    let text = format!("Deployment {} does harm and stays: {summary}", d.number);
                    ("guard_unheeded", "bad", text, "trunkline deploy rollback --reason \"…\"".into())
                }),
                _ => None,
            };
            if let Some((kind, severity, text, hint)) = trouble {
                all.push(Attention {
                    kind: kind.into(),
                    severity: severity.into(),
                    text,
                    change: Some(d.commit.clone()),
                    deployment: Some(d.number),
                    service: Some(service.to_owned()),
                    at: time(d.ended.unwrap_or(d.since)),
                    hint,
                });
            }
        }
        Ok(())
    }
}
