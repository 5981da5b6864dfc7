//! Events that nobody answers for: those that journeys count on, and those that code sends.

use std::collections::BTreeSet;

use super::{Check, Finding};
use crate::model::{Product, Thing, ThingKind, Word};

/// Each event is told once, where it is first named.
pub(super) fn without_owner(product: &Product) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (path, event) in product.events() {
        if is_owned(product, event) || !told.insert(&event.text) {
            continue;
        }
        findings.push(Finding {
            check: Check::EventWithoutOwner,
            what: event.text.clone(),
            path: path.to_owned(),
            line: Some(event.line),
            domain: product.domain_of_path(path),
            message: format!("event {:?} has no owner", event.text),
            advice: "add it to trunkline.dev/events of a domain in catalog-info.yaml".to_owned(),
        });
    }
    findings
}

fn is_owned(product: &Product, event: &Word) -> bool {
    product.owner(Thing::new(ThingKind::Event, &event.text)).is_some()
}
