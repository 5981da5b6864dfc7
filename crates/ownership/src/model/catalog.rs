//! `catalog-info.yaml`, in Backstage's format: domains, systems and their parts, teams and people.
//!
//! The same files load in Backstage. What is ours are annotations that say what an entity owns: `trunkline.dev/paths`,
//! `tables`, `events`, `flags`, `journeys`, `experiments`, `surveys`, and `trunkline.dev/surface`.

mod read;
mod reference;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use kernel::Problem;

use super::codeowners::Handle;
use super::{Pattern, Place, ThingKind, Word};

pub(crate) use read::read;
pub use reference::{Kind, Reference};

/// The name of the file, at any depth.
pub const FILES: [&str; 2] = ["catalog-info.yaml", "catalog-info.yml"];
/// Teams may lie in teams, so deep.
const DEPTH_MAX: usize = 16;

/// One entity of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    pub reference: Reference,
    /// As it is written.
    pub name: String,
    pub title: Option<String>,
    pub body: Body,
    /// What the code host calls it: `acme/sales`, `ann`; lower case.
    pub aliases: Vec<String>,
    pub claims: Vec<Claim>,
    /// What other domains may import.
    pub surface: Vec<Pattern>,
    /// Its name's.
    pub place: Place,
}

/// What is said of an entity of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Domain {
        owner: Word,
        parent: Option<Word>,
    },
    System {
        owner: Word,
        domain: Option<Word>,
    },
    /// A component, an API or a resource.
    Part {
        owner: Word,
        system: Option<Word>,
    },
    Group {
        parent: Option<Word>,
        children: Vec<Word>,
        members: Vec<Word>,
    },
    User {
        member_of: Vec<Word>,
        email: Option<String>,
    },
}

/// What an entity says that it owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Path {
        pattern: Pattern,
        place: Place,
    },
    /// Everything else; a star in the name stands for any text.
    Named {
        kind: ThingKind,
        name: String,
        place: Place,
    },
}

impl Entity {
    /// Who answers for it; teams and people answer for themselves.
    pub fn owner(&self) -> Option<&Word> {
        match &self.body {
            Body::Domain { owner, .. } | Body::System { owner, .. } | Body::Part { owner, .. } => Some(owner),
            Body::Group { .. } | Body::User { .. } => None,
        }
    }

    /// What the entity's words for others mean.
    pub fn refers_to(&self, word: &Word, kind: Kind) -> Option<Reference> {
        Reference::read(&word.text, kind, &self.reference.namespace)
    }
}

/// All entities.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    entities: BTreeMap<Reference, Entity>,
    members: BTreeMap<Reference, BTreeSet<Reference>>,
}

impl Catalog {
    /// Of two entities with one name the first counts, and the second is told.
    pub fn new(all: impl IntoIterator<Item = Entity>) -> (Self, Vec<Problem>) {
        let mut catalog = Self::default();
        let mut problems = Vec::new();
        for entity in all {
            if let Some(first) = catalog.entities.get(&entity.reference) {
                let problem = Problem::invalid(format!("{} is there twice", entity.reference));
                let hint = format!("{} has it first; keep one", first.place);
                problems.push(problem.at(&*entity.place.file, entity.place.line, 1).hint(hint));
                continue;
            }
            catalog.entities.insert(entity.reference.clone(), entity);
        }
        catalog.members = members(&catalog.entities);
        (catalog, problems)
    }

    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values()
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Entity> {
        self.entities().filter(move |entity| entity.reference.kind == kind)
    }

    pub fn get(&self, reference: &Reference) -> Option<&Entity> {
        self.entities.get(reference)
    }

    /// The team or person that a rule of CODEOWNERS names.
    pub fn holder(&self, handle: &Handle) -> Option<&Entity> {
        match handle {
            Handle::Team { organisation, team } => {
                let alias = format!("{organisation}/{team}").to_lowercase();
                self.named(Kind::Group, &alias, team)
            }
            Handle::Login(login) => self.named(Kind::User, &login.to_lowercase(), login),
            Handle::Email(email) => self.person(email),
        }
    }

    fn named(&self, kind: Kind, alias: &str, name: &str) -> Option<&Entity> {
        let name = name.to_lowercase();
        let by_alias = self.of_kind(kind).find(|entity| entity.aliases.iter().any(|known| known == alias));
        by_alias.or_else(|| self.of_kind(kind).find(|entity| entity.reference.name == name))
    }

    /// The person of that name, login or address.
    pub fn person(&self, text: &str) -> Option<&Entity> {
        let text = text.trim_start_matches('@');
        let by_email = self.of_kind(Kind::User).find(|entity| match &entity.body {
            Body::User { email: Some(email), .. } => email.eq_ignore_ascii_case(text),
            _ => false,
        });
        by_email.or_else(|| {
            let name = Reference::read(text, Kind::User, "default").filter(|name| name.kind == Kind::User)?;
            self.get(&name).or_else(|| self.named(Kind::User, &name.name, &name.name))
        })
    }

    /// The person of that name, whether the catalog describes them or only a team names them.
    pub fn person_called(&self, text: &str) -> Option<Reference> {
        let described = self.person(text).map(|person| person.reference.clone());
        described.or_else(|| {
            let named = Reference::read(text.trim_start_matches('@'), Kind::User, "default")?;
            self.members.values().any(|members| members.contains(&named)).then_some(named)
        })
    }

    /// Who is in a team or in a team below it; a person is themselves.
    pub fn people(&self, of: &Reference) -> BTreeSet<Reference> {
        let mut people = BTreeSet::new();
        self.gather(of, DEPTH_MAX, &mut people);
        people
    }

    fn gather(&self, of: &Reference, depth: usize, people: &mut BTreeSet<Reference>) {
        if of.kind == Kind::User {
            people.insert(of.clone());
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        for member in self.members.get(of).into_iter().flatten() {
            self.gather(member, depth, people);
        }
    }
}

/// Who is said to be in which team, by the team or by whoever is in it.
fn members(entities: &BTreeMap<Reference, Entity>) -> BTreeMap<Reference, BTreeSet<Reference>> {
    let mut all: BTreeMap<Reference, BTreeSet<Reference>> = BTreeMap::new();
    for entity in entities.values() {
        let refer = |words: &[Word], kind| -> Vec<Reference> {
            words.iter().filter_map(|word| entity.refers_to(word, kind)).collect()
        };
        let (teams, inside) = match &entity.body {
            Body::Group { parent, children, members } => {
                let inside = [refer(children, Kind::Group), refer(members, Kind::User)].concat();
                (refer(parent.as_slice(), Kind::Group), inside)
            }
            Body::User { member_of, .. } => (refer(member_of, Kind::Group), vec![]),
            _ => continue,
        };
        for team in teams {
            all.entry(team).or_default().insert(entity.reference.clone());
        }
        all.entry(entity.reference.clone()).or_default().extend(inside);
    }
    all
}
