//! The definitions of one commit, together.

use std::collections::BTreeMap;

use kernel::Problem;

use crate::model::{Definition, parse};

/// Most journeys of a product.
const JOURNEYS_MAX: usize = 200;

/// Reads all definitions of a commit, given as (path, text); files that are no definitions are passed over. All problems are
/// told, not only the first, and there is at least one then.
pub fn check(files: &[(String, String)]) -> Result<Vec<(String, Definition)>, Vec<Problem>> {
    let is_definition = |path: &str| {
        let extension = path.rsplit('.').next().unwrap_or_default();
        path.starts_with("journeys/") && matches!(extension, "yaml" | "yml")
    };
    let mut declared: BTreeMap<String, (String, Definition)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_definition(path)) {
        match parse(text, path) {
            Err(problem) => problems.push(*problem),
            Ok(definition) => match declared.get(&definition.journey) {
                Some((other, _)) => problems.push(twice(&definition.journey, path, other, text)),
                None => {
                    declared.insert(definition.journey.clone(), (path.clone(), definition));
                }
            },
        }
    }
    if declared.len() > JOURNEYS_MAX {
        problems.push(Problem::invalid(format!(
            "there are {} journeys; at most {JOURNEYS_MAX} are measured",
            declared.len()
        )));
    }
    if problems.is_empty() { Ok(declared.into_values().collect()) } else { Err(problems) }
}

fn twice(journey: &str, path: &str, other: &str, text: &str) -> Problem {
    let line = text.lines().position(|line| line.trim_start_matches(['{', ' ', '"']).starts_with("journey"));
    let line = u32::try_from(line.unwrap_or(0) + 1).unwrap_or(1);
    let problem = Problem::invalid(format!("the journey {journey:?} is declared in {other} too"));
    problem.at(path, line, 1).hint("give each its own name")
}
