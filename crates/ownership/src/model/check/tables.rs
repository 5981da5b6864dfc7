//! Tables: each has an owner, and nobody else writes to it.

use std::collections::BTreeSet;

use super::{Check, Finding};
use crate::model::{Product, Thing};

/// Tables that are created and that no domain claims.
pub(super) fn without_owner(product: &Product) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (path, facts) in product.facts() {
        for write in facts.writes.iter().filter(|write| write.verb == "CREATE") {
            let is_owned = product.owner(Thing::table(&write.table)).is_some();
            if is_owned || !told.insert(write.table.to_lowercase()) {
                continue;
            }
            findings.push(Finding {
                check: Check::TableWithoutOwner,
                what: write.table.clone(),
                path: path.to_owned(),
                line: Some(write.line),
                domain: product.domain_of_path(path),
                message: format!("table {:?} has no owning domain", write.table),
                advice: "add it to trunkline.dev/tables of a domain in catalog-info.yaml".to_owned(),
            });
        }
    }
    findings
}

/// Writes to a table that another domain owns. A file that nobody owns is told for that and not for this.
pub(super) fn foreign_writes(product: &Product) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, facts) in product.facts().filter(|(_, facts)| !facts.writes.is_empty()) {
        let Some(writer) = product.owner(Thing::path(path)) else { continue };
        for write in &facts.writes {
            let Some(owner) = product.owner(Thing::table(&write.table)) else { continue };
            if owner.domains.iter().any(|domain| writer.domains.contains(domain)) {
                continue;
            }
            findings.push(Finding {
                check: Check::WriteToForeignTable,
                what: path.to_owned(),
                path: path.to_owned(),
                line: Some(write.line),
                domain: Some(owner.domain().to_owned()),
                message: format!(
                    "{} of table {:?}, which {} owns, in a file of {}",
                    write.verb,
                    write.table,
                    owner.domain(),
                    writer.domain()
                ),
                advice: format!("call what {} offers, or react to its events", owner.domain()),
            });
        }
    }
    findings
}
