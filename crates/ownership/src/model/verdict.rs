//! From what checks find to what it means: the principle's mode, and the waivers that count.

use jiff::civil::Date;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{Finding, findings};
use super::objection::objection;
use super::{Check, Gate, Mode, Place, Product, Waiver, waiver};

/// Stands in a hint where nobody is known who may approve.
const EXAMPLE: &str = "NAME";
/// How long a hint's waiver lasts.
const DAYS_SUGGESTED: i32 = 14;

/// Whether a violation stops what the gate guards. While a principle observes, nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ViolationSeverity)]
pub enum Severity {
    Deny,
    Warn,
}

/// A violation (contracts.md, "Ownership").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    pub check: Check,
    /// The page that says why; none if no principle owns the check.
    pub principle: Option<String>,
    pub mode: Mode,
    pub severity: Severity,
    /// What a waiver of it names.
    pub what: String,
    pub path: String,
    pub line: Option<u32>,
    pub domain: Option<String>,
    /// Whom to ask.
    pub team: Option<String>,
    pub message: String,
    pub hint: String,
    /// The waiver that counts; what it would have been without stays as it is.
    pub waiver: Option<Granted>,
}

impl Violation {
    /// Whether it stops something.
    pub fn stops(&self) -> bool {
        self.severity == Severity::Deny && self.waiver.is_none()
    }
}

/// A waiver that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = WaiverGranted)]
pub struct Granted {
    #[schema(value_type = String)]
    pub expires: Date,
    pub approver: String,
    pub reason: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    pub violations: Vec<Violation>,
    /// What is wrong in the files that declare something: what they say is not all known.
    pub problems: Vec<Problem>,
    /// Waivers that do not count, or should not be there.
    pub unfit_waivers: Vec<Problem>,
}

/// Judges all that the checks find in a product at a gate.
pub fn judge(product: &Product, today: Date, gate: Gate) -> Judgement {
    let found = findings(product);
    let violations = found.iter().map(|finding| violation(product, finding, today, gate)).collect();
    let in_files = product.waivers().filter(|waiver| waiver.number().is_none());
    let unfit_waivers = in_files.filter_map(|waiver| unfit(product, waiver, &found, today)).collect();
    Judgement { violations, problems: product.problems().to_vec(), unfit_waivers }
}

/// What a finding means.
pub(crate) fn violation(product: &Product, finding: &Finding, today: Date, gate: Gate) -> Violation {
    let principle = product.principle_of(finding.check);
    let mode = principle.map_or(Mode::Observe, |principle| principle.mode);
    let stops = mode == Mode::Deny && principle.is_some_and(|principle| principle.stops_at(gate));
    let domain = finding.domain.as_deref().and_then(|name| product.relation().domain(name));
    let team = domain.and_then(|domain| domain.team.clone());
    let about: Vec<&Waiver> = product
        .waivers()
        .filter(|waiver| waiver.check == finding.check && waiver.covers(&finding.what, Some(&finding.path)))
        .collect();
    let granted = about.iter().find(|waiver| objection(product, waiver, finding, today).is_none());
    let told = |waiver: &&Waiver| Some(objection(product, waiver, finding, today)?.told(waiver));
    let refused =
        about.iter().find_map(told).map(|why| format!("{why}; ")).filter(|_| granted.is_none()).unwrap_or_default();
    Violation {
        check: finding.check,
        principle: principle.map(|principle| principle.id.clone()),
        mode,
        severity: if stops { Severity::Deny } else { Severity::Warn },
        what: finding.what.clone(),
        path: finding.path.clone(),
        line: finding.line,
        domain: finding.domain.clone(),
        message: finding.message.clone(),
        hint: refused + &hint(product, finding, team.as_deref()),
        team,
        waiver: granted.map(|waiver| Granted {
            expires: waiver.expires,
            approver: waiver.approver.clone(),
            reason: waiver.reason.clone(),
        }),
    }
}

/// What to do: mend it, ask, or waive it, with the exact command.
fn hint(product: &Product, finding: &Finding, team: Option<&str>) -> String {
    let ask = match (team, &finding.domain) {
        (Some(team), Some(domain)) if team != domain => format!("; ask {team} (domain {domain})"),
        (Some(team), _) => format!("; ask {team}"),
        (None, Some(domain)) => format!("; ask domain {domain}"),
        (None, None) => String::new(),
    };
    let approver = approvers(product, finding).into_iter().next().unwrap_or_else(|| EXAMPLE.to_owned());
    format!(
        "{}{ask}; or: trunkline waiver add {} {} --reason WHY --approver {} --expires {DAYS_SUGGESTED}d",
        finding.advice,
        finding.check.name(),
        shell(&finding.what),
        shell(&approver),
    )
}

/// Who may approve a waiver of it: the people of its domain, else those who agreed to the principle.
pub(crate) fn approvers(product: &Product, finding: &Finding) -> Vec<String> {
    match &finding.domain {
        Some(domain) => product.relation().people(domain),
        None => product.principle_of(finding.check).map(|principle| principle.agreed_by.clone()).unwrap_or_default(),
    }
}

/// What no domain owns is approved by whoever agreed to the principle, or is in the catalog at all.
pub(super) fn may_approve_unowned(product: &Product, approver: &str, check: Check) -> bool {
    let agreed = product
        .principle_of(check)
        .is_some_and(|principle| principle.agreed_by.iter().any(|name| is_same(product, name, approver)));
    agreed || product.relation().catalog().person_called(approver).is_some()
}

/// Whether two names are one person's.
pub(crate) fn is_same(product: &Product, one: &str, other: &str) -> bool {
    let person = |name: &str| product.relation().catalog().person_called(name);
    let bare = |name: &str| name.trim_start_matches('@').to_lowercase();
    match (person(one), person(other)) {
        (Some(one), Some(other)) => one == other,
        _ => bare(one) == bare(other),
    }
}

/// What is wrong with a waiver by itself, told once at its place.
fn unfit(product: &Product, waiver: &Waiver, found: &[Finding], today: Date) -> Option<Problem> {
    let Place { file, line } = &waiver.place;
    let about =
        found.iter().find(|finding| finding.check == waiver.check && waiver.covers(&finding.what, Some(&finding.path)));
    let problem = match about.and_then(|finding| objection(product, waiver, finding, today)) {
        Some(objection) => Problem::invalid(objection.told(waiver)).hint(objection.hint(waiver)),
        None if about.is_none() => {
            let problem =
                Problem::invalid(format!("the waiver of {:?} for {} waives nothing", waiver.what, waiver.check.name()));
            problem.hint("take it out")
        }
        None if (waiver.expires - today).get_days() > waiver::DAYS_MAX => {
            let problem = Problem::invalid(format!("the waiver of {:?} lasts until {}", waiver.what, waiver.expires));
            problem.hint(format!("a waiver is for a while: at most {} days", waiver::DAYS_MAX))
        }
        None if waiver.author.is_none() => {
            let problem = Problem::invalid(format!("the waiver of {:?} does not say who asked for it", waiver.what));
            problem.hint("add `author: NAME`, so that nobody approves their own")
        }
        None => return None,
    };
    Some(problem.at(&**file, *line, 1))
}

/// An argument as a shell takes it.
fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
