//! What the checks would have stopped: every commit of a while, judged by today's catalog, CODEOWNERS and principles.
//!
//! So a principle can be looked at before it is turned on. A commit is answered for what it brought, not for what was there;
//! its waivers are those of its own time.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Reader, Source, counted, fresh};
use crate::model::check::findings;
use crate::model::verdict::violation;
use crate::model::{Check, Files, Gate, Mode, Product, Violation, waiver};

/// Most commits that are told one by one.
const SHOWN_MAX: usize = 200;

/// A commit of trunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = JudgedCommit)]
pub struct Commit {
    pub commit: String,
    #[schema(value_type = String)]
    pub at: Timestamp,
    pub subject: String,
}

/// What a while of history says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// How many commits were judged.
    pub commits: usize,
    pub checks: Vec<CheckHistory>,
    /// By the principle's id.
    pub principles: BTreeMap<String, Figures>,
    /// The newest that brought violations, newest first.
    pub stopped: Vec<Stopped>,
}

/// What a check would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckHistory {
    pub check: Check,
    pub principle: Option<String>,
    pub mode: Mode,
    #[serde(flatten)]
    pub figures: Figures,
}

/// How often it would have said no, and how often it was waived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PrincipleFigures)]
pub struct Figures {
    /// Commits that brought something that was not waived: they would have been stopped.
    pub commits: usize,
    pub violations: usize,
    /// Of the violations, those that a waiver of the time let pass.
    pub waived: usize,
}

impl Figures {
    /// Counts what one commit brought.
    fn add(&mut self, violations: &[&Violation]) {
        let waived = violations.iter().filter(|violation| violation.waiver.is_some()).count();
        self.violations += violations.len();
        self.waived += waived;
        self.commits += usize::from(violations.len() > waived);
    }
}

/// A commit that brought violations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = StoppedCommit)]
pub struct Stopped {
    #[serde(flatten)]
    pub commit: Commit,
    pub violations: Vec<Violation>,
}

/// Judges `commits`, oldest first, of which each follows the one before; `base` is the commit before the first.
pub fn history<S: Source>(
    reader: &mut Reader<S>,
    today: &Product,
    base: Option<&str>,
    commits: &[Commit],
) -> Result<History, S::Error> {
    let mut checks: BTreeMap<Check, CheckHistory> =
        Check::ALL.iter().map(|check| (*check, empty(today, *check))).collect();
    let ids = today.principles().iter().map(|principle| principle.id.clone());
    let mut principles: BTreeMap<String, Figures> = ids.map(|id| (id, Figures::default())).collect();
    let mut stopped = Vec::new();
    let before = match base {
        Some(base) => reader.files(Some(base))?,
        None => Files::new(),
    };
    let mut product = today.at(before);
    let mut lines = BTreeMap::new();
    let mut known = counted(&findings(&product));
    for commit in commits {
        let files = reader.files(Some(&commit.commit))?;
        // Whoever brought a line of a text brought it as long as the text stays.
        let is_same = product.text_of(waiver::FILE) == files.get(waiver::FILE).map(Arc::as_ptr);
        product = product.at(files);
        if product.waivers().next().is_some() {
            if !is_same || lines.is_empty() {
                lines = reader.source().brought(Some(&commit.commit), waiver::FILE)?;
            }
            product.waivers_brought_by(&lines);
        }
        let found = findings(&product);
        let next = counted(&found);
        let day = day_of(commit.at);
        let brought = fresh(found, std::mem::replace(&mut known, next));
        let violations: Vec<_> = brought.iter().map(|finding| violation(&product, finding, day, Gate::Merge)).collect();
        for (check, history) in &mut checks {
            history.figures.add(&violations.iter().filter(|violation| violation.check == *check).collect::<Vec<_>>());
        }
        for (id, figures) in &mut principles {
            let own = violations.iter().filter(|violation| violation.principle.as_ref() == Some(id));
            figures.add(&own.collect::<Vec<_>>());
        }
        if !violations.is_empty() {
            stopped.push(Stopped { commit: commit.clone(), violations });
        }
    }
    stopped.reverse();
    stopped.truncate(SHOWN_MAX);
    Ok(History { commits: commits.len(), checks: checks.into_values().collect(), principles, stopped })
}

fn empty(product: &Product, check: Check) -> CheckHistory {
    let principle = product.principle_of(check);
    CheckHistory {
        check,
        principle: principle.map(|principle| principle.id.clone()),
        mode: principle.map_or(Mode::Observe, |principle| principle.mode),
        figures: Figures::default(),
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
