//! Owners that are not there: names that the catalog does not know, teams without anybody, and things that two domains claim.

use std::collections::BTreeSet;

use super::{Check, Finding};
use crate::model::catalog::{Body, Catalog, Entity, Kind};
use crate::model::codeowners::Handle;
use crate::model::{Place, Product, Thing, ThingKind, Word};

pub(super) fn owner_exists(product: &Product) -> Vec<Finding> {
    let catalog = product.relation().catalog();
    let mut findings: Vec<Finding> = catalog.entities().flat_map(|entity| of_entity(catalog, entity)).collect();
    findings.extend(of_codeowners(product));
    // A flag's owner has a check of its own.
    findings.extend(product.declared().filter(|thing| thing.kind != ThingKind::Flag).filter_map(|thing| {
        let owner = thing.owner.filter(|owner| product.relation().domain_called(owner).is_none())?;
        let message = format!("{} {:?} is owned by {owner:?}, which is no domain", thing.kind.name(), thing.name);
        Some(finding(thing.name, &Place { line: thing.line, ..thing.place.clone() }, message))
    }));
    findings.extend(contested(product));
    findings
}

fn of_entity(catalog: &Catalog, entity: &Entity) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refer = |word: &Word, kind: Kind, role: &str| {
        let known = entity.refers_to(word, kind).and_then(|reference| catalog.get(&reference));
        if known.is_none() {
            let message = format!("{} {:?} of {} is not in the catalog", role, word.text, entity.reference);
            let place = Place { line: word.line, ..entity.place.clone() };
            findings.push(finding(&entity.name, &place, message));
        }
    };
    if let Some(owner) = entity.owner() {
        refer(owner, Kind::Group, "owner");
    }
    match &entity.body {
        Body::System { domain: Some(domain), .. } => refer(domain, Kind::Domain, "domain"),
        Body::Domain { parent: Some(parent), .. } => refer(parent, Kind::Domain, "domain"),
        Body::Part { system: Some(system), .. } => refer(system, Kind::System, "system"),
        Body::Group { .. } => findings.extend(without_people(catalog, entity)),
        _ => {}
    }
    findings
}

/// A team that owns something and has nobody in it, in a catalog that knows people.
fn without_people(catalog: &Catalog, team: &Entity) -> Option<Finding> {
    let knows_people = catalog.of_kind(Kind::User).next().is_some();
    let owns = |entity: &Entity| {
        entity
            .owner()
            .and_then(|owner| entity.refers_to(owner, Kind::Group))
            .is_some_and(|owner| owner == team.reference)
    };
    let is_empty = knows_people && catalog.people(&team.reference).is_empty() && catalog.entities().any(owns);
    is_empty
        .then(|| finding(&team.name, &team.place, format!("team {:?} owns something and has nobody in it", team.name)))
}

/// Owners in CODEOWNERS that are not in a catalog which has others of their kind.
fn of_codeowners(product: &Product) -> Vec<Finding> {
    let Some((codeowners, file)) = product.codeowners() else { return vec![] };
    let catalog = product.relation().catalog();
    let knows = |kind| catalog.of_kind(kind).next().is_some();
    let (knows_teams, knows_people) = (knows(Kind::Group), knows(Kind::User));
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for rule in &codeowners.rules {
        for handle in &rule.owners {
            let would_be_known = if matches!(handle, Handle::Team { .. }) { knows_teams } else { knows_people };
            if would_be_known && catalog.holder(handle).is_none() && told.insert(handle) {
                let place = Place { file: file.into(), line: rule.line };
                findings.push(finding(&handle.to_string(), &place, format!("owner {handle} is not in the catalog")));
            }
        }
    }
    findings
}

/// Named things that two domains claim; of paths the first of each pair of claims.
fn contested(product: &Product) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (kind, name) in product.things() {
        let Some(owner) = product.owner(Thing::new(kind, name)).filter(|owner| owner.is_contested) else { continue };
        if kind != ThingKind::Path || told.insert(owner.said_at.clone()) {
            let message = format!("{} {name:?} is claimed by {}", kind.name(), owner.domains.join(" and "));
            findings
                .push(Finding { domain: Some(owner.domain().to_owned()), ..finding(name, &owner.said_at, message) });
        }
    }
    findings
}

fn finding(what: &str, place: &Place, message: String) -> Finding {
    Finding {
        check: Check::OwnerExists,
        what: what.to_owned(),
        path: place.file.to_string(),
        line: Some(place.line),
        domain: None,
        message,
        advice: "name one that is in catalog-info.yaml, or declare it there".to_owned(),
    }
}
