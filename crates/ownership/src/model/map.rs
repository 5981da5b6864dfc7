//! `own map`: the domains with what they own, and what nobody owns (contracts.md, "Ownership").

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Product, Thing, ThingKind};

/// The map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Map {
    pub domains: Vec<Row>,
    pub unowned: Vec<Unowned>,
}

/// One domain. Patterns and names are as they are written; a flag, event or table that a star covers is there by its name too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DomainRow)]
pub struct Row {
    pub name: String,
    pub team: Option<String>,
    pub paths: Vec<String>,
    pub tables: Vec<String>,
    pub events: Vec<String>,
    pub flags: Vec<String>,
    pub journeys: Vec<String>,
    pub experiments: Vec<String>,
    pub surveys: Vec<String>,
    /// It is in the catalog; else it is a team or person that owns something there or in CODEOWNERS.
    pub declared: bool,
    /// How many files it owns.
    pub files: usize,
}

/// Something that nobody owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unowned {
    pub kind: ThingKind,
    pub name: String,
}

impl Map {
    /// The map of a product.
    pub fn of(product: &Product) -> Self {
        let mut unowned = Vec::new();
        let mut mine: Vec<(String, ThingKind, &str)> = Vec::new();
        for (kind, name) in product.things() {
            match product.owner(Thing::new(kind, name)) {
                Some(owner) => mine.extend(owner.domains.iter().map(|domain| (domain.clone(), kind, name))),
                None => unowned.push(Unowned { kind, name: name.to_owned() }),
            }
        }
        mine.sort();
        let domains = product.relation().domains().map(|domain| {
            let found = |kind: ThingKind| {
                let begin = mine.partition_point(|(name, other, _)| (name, *other) < (&domain.name, kind));
                let same =
                    mine[begin..].iter().take_while(move |(name, other, _)| (name, *other) == (&domain.name, kind));
                same.map(|(_, _, thing)| (*thing).to_owned())
            };
            let names = |kind| {
                let mut names = product.relation().claimed(kind, &domain.name);
                names.extend(found(kind));
                names.sort();
                names.dedup();
                names
            };
            Row {
                name: domain.name.clone(),
                team: domain.team.clone(),
                paths: product.relation().claimed(ThingKind::Path, &domain.name),
                tables: names(ThingKind::Table),
                events: names(ThingKind::Event),
                flags: names(ThingKind::Flag),
                journeys: names(ThingKind::Journey),
                experiments: names(ThingKind::Experiment),
                surveys: names(ThingKind::Survey),
                declared: domain.is_declared,
                files: found(ThingKind::Path).count(),
            }
        });
        Self { domains: domains.collect(), unowned }
    }
}
