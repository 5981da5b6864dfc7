//! Flags: who answers for one, until when it lives and what it is to change.

use super::{Check, Finding};
use crate::model::{Flag, Product, Thing, ThingKind};

pub(super) fn flags_without_owner(product: &Product) -> Vec<Finding> {
    let unowned = product.flags().filter(|flag| product.owner(Thing::new(ThingKind::Flag, &flag.key)).is_none());
    let message = |flag: &Flag| match &flag.owner {
        Some(owner) => format!("flag {:?} is owned by {owner:?}, whom the catalog does not know", flag.key),
        None => format!("flag {:?} has no owner", flag.key),
    };
    unowned.map(|flag| finding(Check::FlagWithoutOwner, flag, message(flag), "owner: DOMAIN", product)).collect()
}

/// Kill switches and permissions live as long as the product.
pub(super) fn flags_without_expiry(product: &Product) -> Vec<Finding> {
    let endless = product.flags().filter(|flag| !flag.is_lasting && flag.expires.is_none());
    let message = |flag: &Flag| format!("flag {:?} has no day on which it should be gone", flag.key);
    let add = "expires: \"YYYY-MM-DD\", or kind: operations";
    endless.map(|flag| finding(Check::FlagWithoutExpiry, flag, message(flag), add, product)).collect()
}

pub(super) fn flags_without_journey(product: &Product) -> Vec<Finding> {
    let mut findings = Vec::new();
    for flag in product.flags().filter(|flag| !flag.is_lasting) {
        let message = match &flag.journey {
            None => format!("flag {:?} names no journey that it is to change", flag.key),
            Some(journey) if product.journeys().any(|known| known.name == *journey) => continue,
            Some(journey) => format!("flag {:?} is to change journey {journey:?}, which is not there", flag.key),
        };
        findings.push(finding(Check::FlagWithoutJourney, flag, message, "journey: NAME, of journeys/", product));
    }
    findings
}

fn finding(check: Check, flag: &Flag, message: String, add: &str, product: &Product) -> Finding {
    let owner = product.owner(Thing::new(ThingKind::Flag, &flag.key));
    Finding {
        check,
        what: flag.key.clone(),
        path: flag.place.file.to_string(),
        line: Some(flag.place.line),
        domain: owner.map(|owner| owner.domain().to_owned()),
        message,
        advice: format!("add to the flag's metadata {add}"),
    }
}
