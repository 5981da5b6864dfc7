//! From the text of a `catalog-info.yaml` to entities, each by itself.

use std::sync::Arc;

use kernel::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::Spanned;

use super::reference::is_name;
use super::{Body, Claim, Entity, Kind, Reference};
use crate::model::yaml::{Document, Entries};
use crate::model::{Pattern, Place, ThingKind, Word};

/// Our annotations begin so.
const PREFIX: &str = "trunkline.dev/";
const SURFACE: &str = "surface";
/// Backstage's own kinds that own nothing.
const SILENT: [&str; 2] = ["Location", "Template"];
/// Stands in what will be an entity of another repository.
const TEMPLATE: &str = "${{";
const NAMESPACE: &str = "default";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: Spanned<String>,
    kind: Spanned<String>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: Spanned<String>,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    annotations: Entries<Spanned<String>>,
}

#[derive(Deserialize)]
struct Of<S> {
    spec: S,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DomainSpec {
    owner: Spanned<String>,
    #[serde(default)]
    subdomain_of: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct SystemSpec {
    owner: Spanned<String>,
    #[serde(default)]
    domain: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct PartSpec {
    owner: Spanned<String>,
    #[serde(rename = "type", default)]
    sort: Option<String>,
    #[serde(default)]
    system: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct GroupSpec {
    #[serde(default)]
    parent: Option<Spanned<String>>,
    #[serde(default)]
    children: Vec<Spanned<String>>,
    #[serde(default)]
    members: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserSpec {
    #[serde(default)]
    member_of: Vec<Spanned<String>>,
    #[serde(default)]
    profile: Profile,
}

#[derive(Deserialize, Default)]
struct Profile {
    #[serde(default)]
    email: Option<String>,
}

/// The entities of `file`; a wrong one is told and stops no other.
pub(crate) fn read(text: &str, file: &str) -> (Vec<Entity>, Vec<Problem>) {
    let documents = match Document::all(text, file) {
        Ok(documents) => documents,
        Err(problem) => return (vec![], vec![problem]),
    };
    let mut entities = Vec::new();
    let mut problems = Vec::new();
    for document in documents.iter().filter(|document| !document.text.contains(TEMPLATE)) {
        match entity(document, &mut problems) {
            Ok(entity) => entities.extend(entity),
            Err(problem) => problems.push(problem),
        }
    }
    (entities, problems)
}

/// None if it is of a kind that says nothing of owners.
fn entity(document: &Document<'_>, problems: &mut Vec<Problem>) -> Result<Option<Entity>, Problem> {
    let head: Head = document.read(missing)?;
    if !head.api_version.value.starts_with("backstage.io/") {
        return Ok(None);
    }
    let Some(kind) = Kind::read(&head.kind.value) else {
        return unknown_kind(document, &head.kind);
    };
    let name = &head.metadata.name;
    if !is_name(&name.value) {
        let problem = Problem::invalid(format!("{:?} cannot name an entity", name.value));
        let hint =
            "a name has at most 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit";
        return Err(placed(document, name, problem.hint(hint)));
    }
    let namespace = head.metadata.namespace.as_deref().unwrap_or(NAMESPACE);
    let place = Place { file: document.file.into(), line: Word::after(document.lines_before, name.clone()).line };
    let (claims, surface) = annotations(document, &head.metadata, problems);
    let mut entity = Entity {
        reference: Reference::new(kind, namespace, &name.value),
        name: name.value.clone(),
        title: head.metadata.title.clone(),
        body: body(document, kind)?,
        aliases: aliases(&head.metadata),
        claims,
        surface,
        place,
    };
    entity.claims.extend(own_name(document, &entity)?);
    Ok(Some(entity))
}

fn unknown_kind(document: &Document<'_>, kind: &Spanned<String>) -> Result<Option<Entity>, Problem> {
    if SILENT.contains(&kind.value.as_str()) {
        return Ok(None);
    }
    let known = Kind::ALL.iter().map(|kind| kind.name());
    let problem = Problem::invalid(format!("kind {:?} is not known", kind.value));
    Err(placed(document, kind, problem.hint(misread::suggestion(&kind.value, known))))
}

fn placed(document: &Document<'_>, word: &Spanned<String>, problem: Problem) -> Problem {
    let (line, column) = misread::place(word.referenced);
    problem.at(document.file, document.lines_before + line, column)
}

fn body(document: &Document<'_>, kind: Kind) -> Result<Body, Problem> {
    let word = |word: Spanned<String>| Word::after(document.lines_before, word);
    let words = |words: Vec<Spanned<String>>| words.into_iter().map(word).collect();
    Ok(match kind {
        Kind::Domain => {
            let DomainSpec { owner, subdomain_of } = spec(document)?;
            Body::Domain { owner: word(owner), parent: subdomain_of.map(word) }
        }
        Kind::System => {
            let SystemSpec { owner, domain } = spec(document)?;
            Body::System { owner: word(owner), domain: domain.map(word) }
        }
        Kind::Api | Kind::Component | Kind::Resource => {
            let PartSpec { owner, system, .. } = spec(document)?;
            Body::Part { owner: word(owner), system: system.map(word) }
        }
        Kind::Group => {
            let GroupSpec { parent, children, members } = spec(document)?;
            Body::Group { parent: parent.map(word), children: words(children), members: words(members) }
        }
        Kind::User => {
            let UserSpec { member_of, profile } = spec(document)?;
            Body::User { member_of: words(member_of), email: profile.email }
        }
    })
}

fn spec<S: DeserializeOwned>(document: &Document<'_>) -> Result<S, Problem> {
    document.read::<Of<S>>(missing).map(|of| of.spec)
}

/// What a key that must be there is for.
fn missing(key: &str) -> &'static str {
    match key {
        "apiVersion" => "an entity begins with `apiVersion: backstage.io/v1alpha1`",
        "kind" => "Component, System, Domain, Group, User, API or Resource",
        "metadata" => "for example `metadata: { name: sales }`",
        "name" => "what others refer to",
        "owner" => "the group or user who answers for it, for example `owner: sales-team`",
        _ => "https://backstage.io/docs/features/software-catalog/descriptor-format has every key",
    }
}

/// A resource that is a table owns the table of its name, unless it names others.
fn own_name(document: &Document<'_>, entity: &Entity) -> Result<Option<Claim>, Problem> {
    if entity.reference.kind != Kind::Resource || !entity.claims.is_empty() {
        return Ok(None);
    }
    let PartSpec { sort, .. } = spec(document)?;
    let kind = match sort.as_deref() {
        Some("table" | "database-table") => ThingKind::Table,
        Some("event") => ThingKind::Event,
        _ => return Ok(None),
    };
    Ok(Some(Claim::Named { kind, name: entity.name.clone(), place: entity.place.clone() }))
}

/// What the code host calls it.
fn aliases(metadata: &Metadata) -> Vec<String> {
    let known = ["github.com/team-slug", "github.com/user-login"];
    let found = metadata.annotations.0.iter().filter(|(key, _)| known.contains(&key.value.as_str()));
    found.map(|(_, alias)| alias.value.trim_start_matches('@').to_lowercase()).collect()
}

fn annotations(
    document: &Document<'_>,
    metadata: &Metadata,
    problems: &mut Vec<Problem>,
) -> (Vec<Claim>, Vec<Pattern>) {
    let (mut claims, mut surface) = (Vec::new(), Vec::new());
    let file: Arc<str> = document.file.into();
    for (whole_key, value) in &metadata.annotations.0 {
        let Some(key) = whole_key.value.strip_prefix(PREFIX) else { continue };
        let line = Word::after(document.lines_before, whole_key.clone()).line;
        let place = Place { file: Arc::clone(&file), line };
        let items = value.value.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty());
        let mut pattern = |item: &str| match Pattern::new(&from_top(item, document.file)) {
            Ok(pattern) => Some(pattern),
            Err(wrong) => {
                let (message, hint) = wrong.split_once(" | ").unwrap_or((wrong, ""));
                problems.push(placed(document, value, Problem::invalid(format!("{item:?}: {message}")).hint(hint)));
                None
            }
        };
        match ThingKind::of_annotation(key) {
            Some(ThingKind::Path) => {
                let patterns = items.filter_map(&mut pattern);
                claims.extend(patterns.map(|pattern| Claim::Path { pattern, place: place.clone() }));
            }
            Some(kind) => {
                claims.extend(items.map(|name| Claim::Named { kind, name: name.to_owned(), place: place.clone() }));
            }
            None if key == SURFACE => surface.extend(items.filter_map(pattern)),
            None => problems.push(unknown_annotation(document, key, whole_key)),
        }
    }
    (claims, surface)
}

fn unknown_annotation(document: &Document<'_>, key: &str, value: &Spanned<String>) -> Problem {
    let known = ThingKind::ALL.iter().map(|kind| kind.annotation()).chain([SURFACE]);
    let problem = Problem::invalid(format!("annotation \"{PREFIX}{key}\" is not known"));
    placed(document, value, problem.hint(misread::suggestion(key, known)))
}

/// A pattern is meant from the folder of its file, unless it begins with a slash.
fn from_top(pattern: &str, file: &str) -> String {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let Some((folder, _)) = file.rsplit_once('/') else { return pattern.to_owned() };
    if pattern.starts_with('/') {
        return pattern.to_owned();
    }
    let is_anchored = pattern.trim_end_matches('/').contains('/');
    format!("/{folder}/{}{pattern}", if is_anchored { "" } else { "**/" })
}
