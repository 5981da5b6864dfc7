//! From the text of `trunkline.yaml` to [`Product`], or to the place of what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Problem;
use misread::at;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Product;

/// Parses the file; `name` stands in the problem.
pub fn parse(text: &str, name: &str) -> Result<Product, Box<Problem>> {
    let product: Product =
        serde_saphyr::from_str(text).map_err(|error| Box::new(misread::problem(&error, name, |_| None)))?;
    consistent(&product, text, name)?;
    Ok(product)
}

/// The JSON Schema of the file.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Product).to_value()
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
