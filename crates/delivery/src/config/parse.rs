//! From the text of `trunkline.yaml` to [`Product`], or to the place of what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Problem;
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::Product;

/// A suggestion is made up to this distance between what is there and what is known.
const TYPO_DISTANCE_MAX: usize = 3;

/// Parses the file; `name` stands in the problem.
pub fn parse(text: &str, name: &str) -> Result<Product, Box<Problem>> {
    let product: Product = serde_saphyr::from_str(text).map_err(|error| Box::new(problem(&error, name)))?;
    consistent(&product, text, name)?;
    Ok(product)
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Product).to_value()
}

fn problem(error: &serde_saphyr::Error, name: &str) -> Problem {
    let bare = error.without_snippet();
    let (message, hint) = words(bare);
    let problem = match bare.location() {
        Some(place) => at(Problem::invalid(message), name, place),
        None => Problem { file: Some(name.to_owned()), ..Problem::invalid(message) },
    };
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn at(problem: Problem, name: &str, place: Location) -> Problem {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    problem.at(name, number(place.line()), number(place.column()))
}

/// What is wrong, and what to do about it.
fn words(error: &serde_saphyr::Error) -> (String, Option<String>) {
    use serde_saphyr::Error;
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown key {field:?}"), Some(known(field, expected)))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("{variant:?} is not known here"), Some(known(variant, expected)))
        }
        Error::SerdeMissingField { field, .. } => (format!("{field:?} is missing"), None),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("{key:?} is there twice"), Some("keep one".into()))
        }
        other => plain(&other.to_string()),
    }
}

/// The library's sentence without its place, which is told apart.
fn plain(text: &str) -> (String, Option<String>) {
    let text = match text.rfind(" at line ") {
        Some(place) => &text[..place],
        None => text,
    };
    match text.split_once(" | ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (text.to_owned(), None),
    }
}

fn known(wrong: &str, expected: &[&str]) -> String {
    let nearest = expected.iter().min_by_key(|name| strsim::damerau_levenshtein(wrong, name));
    match nearest.filter(|name| strsim::damerau_levenshtein(wrong, name) <= TYPO_DISTANCE_MAX) {
        Some(name) => format!("did you mean {name:?}?"),
        None => format!("known here: {}", expected.join(", ")),
    }
}

/// Where those things stand that must agree with each other.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    checks: Vec<CheckPlace>,
    #[serde(default)]
    services: BTreeMap<String, Spanned<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
struct CheckPlace {
    name: Spanned<String>,
}

/// What holds between parts: names are unique, and no two services have the same route.
fn consistent(product: &Product, text: &str, name: &str) -> Result<(), Box<Problem>> {
    let Ok(places) = serde_saphyr::from_str::<Places>(text) else { return Ok(()) };
    let mut names = BTreeSet::new();
    for check in &places.checks {
        if !names.insert(&check.name.value) {
            let twice = Problem::invalid(format!("two checks are called {:?}", check.name.value));
            return Err(Box::new(at(twice, name, check.name.referenced).hint("give each its own name")));
        }
    }
    let mut routes = BTreeMap::new();
    for (service, declared) in &product.services {
        let route = (&declared.route.host, declared.route.path.trim_end_matches('/'));
        let Some(other) = routes.insert(route, service) else { continue };
        let problem =
            Problem::invalid(format!("services {other:?} and {service:?} have the same route {}", declared.route.path));
        let problem = places.services.get(service).map_or(problem.clone(), |place| at(problem, name, place.referenced));
        return Err(Box::new(problem.hint("give one of them `route: { path: /… }`")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
