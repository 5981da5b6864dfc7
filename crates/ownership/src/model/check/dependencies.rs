//! Packages that nobody agreed to use: only where a principle has a radar.

use super::{Check, Finding};
use crate::model::{Product, Ring};

pub(super) fn off_radar(product: &Product) -> Vec<Finding> {
    let radars: Vec<_> = product.principles().iter().filter_map(|principle| principle.radar.as_ref()).collect();
    if radars.is_empty() {
        return vec![];
    }
    let mut findings = Vec::new();
    for (path, facts) in product.facts() {
        for dependency in &facts.dependencies {
            let rings = radars.iter().filter_map(|radar| radar.ring(dependency.ecosystem, &dependency.name));
            let rings: Vec<Ring> = rings.collect();
            let message = if rings.contains(&Ring::Hold) {
                format!("{} package {:?} is on hold", dependency.ecosystem, dependency.name)
            } else if rings.is_empty() {
                format!("{} package {:?} is not on the radar", dependency.ecosystem, dependency.name)
            } else {
                continue;
            };
            findings.push(Finding {
                check: Check::DependencyOffRadar,
                what: dependency.name.clone(),
                path: path.to_owned(),
                line: Some(dependency.line),
                domain: product.domain_of_path(path),
                message,
                advice: "do without it, or agree on it in the radar of the principle".to_owned(),
            });
        }
    }
    findings
}
