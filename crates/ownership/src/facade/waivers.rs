//! Waivers that are asked for at run time, and decided by the owning domain.

use std::collections::BTreeSet;

use jiff::civil::Date;
use kernel::{Kind, Problem};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::principles::{audit, person};
use super::{By, Judged, Ownership, nowhere};
use crate::Error;
use crate::model::check::{Finding, findings};
use crate::model::objection::{Objection, objection};
use crate::model::proposal::{covered, is_for_a_while};
use crate::model::verdict::approvers;
use crate::model::{Approval, Check, Waiver};
use crate::store::{self, Asked, Stage};
use crate::view::{WaiverState, WaiverView};

/// A reason has at most so many bytes.
const REASON_BYTES_MAX: usize = 2_000;
const WHAT_BYTES_MAX: usize = 1_000;

/// A waiver that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverWish {
    pub check: Check,
    /// A path, a pattern of paths, or the name of what breaks the check.
    pub what: String,
    pub reason: String,
    /// The last day, at most 90 days from now.
    #[schema(value_type = String)]
    pub expires: Date,
}

impl Ownership {
    /// All waivers, those that wait first: of `waivers.yaml` on trunk, and those that were asked for at run time.
    pub async fn waivers(&self) -> Result<Vec<WaiverView>, Error> {
        let judged = self.judged().await?;
        self.waivers_of(&judged).await
    }

    pub(super) async fn waivers_of(&self, judged: &Judged) -> Result<Vec<WaiverView>, Error> {
        let asked = store::waivers(self.db()).await?;
        let (today, found) = (self.today(), findings(&judged.product));
        let in_files = judged.product.waivers().filter(|waiver| waiver.number().is_none());
        let mut views: Vec<WaiverView> = asked.iter().map(|asked| at_run_time(judged, &found, asked, today)).collect();
        views.extend(in_files.map(|waiver| in_file(judged, &found, waiver, today)));
        views.sort_by_key(|waiver| (waiver.state != WaiverState::Asked, waiver.state != WaiverState::Granted));
        Ok(views)
    }

    /// Asks for a waiver; somebody of the owning domain decides.
    pub async fn ask(&self, wish: &WaiverWish, by: &By) -> Result<WaiverView, Error> {
        let judged = self.judged().await?;
        let Some(at) = &judged.key.0 else { return Err(Problem::conflict("trunk has no commit yet").into()) };
        if wish.reason.len() > REASON_BYTES_MAX || wish.what.len() > WHAT_BYTES_MAX {
            let problem = Problem::invalid("the reason or the name is too long");
            return Err(problem.hint(format!("at most {REASON_BYTES_MAX} and {WHAT_BYTES_MAX} bytes")).into());
        }
        let author = by.person.clone().unwrap_or_else(|| by.who.clone());
        let mut asked = Asked {
            number: 0,
            repository: at.repository.clone(),
            check: wish.check,
            what: wish.what.clone(),
            reason: wish.reason.clone(),
            expires: wish.expires,
            domain: None,
            author,
            since: self.options.clock.now(),
            stage: Stage::Asked,
            decided_by: None,
            decided: None,
            decided_why: None,
        };
        is_for_a_while(&waiver(&asked), self.today())?;
        let covered = covered(&judged.product, &waiver(&asked))?;
        asked.domain = one_domain(&covered)?;
        let mut tx = self.db().begin().await?;
        asked.number = store::advance(&mut tx).await?;
        store::put_waiver(&mut tx, &asked).await?;
        let by = By { why: Some(asked.reason.clone()), ..by.clone() };
        tx.audit(audit(&by, "waiver.asked", &asked.number.to_string(), shown(&asked))).await?;
        let fact = json!({ "waiver": asked.number, "state": "asked", "domain": asked.domain, "author": asked.author });
        tx.publish("ownership", "waiver.asked", &fact).await?;
        tx.commit().await?;
        self.waiver(asked.number).await
    }

    /// One that was asked for at run time.
    pub async fn waiver(&self, number: u64) -> Result<WaiverView, Error> {
        let judged = self.judged().await?;
        let asked = store::waiver(self.db(), number).await?.ok_or_else(|| unknown(number))?;
        Ok(at_run_time(&judged, &findings(&judged.product), &asked, self.today()))
    }

