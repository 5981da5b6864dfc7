//! Imports that reach into another domain past what it offers.

use super::{Check, Finding};
use crate::model::code::resolve;
use crate::model::{Product, Thing};

/// A domain that declares no surface offers nothing to import.
pub(super) fn across_surface(product: &Product) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, facts) in product.facts().filter(|(_, facts)| !facts.imports.is_empty()) {
        let Some(importer) = product.owner(Thing::path(path)) else { continue };
        for import in &facts.imports {
            let Some(target) = resolve(path, import, |path| product.has(path)) else { continue };
            let Some(owner) = product.owner(Thing::path(&target)) else { continue };
            let is_own = owner.domains.iter().any(|domain| importer.domains.contains(domain));
            if is_own || is_offered(product, &owner.domains, &target) {
                continue;
            }
            findings.push(Finding {
                check: Check::ImportAcrossSurface,
                what: path.to_owned(),
                path: path.to_owned(),
                line: Some(import.line),
                domain: Some(owner.domain().to_owned()),
                message: format!(
                    "{} imports {target}, which {} does not offer to others",
                    importer.domain(),
                    owner.domain()
                ),
                advice: format!("import what {} lists in trunkline.dev/surface", owner.domain()),
            });
        }
    }
    findings
}

fn is_offered(product: &Product, domains: &[String], target: &str) -> bool {
    let domains = domains.iter().filter_map(|name| product.relation().domain(name));
    domains.flat_map(|domain| &domain.surface).any(|pattern| pattern.matches(target))
}
