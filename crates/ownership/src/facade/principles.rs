//! Principles as pages for everybody: what was agreed, by whom, and how often it helped or was waived.

use jiff::{SignedDuration, Timestamp};
use kernel::Problem;
use serde_json::json;
use storage::Audit;

use super::domains::{VIOLATIONS_SHOWN, counts, problems};
use super::past::{DAYS, Past};
use super::{By, Judged, Ownership};
use crate::Error;
use crate::model::verdict::is_same;
use crate::model::{Check, Mode, Principle, Violation};
use crate::offline::Stopped;
use crate::store::{self, Agreement, Record};
use crate::view::{AgreementView, EventView, HistoryView, PrincipleItem, PrincipleView, PrinciplesView, RecordView};

const EVENTS_SHOWN: usize = 100;
const STOPPED_SHOWN: usize = 50;

/// Everything that items are told from.
struct Told<'a> {
    judged: &'a Judged,
    agreements: Vec<Agreement>,
    records: Vec<Record>,
    past: Option<std::sync::Arc<Past>>,
}

impl Ownership {
    /// All principles of trunk, by id.
    pub async fn principles(&self) -> Result<PrinciplesView, Error> {
        let judged = self.judged().await?;
        let told = self.told(&judged).await?;
        let is_of_none = |check: &Check| judged.product.principle_of(*check).is_none();
        Ok(PrinciplesView {
            commit: judged.commit().map(str::to_owned),
            items: judged.product.principles().iter().map(|principle| told.item(principle)).collect(),
            next: None,
            checks_of_none: Check::ALL.into_iter().filter(is_of_none).collect(),
            problems: problems(&judged),
        })
    }

    /// The page of one.
    pub async fn principle(&self, id: &str) -> Result<PrincipleView, Error> {
        let judged = self.judged().await?;
        let principle = found(&judged, id)?;
        let told = self.told(&judged).await?;
        let own = |violation: &&Violation| violation.principle.as_deref() == Some(id);
        let waivers = self.waivers_of(&judged).await?;
        Ok(PrincipleView {
            item: told.item(principle),
            page: principle.page.clone(),
            radar: principle.radar.clone(),
            violations: judged.judgement.violations.iter().filter(own).take(VIOLATIONS_SHOWN).cloned().collect(),
            would_have_stopped: told.past.as_ref().map(|past| stopped_by(past, id)),
            events: events(&told.records, id),
            waivers: waivers.into_iter().filter(|waiver| waiver.principle.as_deref() == Some(id)).collect(),
        })
    }

    /// The person of `by` agrees to a principle as it is worded on trunk now.
    pub async fn agree(&self, id: &str, by: &By) -> Result<PrincipleView, Error> {
        let judged = self.judged().await?;
        let principle = found(&judged, id)?;
        let person = person(by)?;
        let agreement = Agreement {
            principle: id.to_owned(),
            person,
            statement: principle.statement.clone(),
            at: self.options.clock.now(),
        };
        let mut tx = self.db().begin().await?;
        store::put_agreement(&mut tx, &agreement).await?;
        tx.audit(audit(by, "principle.agreed", id, json!({ "statement": agreement.statement }))).await?;
        tx.commit().await?;
        self.principle(id).await
    }

    /// The person of `by` takes back what they said here; what the file says stays.
    pub async fn withdraw(&self, id: &str, by: &By) -> Result<PrincipleView, Error> {
        let judged = self.judged().await?;
        let principle = found(&judged, id)?;
        let person = person(by)?;
        let mut tx = self.db().begin().await?;
        if !store::remove_agreement(&mut tx, id, &person).await? {
            let problem = Problem::not_found(format!("{person} has not agreed to {id:?} here"));
            return Err(problem.hint(format!("who agreed in {} is taken out there", principle.place.file)).into());
        }
        tx.audit(audit(by, "principle.agreement_withdrawn", id, json!(null))).await?;
        tx.commit().await?;
        self.principle(id).await
    }

    async fn told<'a>(&self, judged: &'a Judged) -> Result<Told<'a>, Error> {
        let since = self.options.clock.now() - SignedDuration::from_hours(24 * DAYS);
        Ok(Told {
            judged,
            agreements: store::agreements(self.db()).await?,
            records: store::records(self.db(), since).await?,
            past: self.past(),
        })
    }
}