    /// Somebody of the owning domain, and not who asked, grants it.
    pub async fn approve(&self, number: u64, by: &By) -> Result<WaiverView, Error> {
        let approver = person(by)?;
        let judged = self.judged().await?;
        let asked = store::waiver(self.db(), number).await?.ok_or_else(|| unknown(number))?;
        let granted = Asked { stage: Stage::Granted, decided_by: Some(approver), ..asked };
        let wish = waiver(&granted);
        is_for_a_while(&wish, self.today())?;
        let covered = covered(&judged.product, &wish)?;
        let objection = covered.iter().find_map(|finding| objection(&judged.product, &wish, finding, self.today()));
        if let Some(objection) = objection {
            return Err(Problem::new(Kind::Forbidden, objection.why(&wish)).hint(who_may(&judged, &covered)).into());
        }
        self.decide(number, &[Stage::Asked], Stage::Granted, "waiver.approved", by).await
    }

    /// It is not granted, or not any more. This lets nothing pass, so whoever may write may.
    pub async fn end_waiver(&self, number: u64, by: &By) -> Result<WaiverView, Error> {
        let asked = store::waiver(self.db(), number).await?.ok_or_else(|| unknown(number))?;
        match asked.stage {
            Stage::Granted => self.decide(number, &[Stage::Granted], Stage::Revoked, "waiver.revoked", by).await,
            _ => self.decide(number, &[Stage::Asked], Stage::Declined, "waiver.declined", by).await,
        }
    }

    async fn decide(&self, number: u64, from: &[Stage], to: Stage, what: &str, by: &By) -> Result<WaiverView, Error> {
        let mut tx = self.db().begin().await?;
        store::advance(&mut tx).await?;
        let before = store::waiver_in(&mut tx, number).await?.ok_or_else(|| unknown(number))?;
        if !from.contains(&before.stage) {
            let problem = Problem::conflict(format!("waiver {number} is {} already", before.stage.text()));
            return Err(problem.hint("`trunkline waiver list` shows all; ask for a new one").into());
        }
        let next = Asked {
            stage: to,
            decided_by: Some(by.person.clone().unwrap_or_else(|| by.who.clone())),
            decided: Some(self.options.clock.now()),
            decided_why: by.why.clone(),
            ..before.clone()
        };
        store::put_waiver(&mut tx, &next).await?;
        let row = audit(by, what, &number.to_string(), shown(&next));
        tx.audit(storage::Audit { before: Some(shown(&before)), ..row }).await?;
        let fact = json!({ "waiver": number, "state": to.text(), "repository": next.repository, "domain": next.domain,
            "author": next.author });
        tx.publish("ownership", what, &fact).await?;
        tx.commit().await?;
        self.waiver(number).await
    }
}

fn unknown(number: u64) -> Problem {
    Problem::not_found(format!("there is no waiver {number}")).hint("`trunkline waiver list` shows all")
}

fn shown(asked: &Asked) -> serde_json::Value {
    json!({ "check": asked.check, "what": asked.what, "expires": asked.expires, "state": asked.stage.text(),
        "domain": asked.domain, "author": asked.author, "decided_by": asked.decided_by })
}

/// As it counts.
pub(super) fn waiver(asked: &Asked) -> Waiver {
    Waiver {
        check: asked.check,
        what: asked.what.clone(),
        reason: asked.reason.clone(),
        expires: asked.expires,
        approver: asked.decided_by.clone().unwrap_or_default(),
        author: Some(asked.author.clone()),
        place: nowhere(),
        approval: Approval::AtRunTime(asked.number),
    }
}

/// The one domain that a waiver is asked of: nobody answers for what is another's too.
fn one_domain(covered: &[Finding]) -> Result<Option<String>, Problem> {
    let domains: BTreeSet<&Option<String>> = covered.iter().map(|finding| &finding.domain).collect();
    if domains.len() <= 1 {
        return Ok(covered.first().and_then(|finding| finding.domain.clone()));
    }
    let names: Vec<&str> = domains.iter().map(|domain| domain.as_deref().unwrap_or("nobody")).collect();
    let problem = Problem::invalid(format!("what it is about belongs to {}", names.join(" and ")));
    Err(problem.hint("ask for one waiver of each domain"))
}

