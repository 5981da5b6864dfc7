//! The one relation: which domain owns a path, a table, an event, a flag, a journey, an experiment or a survey.
//!
//! Of what says something, the first counts:
//!
//! 1. a claim in the catalog; of two that fit a path, the one that names more folders; a name without a star before one with;
//! 2. what the thing says of itself: the `owner` of a flag, an experiment or a survey, a journey's `domain`;
//! 3. for a path, the nearest folder whose `catalog-info.yaml` declares exactly one component, and no paths of it;
//! 4. for a path, the last rule of CODEOWNERS.
//!
//! Who owns no domain of the catalog, or several, is a domain of their own name. So a product with nothing but CODEOWNERS has
//! a map. What comes out of one of these is its owner's too: a finding is that of its lockfile, feedback that of its survey or of
//! the journey that it is about.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{Body, Catalog, Claim, Entity, Kind, Reference};
use super::codeowners::{CodeOwners, Handle};
use super::declared::Declared;
use super::pattern::name_matches;
use super::{Pattern, Place, Thing, ThingKind};

/// A domain: what it is called and who answers for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    pub name: String,
    /// The team's or person's name, or how CODEOWNERS writes it.
    pub team: Option<String>,
    holder: Holder,
    pub is_declared: bool,
    /// What others may import; nothing, unless it is said.
    pub surface: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    Entity(Reference),
    /// Someone whom the catalog does not know.
    Stranger(String),
}

/// Who owns a thing, and where that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The first is the one to ask; there are several where it is owned together or contested.
    pub domains: Vec<String>,
    /// Several domains claim it, and none more precisely.
    pub is_contested: bool,
    pub said_at: Place,
}

impl Owner {
    /// The domain to ask.
    pub fn domain(&self) -> &str {
        &self.domains[0]
    }

    fn one(domain: String, said_at: &Place) -> Self {
        Self { domains: vec![domain], is_contested: false, said_at: said_at.clone() }
    }
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    domain: String,
    said_at: Place,
}

/// The relation.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    catalog: Catalog,
    domains: BTreeMap<String, Domain>,
    paths: Vec<(Pattern, String, Place)>,
    folders: Vec<(Pattern, String, Place)>,
    named: BTreeMap<ThingKind, Vec<Named>>,
    rules: Vec<(Pattern, Option<Owner>)>,
}

