//! What gates ask: whether a change may ship, and which flags are seen by nobody but our own people.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::json;
use storage::Audit;

use super::Ownership;
use crate::model::{Gate, Mode, Product, Violation, judge};
use crate::offline::brought_since;
use crate::store::{self, Record};
use crate::trunk::At;
use crate::{Error, model};

/// Violations that are kept of one judgement; those that stop come first.
const KEPT_MAX: usize = 200;
const IN_FORCE: &str = "in_force";

/// What a change brings that was not live before.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Those that stop it first.
    pub violations: Vec<Violation>,
    /// What is wrong in the files that declare something.
    pub problems: Vec<kernel::Problem>,
    /// Some principle stops something here, so what cannot be read must not pass.
    pub is_enforced: bool,
    /// How many principles there are.
    pub principles: usize,
}

/// A flag that breaks an enforced principle, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// One sentence for whoever asks why.
    pub why: String,
    /// What mends it, whom to ask, how to waive it.
    pub hint: String,
}

impl Change {
    /// What a product brings that none of those before it has.
    pub fn of(before: &[&Product], product: &Product, today: Date) -> Self {
        let stops = |principle: &model::Principle| principle.mode == Mode::Deny && principle.stops_at(Gate::Deployment);
        Self {
            is_enforced: product.principles().iter().any(stops),
            principles: product.principles().len(),
            violations: denied_first(brought_since(before, product, today, Gate::Deployment)),
            problems: product.problems().to_vec(),
        }
    }

    /// What stops it.
    pub fn denied(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(|violation| violation.stops())
    }

    /// Whether what is not known must stop it: what enforces something, or may, cannot be read.
    pub fn is_unknown(&self) -> bool {
        let may_enforce = |problem: &kernel::Problem| {
            problem.file.as_deref().is_some_and(|file| file.contains("principles/") || file == model::waiver::FILE)
        };
        !self.problems.is_empty() && (self.is_enforced || self.problems.iter().any(may_enforce))
    }
}

impl Ownership {
    /// Judges a change against what customers have; with nothing live all of it is new. What it would stop is recorded.
    pub async fn judge_change(&self, at: &At, live: &[At]) -> Result<Change, Error> {
        let product = Product::clone(&*self.product(at).await?).granted(self.granted(&at.repository).await?);
        let mut before = Vec::new();
        for live in live.iter().filter(|live| live.repository == at.repository) {
            before.push(self.product(live).await?);
        }
        let today = self.today();
        let work = move || {
            let before: Vec<&Product> = before.iter().map(|product| &**product).collect();
            Change::of(&before, &product, today)
        };
        let change = tokio::task::spawn_blocking(work).await?;
        self.record(at, Gate::Deployment, &change.violations).await?;
        Ok(change)
    }

    /// The flags of a commit (all of them), each with why it is held at internal exposure, if it is. `is_in_force`: it is from
    /// now on the commit whose definitions customers have.
    pub async fn judge_exposure(&self, at: &At, is_in_force: bool) -> Result<BTreeMap<String, Option<Held>>, Error> {
        let product = Product::clone(&*self.product(at).await?).granted(self.granted(&at.repository).await?);
        let today = self.today();
        let work = move || {
            let mut flags: BTreeMap<String, Option<Held>> =
                product.flags().map(|flag| (flag.key.clone(), None)).collect();
            let all = judge(&product, today, Gate::Exposure).violations;
            let denied: Vec<Violation> =
                all.into_iter().filter(|violation| violation.check.is_of_flags() && violation.stops()).collect();
            for violation in &denied {
                let held = flags.entry(violation.what.clone()).or_default();
                let why = format!(
                    "{} (principles/{}, {})",
                    violation.message,
                    violation.principle.as_deref().unwrap_or_default(),
                    violation.check.name()
                );
                *held = Some(match held.take() {
                    Some(first) => Held { why: format!("{}; {why}", first.why), ..first },
                    None => Held { why, hint: violation.hint.clone() },
                });
            }
            (flags, denied)
        };
        let (flags, denied) = tokio::task::spawn_blocking(work).await?;
        self.record(at, Gate::Exposure, &denied).await?;
        if is_in_force {
            self.note_in_force(at).await?;
        }
        Ok(flags)
    }

    async fn note_in_force(&self, at: &At) -> Result<(), Error> {
        let value = json!({ "repository": at.repository, "commit": at.commit }).to_string();
        if store::setting(self.db(), IN_FORCE).await?.as_deref() == Some(value.as_str()) {
            return Ok(());
        }
        let mut tx = self.db().begin().await?;
        store::put_setting(&mut tx, IN_FORCE, &value).await?;
        Ok(tx.commit().await?)
    }

    /// The commit whose definitions customers have, as [`Self::judge_exposure`] was last told.
    pub async fn in_force(&self) -> Result<Option<At>, Error> {
        let value = store::setting(self.db(), IN_FORCE).await?;
        let read = |text: String| {
            let value: serde_json::Value = serde_json::from_str(&text).ok()?;
            let part = |name: &str| value[name].as_str().map(str::to_owned);
            Some(At { repository: part("repository")?, commit: part("commit")? })
        };
        Ok(value.and_then(read))
    }

    /// Keeps what a gate said, once for each outcome. A commit that brings nothing leaves nothing, unless it did before.
    async fn record(&self, at: &At, gate: Gate, violations: &[Violation]) -> Result<(), Error> {
        let mut kept = violations.to_vec();
        kept.truncate(KEPT_MAX);
        let mut tx = self.db().begin().await?;
        let newest = store::newest_record(&mut tx, &at.commit, gate).await?;
        let is_known = newest.as_ref().map_or(kept.is_empty(), |(_, newest)| newest.violations == kept);
        if is_known {
            return Ok(());
        }
        let attempt = newest.as_ref().map_or(1, |(attempt, _)| attempt + 1);
        let record = Record { commit: at.commit.clone(), gate, at: self.options.clock.now(), violations: kept };
        store::add_record(&mut tx, &at.repository, attempt, &record).await?;
        let count = |is: fn(&Violation) -> bool| violations.iter().filter(|violation| is(violation)).count();
        let after = json!({ "gate": store::gate_text(gate), "denied": count(Violation::stops),
            "waived": count(|violation| violation.waiver.is_some()), "violations": violations.len() });
        let audit = Audit {
            who: "trunkline".into(),
            what: "change.judged".into(),
            subject: at.commit.clone(),
            why: None,
            before: None,
            after: Some(after),
        };
        tx.audit(audit).await?;
        Ok(tx.commit().await?)
    }
}

fn denied_first(mut violations: Vec<Violation>) -> Vec<Violation> {
    violations.sort_by_key(|violation| (!violation.stops(), std::cmp::Reverse(violation.mode)));
    violations
}
