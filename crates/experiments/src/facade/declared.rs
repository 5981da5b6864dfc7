//! The definitions of one commit, together.

use std::collections::BTreeMap;

use kernel::Problem;

use crate::model::{Definition, parse};

/// Most experiments of a product.
const EXPERIMENTS_MAX: usize = 200;

/// Reads all definitions of a commit, given as (path, text); files that are no definitions are passed over. All problems are
/// told, not only the first, and there is at least one then.
pub fn check(files: &[(String, String)]) -> Result<Vec<(String, Definition)>, Vec<Problem>> {
    let is_definition = |path: &str| {
        let extension = path.rsplit('.').next().unwrap_or_default();
        path.starts_with("experiments/") && matches!(extension, "yaml" | "yml")
    };
    let mut declared: BTreeMap<String, (String, Definition)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_definition(path)) {
        let definition = match parse(text, path) {
            Ok(definition) => definition,
            Err(problem) => {
                problems.push(*problem);
                continue;
            }
        };
        let name = definition.experiment.clone();
        if let Some((other, _)) = declared.get(&name) {
            let problem = Problem::invalid(format!("the experiment {name:?} is declared in {other} too"));
            problems.push(problem.at(path, 1, 1).hint("give each its own name"));
            continue;
        }
        declared.insert(name, (path.clone(), definition));
    }
    if declared.len() > EXPERIMENTS_MAX {
        let many = declared.len();
        problems
            .push(Problem::invalid(format!("there are {many} experiments; at most {EXPERIMENTS_MAX} are measured")));
    }
    if problems.is_empty() { Ok(declared.into_values().collect()) } else { Err(problems) }
}