fn found<'a>(judged: &'a Judged, id: &str) -> Result<&'a Principle, Problem> {
    let principles = judged.product.principles();
    principles.iter().find(|principle| principle.id == id).ok_or_else(|| {
        let problem = Problem::not_found(format!("there is no principle {id:?} on trunk"));
        if principles.is_empty() {
            return problem.hint("write one into principles/NAME.md; docs/reference/ownership.md has every key");
        }
        problem.hint(misread::suggestion(id, principles.iter().map(|principle| principle.id.as_str()).take(50)))
    })
}

/// Who speaks; a token that is nobody's agrees to nothing.
pub(super) fn person(by: &By) -> Result<String, Problem> {
    by.person.clone().ok_or_else(|| {
        Problem::new(kernel::Kind::Forbidden, "it is not known which person asks: the token or session is nobody's")
            .hint("`trunkline token create --role admin --person NAME` makes one that is; links that it makes are too")
    })
}

pub(super) fn audit(by: &By, what: &str, subject: &str, after: serde_json::Value) -> Audit {
    Audit {
        who: by.who.clone(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        why: by.why.clone(),
        before: None,
        after: Some(after).filter(|after| !after.is_null()),
    }
}

impl Told<'_> {
    fn item(&self, principle: &Principle) -> PrincipleItem {
        let own = |violation: &&Violation| violation.principle.as_ref() == Some(&principle.id);
        PrincipleItem {
            id: principle.id.clone(),
            title: principle.title.clone(),
            statement: principle.statement.clone(),
            why: principle.why.clone(),
            checks: principle.checks.iter().map(|(check, _)| *check).collect(),
            mode: principle.mode,
            gates: principle.gates.clone(),
            agreed: self.agreed(principle),
            decided: principle.decided,
            review: principle.review,
            path: principle.place.file.to_string(),
            line: principle.place.line,
            now: counts(self.judged.judgement.violations.iter().filter(own)),
            history: self.past.as_ref().map(|past| HistoryView {
                days: DAYS,
                until: past.commit().to_owned(),
                of_commits: past.history.commits,
                figures: past.history.principles.get(&principle.id).copied().unwrap_or_default(),
            }),
            record: recorded(&self.records, &principle.id),
        }
    }

    fn agreed(&self, principle: &Principle) -> Vec<AgreementView> {
        let said = self.agreements.iter().filter(|agreement| agreement.principle == principle.id);
        let mut agreed: Vec<AgreementView> = said
            .map(|agreement| AgreementView {
                person: agreement.person.clone(),
                in_file: false,
                at: Some(agreement.at.to_string()),
                to_these_words: Some(agreement.statement == principle.statement),
            })
            .collect();
        for name in &principle.agreed_by {
            if agreed.iter().any(|said| is_same(&self.judged.product, &said.person, name)) {
                continue;
            }
            agreed.push(AgreementView { person: name.clone(), in_file: true, at: None, to_these_words: None });
        }
        agreed
    }
}

/// How often gates said something because of a principle; each commit counts once at its strongest.
fn recorded(records: &[Record], id: &str) -> RecordView {
    let mut commits = std::collections::BTreeMap::<&str, [bool; 3]>::new();
    for record in records {
        let outcome = commits.entry(&record.commit).or_default();
        for violation in record.violations.iter().filter(|violation| violation.principle.as_deref() == Some(id)) {
            outcome[0] |= violation.stops();
            outcome[1] |= violation.waiver.is_none() && violation.mode == Mode::Observe;
            outcome[2] |= violation.waiver.is_some();
        }
    }
    let count = |at: usize| commits.values().filter(|outcome| outcome[at]).count();
    RecordView { stopped: count(0), observed: count(1), waived: count(2) }
}

fn events(records: &[Record], id: &str) -> Vec<EventView> {
    let event = |record: &Record| {
        let own = record.violations.iter().filter(|violation| violation.principle.as_deref() == Some(id));
        let (commit, gate, at): (String, _, Timestamp) = (record.commit.clone(), record.gate, record.at);
        EventView { commit, gate, at, violations: own.cloned().collect() }
    };
    records.iter().map(event).filter(|event| !event.violations.is_empty()).take(EVENTS_SHOWN).collect()
}

fn stopped_by(past: &Past, id: &str) -> Vec<Stopped> {
    let own = |stopped: &Stopped| {
        let is_own = |violation: &&Violation| violation.principle.as_deref() == Some(id) && violation.waiver.is_none();
        Stopped {
            commit: stopped.commit.clone(),
            violations: stopped.violations.iter().filter(is_own).cloned().collect(),
        }
    };
    let all = past.history.stopped.iter().map(own);
    all.filter(|stopped| !stopped.violations.is_empty()).take(STOPPED_SHOWN).collect()
}