fn who_may(judged: &Judged, covered: &[Finding]) -> String {
    let people: BTreeSet<String> = covered.iter().flat_map(|finding| approvers(&judged.product, finding)).collect();
    if people.is_empty() {
        return "somebody of the owning domain may, and not who asked; catalog-info.yaml says who is in it".to_owned();
    }
    format!("may: {}; and not who asked", people.into_iter().collect::<Vec<_>>().join(", "))
}

fn at_run_time(judged: &Judged, found: &[Finding], asked: &Asked, today: Date) -> WaiverView {
    let view = view(judged, found, &waiver(asked), today);
    let mut state = WaiverState::from(asked.stage);
    if matches!(state, WaiverState::Asked | WaiverState::Granted) && asked.expires < today {
        state = WaiverState::Expired;
    } else if state == WaiverState::Granted && view.why_not.is_some() {
        state = WaiverState::Unfit;
    }
    let number = asked.number;
    let commands = match state {
        WaiverState::Asked => {
            vec![format!("trunkline waiver approve {number}"), format!("trunkline waiver end {number} --reason WHY")]
        }
        WaiverState::Granted => vec![format!("trunkline waiver end {number} --reason WHY")],
        _ => vec![],
    };
    WaiverView {
        number: Some(number),
        state,
        domain: asked.domain.clone(),
        decided_by: asked.decided_by.clone(),
        decided_why: asked.decided_why.clone(),
        asked_at: Some(asked.since.to_string()),
        decided_at: asked.decided.map(|at| at.to_string()),
        place: None,
        why_not: view.why_not.filter(|_| state == WaiverState::Unfit),
        commands,
        ..view
    }
}

fn in_file(judged: &Judged, found: &[Finding], waiver: &Waiver, today: Date) -> WaiverView {
    view(judged, found, waiver, today)
}

/// A waiver of the file, as it counts; of one that was asked for, what follows from trunk.
fn view(judged: &Judged, found: &[Finding], waiver: &Waiver, today: Date) -> WaiverView {
    let is_about =
        |finding: &&Finding| finding.check == waiver.check && waiver.covers(&finding.what, Some(&finding.path));
    let about: Vec<&Finding> = found.iter().filter(is_about).collect();
    let objection = about.iter().find_map(|finding| objection(&judged.product, waiver, finding, today));
    let state = match (&objection, waiver.expires < today) {
        (_, true) => WaiverState::Expired,
        (Some(Objection::NotApproved { .. }), false) => WaiverState::NotApproved,
        (Some(_), false) => WaiverState::Unfit,
        (None, false) => WaiverState::Granted,
    };
    let told = |objection: &Objection| match objection {
        Objection::NotApproved { .. } => format!("{}; {}", objection.told(waiver), objection.hint(waiver)),
        _ => objection.told(waiver),
    };
    let people: BTreeSet<String> = about.iter().flat_map(|finding| approvers(&judged.product, finding)).collect();
    let is_author = |name: &String| waiver.author.as_deref() == Some(name.as_str());
    WaiverView {
        number: None,
        state,
        check: waiver.check,
        principle: judged.product.principle_of(waiver.check).map(|principle| principle.id.clone()),
        what: waiver.what.clone(),
        reason: waiver.reason.clone(),
        expires: waiver.expires,
        author: waiver.author.clone(),
        domain: about.iter().find_map(|finding| finding.domain.clone()),
        approvers: people.into_iter().filter(|name| !is_author(name)).collect(),
        decided_by: Some(waiver.approver.clone()).filter(|name| !name.is_empty()),
        decided_why: None,
        asked_at: None,
        decided_at: None,
        place: Some(waiver.place.to_string()),
        covers: about.len(),
        why_not: objection.as_ref().map(told),
        commands: vec![],
    }
}
