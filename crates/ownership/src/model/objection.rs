//! Why a waiver does not count.
//!
//! A line of `waivers.yaml` names its approver, and whoever may push can write any name. So a line counts only if the commit that
//! brought it says that the approver approved: they are its author and somebody else asked, or its message names them in an
//! `Approved-by` or `Reviewed-by` trailer. What no commit is known to have brought was approved by nobody. A waiver that was
//! granted at run time was granted by the person of a token.

use jiff::civil::Date;

use super::check::Finding;
use super::verdict::{is_same, may_approve_unowned};
use super::waiver::{Approval, Brought};
use super::{Product, Waiver};

/// Why a waiver counts as none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Objection {
    Expired,
    /// Who asks is who approves.
    Own,
    /// The approver does not answer for what it is about.
    Stranger {
        of: String,
    },
    /// Nothing but the file says that they approved; why that is not enough.
    NotApproved {
        why: String,
    },
}

impl Objection {
    /// In a sentence that names the waiver.
    pub(crate) fn told(&self, waiver: &Waiver) -> String {
        let called = waiver.called();
        match self {
            Self::Expired => format!("{called} {} and counts as none", self.why(waiver)),
            Self::NotApproved { why } => format!("{called} is not approved and counts as none: {why}"),
            Self::Own | Self::Stranger { .. } => format!("{called} counts as none: {}", self.why(waiver)),
        }
    }

    pub(crate) fn why(&self, waiver: &Waiver) -> String {
        match self {
            Self::Expired => format!("expired on {}", waiver.expires),
            Self::Own => "nobody approves their own".to_owned(),
            Self::Stranger { of } => format!("{} is nobody of {of}", waiver.approver),
            Self::NotApproved { why } => why.clone(),
        }
    }

    /// What helps.
    pub(crate) fn hint(&self, waiver: &Waiver) -> String {
        match self {
            Self::NotApproved { .. } => not_approved_hint(waiver),
            _ => "take it out, or let someone of the owning domain approve it anew".to_owned(),
        }
    }
}

/// How an approval of a line gets known.
pub fn not_approved_hint(waiver: &Waiver) -> String {
    let (check, approver) = (waiver.check.name(), &waiver.approver);
    format!(
        "the commit that brings the line has {approver} for its author (and `author:` says who asked), or the trailer \
         `Approved-by: {approver}` in its message; or ask the server: `trunkline waiver add {check} …` without --approver"
    )
}

/// Why a waiver does not count for a finding that it covers; none if it does.
pub(crate) fn objection(product: &Product, waiver: &Waiver, finding: &Finding, today: Date) -> Option<Objection> {
    misfit(product, waiver, finding, today).or_else(|| not_approved(product, waiver))
}

/// The same, whether or not it is known that the approver approved.
pub(crate) fn misfit(product: &Product, waiver: &Waiver, finding: &Finding, today: Date) -> Option<Objection> {
    if waiver.expires < today {
        return Some(Objection::Expired);
    }
    if waiver.author.as_deref().is_some_and(|author| is_same(product, author, &waiver.approver)) {
        return Some(Objection::Own);
    }
    let may = match &finding.domain {
        Some(domain) => product.relation().answers_for(&waiver.approver, domain),
        None => may_approve_unowned(product, &waiver.approver, finding.check),
    };
    let of = || finding.domain.as_ref().map_or("any team".to_owned(), |domain| format!("domain {domain}"));
    (!may).then(|| Objection::Stranger { of: of() })
}

fn not_approved(product: &Product, waiver: &Waiver) -> Option<Objection> {
    let approver = &waiver.approver;
    let why = match &waiver.approval {
        Approval::AtRunTime(_) => return None,
        Approval::Unknown => "it is not known which commit brought the line".to_owned(),
        Approval::Brought(Brought { author, .. }) if is_same(product, author, approver) => {
            // Whom they made up asks for nothing.
            let asks = waiver.author.as_deref().unwrap_or("nobody");
            if product.relation().catalog().person_called(asks).is_some() {
                return None;
            }
            format!("{approver} wrote the line, and {asks}, who is to have asked, is in no catalog-info.yaml")
        }
        Approval::Brought(Brought { approved_by, .. }) if approved_by.iter().any(|by| names(product, by, approver)) => {
            return None;
        }
        Approval::Brought(Brought { author, .. }) => {
            format!("{author} wrote the line, and its commit does not say that {approver} approved")
        }
    };
    Some(Objection::NotApproved { why })
}

/// Whether a trailer's value, as `Ann Archer <ann@example.com>`, `ann` or `@ann`, means a person.
fn names(product: &Product, value: &str, person: &str) -> bool {
    let (name, rest) = value.split_once('<').unwrap_or((value, ""));
    let mail = rest.split('>').next().unwrap_or_default();
    [name.trim(), mail.trim()].into_iter().any(|word| !word.is_empty() && is_same(product, word, person))
}