impl Relation {
    /// Joins what the files say. `codeowners` comes with its place.
    pub(crate) fn new<'a>(
        catalog: Catalog,
        codeowners: Option<(&CodeOwners, &str)>,
        declared: impl Iterator<Item = Declared<'a>>,
    ) -> Self {
        let mut relation = Self { catalog, ..Self::default() };
        let entities: Vec<Entity> = relation.catalog.entities().cloned().collect();
        for entity in entities.iter().filter(|entity| entity.reference.kind == Kind::Domain) {
            relation.declare(entity);
        }
        for entity in &entities {
            relation.claim(entity);
        }
        relation.folders(&entities);
        declared.for_each(|thing| relation.says_of_itself(thing));
        if let Some((codeowners, file)) = codeowners {
            relation.rules(codeowners, file);
        }
        relation
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub fn domains(&self) -> impl Iterator<Item = &Domain> {
        self.domains.values()
    }

    pub fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.get(name)
    }

    /// Who owns a thing; none if nobody does.
    pub fn owner(&self, thing: Thing<'_>) -> Option<Owner> {
        match thing.kind {
            ThingKind::Path => self.owner_of_path(thing.name),
            kind => self.owner_by_name(kind, thing.name),
        }
    }

    /// Whether a person is one of those who answer for a domain.
    pub fn answers_for(&self, person: &str, domain: &str) -> bool {
        let Some(domain) = self.domains.get(domain) else { return false };
        match (&domain.holder, self.catalog.person_called(person)) {
            (Holder::Entity(holder), Some(person)) => self.catalog.people(holder).contains(&person),
            (Holder::Entity(_), None) => false,
            (Holder::Stranger(name), _) => {
                name.trim_start_matches('@').eq_ignore_ascii_case(person.trim_start_matches('@'))
            }
        }
    }

    /// The names of those who answer for a domain, as far as the catalog knows them.
    pub fn people(&self, domain: &str) -> Vec<String> {
        let Some(Domain { holder: Holder::Entity(holder), .. }) = self.domains.get(domain) else { return vec![] };
        let people = self.catalog.people(holder);
        let name = |person: &Reference| self.catalog.get(person).map_or(&person.name, |person| &person.name).clone();
        people.iter().map(name).collect()
    }

    /// The domain that a word means: its own name, or that of a team or person.
    pub fn domain_called(&self, word: &str) -> Option<String> {
        if self.domains.contains_key(word) {
            return Some(word.to_owned());
        }
        let kinds = [Kind::Domain, Kind::Group, Kind::User];
        let mut references = kinds.into_iter().filter_map(|kind| Reference::read(word, kind, "default"));
        let entity = references.find_map(|reference| self.catalog.get(&reference));
        entity.or_else(|| self.catalog.person(word)).map(|entity| match entity.reference.kind {
            Kind::Domain => entity.name.clone(),
            _ => self.held_by(&entity.reference, &entity.name),
        })
    }

    /// What of a kind a domain says that it owns, as it is written.
    pub fn claimed(&self, kind: ThingKind, domain: &str) -> Vec<String> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        if kind == ThingKind::Path {
            let claims = self.paths.iter().chain(&self.folders).filter(|(_, owner, _)| owner == domain);
            names.extend(claims.map(|(pattern, _, _)| pattern.text().to_owned()));
            let rules = self.rules.iter().filter(|(_, owner)| {
                owner.as_ref().is_some_and(|owner| owner.domains.iter().any(|name| name == domain))
            });
            names.extend(rules.map(|(pattern, _)| pattern.text().to_owned()));
        } else {
            let claims = self.named.get(&kind).into_iter().flatten().filter(|claim| claim.domain == domain);
            names.extend(claims.map(|claim| claim.name.clone()));
        }
        names.into_iter().collect()
    }

    fn declare(&mut self, entity: &Entity) {
        let owner = entity.owner().and_then(|word| entity.refers_to(word, Kind::Group));
        let name_of = |reference: &Reference| {
            self.catalog.get(reference).map_or(reference.name.clone(), |team| team.name.clone())
        };
        let domain = Domain {
            name: entity.name.clone(),
            team: owner.as_ref().map(name_of),
            holder: owner.map_or_else(|| Holder::Stranger(entity.name.clone()), Holder::Entity),
            is_declared: true,
            surface: vec![],
        };
        self.domains.entry(entity.name.clone()).or_insert(domain);
    }

    /// The domain of whoever holds it: the one that they own in the catalog, else one of their own name.
    fn held_by(&self, holder: &Reference, name: &str) -> String {
        let mut own = self
            .domains
            .values()
            .filter(|domain| domain.is_declared && domain.holder == Holder::Entity(holder.clone()));
        match (own.next(), own.next()) {
            (Some(domain), None) => domain.name.clone(),
            _ => name.to_owned(),
        }
    }

    /// As [`Self::held_by`]; a domain that is not there yet comes to be.
    fn derive(&mut self, holder: Holder, name: &str) -> String {
        let domain = match &holder {
            Holder::Entity(reference) => self.held_by(reference, name),
            Holder::Stranger(_) => name.to_owned(),
        };
        let team = match &holder {
            Holder::Entity(_) => name.to_owned(),
            Holder::Stranger(written) => written.clone(),
        };
        self.domains.entry(domain.clone()).or_insert_with(|| Domain {
            name: domain.clone(),
            team: Some(team),
            holder,
            is_declared: false,
            surface: vec![],
        });
        domain
    }

    /// The domain that an entity belongs to; none for teams and people.
    fn domain_of(&mut self, entity: &Entity) -> Option<String> {
        let domain = match &entity.body {
            Body::Domain { .. } => return Some(entity.name.clone()),
            Body::System { domain, .. } => domain.as_ref().and_then(|word| entity.refers_to(word, Kind::Domain)),
            Body::Part { system, .. } => {
                let system = system.as_ref().and_then(|word| entity.refers_to(word, Kind::System));
                let system = system.and_then(|system| self.catalog.get(&system).cloned());
                if let Some(system) = system.filter(|system| system.reference.kind == Kind::System) {
                    return self.domain_of(&system);
                }
                None
            }
            Body::Group { .. } | Body::User { .. } => return None,
        };
        let declared = domain.and_then(|domain| self.catalog.get(&domain)).map(|domain| domain.name.clone());
        declared.or_else(|| {
            let holder = entity.refers_to(entity.owner()?, Kind::Group)?;
            let name = self.catalog.get(&holder).map_or(holder.name.clone(), |holder| holder.name.clone());
            Some(self.derive(Holder::Entity(holder), &name))
        })
    }

    fn claim(&mut self, entity: &Entity) {
        if entity.claims.is_empty() && entity.surface.is_empty() {
            return;
        }
        let Some(domain) = self.domain_of(entity) else { return };
        for claim in &entity.claims {
            match claim {
                Claim::Path { pattern, place } => self.paths.push((pattern.clone(), domain.clone(), place.clone())),
                Claim::Named { kind, name, place } => self.name(*kind, name, &domain, place),
            }
        }
        if let Some(known) = self.domains.get_mut(&domain) {
            known.surface.extend(entity.surface.iter().cloned());
        }
    }

    fn name(&mut self, kind: ThingKind, name: &str, domain: &str, said_at: &Place) {
        let named = Named { name: name.to_owned(), domain: domain.to_owned(), said_at: said_at.clone() };
        self.named.entry(kind).or_default().push(named);
    }

    /// The folders below the top whose file declares one component, which names no paths.
    fn folders(&mut self, entities: &[Entity]) {
        let mut by_file: BTreeMap<&str, Vec<&Entity>> = BTreeMap::new();
        for entity in entities.iter().filter(|entity| entity.reference.kind == Kind::Component) {
            by_file.entry(&entity.place.file).or_default().push(entity);
        }
        for (file, components) in by_file {
            let (Some((folder, _)), [component]) = (file.rsplit_once('/'), components.as_slice()) else { continue };
            let names_paths = component.claims.iter().any(|claim| matches!(claim, Claim::Path { .. }));
            if names_paths {
                continue;
            }
            if let Some(domain) = self.domain_of(component) {
                self.folders.push((Pattern::folder(folder), domain, component.place.clone()));
            }
        }
        self.folders.sort_by_key(|(pattern, _, _)| std::cmp::Reverse(pattern.literal_depth()));
    }

    /// A claim of the catalog goes before what a thing says of itself.
    fn says_of_itself(&mut self, thing: Declared<'_>) {
        let Declared { kind, name, owner, place, .. } = thing;
        let domain = owner.and_then(|owner| self.domain_called_or_derived(owner));
        if let Some(domain) = domain.filter(|_| self.owner_by_name(kind, name).is_none()) {
            self.name(kind, name, &domain, place);
        }
    }

    fn domain_called_or_derived(&mut self, word: &str) -> Option<String> {
        let name = self.domain_called(word)?;
        if !self.domains.contains_key(&name) {
            let group = Reference::read(word, Kind::Group, "default").filter(|group| self.catalog.get(group).is_some());
            let holder = group.or_else(|| self.catalog.person(word).map(|person| person.reference.clone()))?;
            return Some(self.derive(Holder::Entity(holder), &name));
        }
        Some(name)
    }

    fn rules(&mut self, codeowners: &CodeOwners, file: &str) {
        for rule in &codeowners.rules {
            let mut domains: Vec<String> = Vec::new();
            for handle in &rule.owners {
                let domain = self.domain_of_handle(handle);
                if !domains.contains(&domain) {
                    domains.push(domain);
                }
            }
            let said_at = Place { file: file.into(), line: rule.line };
            let owner = (!domains.is_empty()).then_some(Owner { domains, is_contested: false, said_at });
            self.rules.push((rule.pattern.clone(), owner));
        }
    }

    fn domain_of_handle(&mut self, handle: &Handle) -> String {
        let known = self.catalog.holder(handle).map(|entity| (entity.reference.clone(), entity.name.clone()));
        match known {
            Some((reference, name)) => self.derive(Holder::Entity(reference), &name),
            None => self.derive(Holder::Stranger(handle.to_string()), handle.name()),
        }
    }

    fn owner_of_path(&self, path: &str) -> Option<Owner> {
        let parts: Vec<&str> = path.split('/').collect();
        let fitting: Vec<_> = self.paths.iter().filter(|(pattern, _, _)| pattern.fits(&parts)).collect();
        if let Some(depth) = fitting.iter().map(|(pattern, _, _)| pattern.literal_depth()).max() {
            let best = fitting.into_iter().filter(|(pattern, _, _)| pattern.literal_depth() == depth);
            return one_of(best.map(|(_, domain, said_at)| (domain, said_at)));
        }
        let folder = self.folders.iter().find(|(pattern, _, _)| pattern.fits(&parts));
        if let Some((_, domain, said_at)) = folder {
            return Some(Owner::one(domain.clone(), said_at));
        }
        self.rules.iter().rev().find(|(pattern, _)| pattern.fits(&parts)).and_then(|(_, owner)| owner.clone())
    }

    fn owner_by_name(&self, kind: ThingKind, name: &str) -> Option<Owner> {
        let claims = self.named.get(&kind)?;
        let is_exact =
            |claim: &&Named| if kind == ThingKind::Table { is_table(&claim.name, name) } else { claim.name == name };
        let exact: Vec<_> = claims.iter().filter(is_exact).collect();
        let fitting = if exact.is_empty() {
            claims.iter().filter(|claim| claim.name.contains('*') && name_matches(&claim.name, name)).collect()
        } else {
            exact
        };
        one_of(fitting.into_iter().map(|claim| (&claim.domain, &claim.said_at)))
    }
}

/// The owner that claims of the same weight give.
fn one_of<'a>(claims: impl Iterator<Item = (&'a String, &'a Place)>) -> Option<Owner> {
    let mut owner: Option<Owner> = None;
    for (domain, said_at) in claims {
        match &mut owner {
            None => owner = Some(Owner::one(domain.clone(), said_at)),
            Some(owner) if !owner.domains.contains(domain) => {
                owner.domains.push(domain.clone());
                owner.is_contested = true;
            }
            Some(_) => {}
        }
    }
    owner
}

/// Tables are told apart without case; a name without a schema is that table in any.
fn is_table(claimed: &str, name: &str) -> bool {
    let (claimed, name) = (claimed.to_lowercase(), name.to_lowercase());
    if claimed.contains('.') && name.contains('.') {
        return claimed == name;
    }
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    last(&claimed) == last(&name)
}

#[cfg(test)]
mod tests;
