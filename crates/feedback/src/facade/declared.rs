//! The surveys of one commit, together with the journeys and flags that they name.

use std::collections::BTreeMap;

use journeys::model::Definition as Journey;
use kernel::Problem;

use crate::model::{Follows, Survey, parse};

/// Most surveys of a product.
const SURVEYS_MAX: usize = 50;

/// A survey with what it follows.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) survey: Survey,
    pub(crate) follows: Option<Follows>,
    pub(crate) file: String,
}

/// Reads all surveys of a commit, given as (path, text); files that are no surveys are read only as far as surveys name what is
/// in them. All problems are told, not only the first, and there is at least one then.
pub fn check(files: &[(String, String)]) -> Result<Vec<(String, Survey)>, Vec<Problem>> {
    declared(files).map(|all| all.into_iter().map(|one| (one.file, one.survey)).collect())
}

pub(crate) fn declared(files: &[(String, String)]) -> Result<Vec<Declared>, Vec<Problem>> {
    let is_survey = |path: &str| {
        let extension = path.rsplit('.').next().unwrap_or_default();
        path.starts_with("surveys/") && matches!(extension, "yaml" | "yml")
    };
    let texts: Vec<_> = files.iter().filter(|(path, _)| is_survey(path)).collect();
    let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
    let mut problems = Vec::new();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::of(files);
    for (path, text) in texts {
        let one = parse(text, path).map_err(|problem| *problem).and_then(|survey| known.declared(survey, path, text));
        let one = match one {
            Ok(one) => one,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let name = one.survey.survey.clone();
        match declared.get(&name) {
            Some(other) => {
                let problem = Problem::invalid(format!("the survey {name:?} is declared in {} too", other.file));
                problems.push(problem.at(path, line_of(text, "survey"), 1).hint("give each its own name"));
            }
            None => drop(declared.insert(name, one)),
        }
    }
    if declared.len() > SURVEYS_MAX {
        let many = declared.len();
        problems.push(Problem::invalid(format!("there are {many} surveys; at most {SURVEYS_MAX} are asked")));
    }
    if problems.is_empty() { Ok(declared.into_values().collect()) } else { Err(problems) }
}

/// What a survey may name. Files that cannot be read are told of by whoever owns them.
struct Known {
    /// `None`: not all can be read.
    journeys: Option<Vec<Journey>>,
    flags: BTreeMap<String, Vec<String>>,
    /// All flags are among them.
    knows_flags: bool,
}

impl Known {
    fn of(files: &[(String, String)]) -> Self {
        let journeys = journeys::check(files).ok();
        let mut known = Self {
            journeys: journeys.map(|all| all.into_iter().map(|(_, journey)| journey).collect()),
            flags: BTreeMap::new(),
            knows_flags: true,
        };
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with("flags/")) {
            let (file, problems) = flags::model::read(text, path);
            known.knows_flags &= problems.is_empty();
            for flag in file.definitions {
                let variants = flag.variants.iter().map(|(name, _)| name.clone()).collect();
                known.flags.insert(flag.key.to_string(), variants);
            }
        }
        known
    }

    fn declared(&self, survey: Survey, path: &str, text: &str) -> Result<Declared, Problem> {
        let at = |problem: Problem, key: &str| problem.at(path, line_of(text, key), 1);
        if let Some(flag) = &survey.shown.flag {
            self.flag(flag, survey.shown.variant.as_deref()).map_err(|problem| at(problem, "flag"))?;
        }
        let follows = match &survey.shown.journey {
            Some(journey) => {
                self.follows(journey, survey.shown.step.as_deref()).map_err(|problem| at(problem, "journey"))?
            }
            None => None,
        };
        Ok(Declared { survey, follows, file: path.to_owned() })
    }

    fn flag(&self, flag: &str, variant: Option<&str>) -> Result<(), Problem> {
        let Some(variants) = self.flags.get(flag) else {
            let problem = Problem::invalid(format!("the flag {flag:?} is not defined"));
            let hint = misread::suggestion(flag, self.flags.keys().map(String::as_str));
            return if self.knows_flags { Err(problem.hint(hint)) } else { Ok(()) };
        };
        match variant.filter(|variant| !variants.iter().any(|known| known == variant)) {
            Some(variant) => {
                let problem = Problem::invalid(format!("the flag {flag:?} has no variant {variant:?}"));
                Err(problem.hint(misread::suggestion(variant, variants.iter().map(String::as_str))))
            }
            None => Ok(()),
        }
    }

    fn follows(&self, name: &str, step: Option<&str>) -> Result<Option<Follows>, Problem> {
        let Some(journeys) = &self.journeys else { return Ok(None) };
        let Some(journey) = journeys.iter().find(|journey| journey.journey == name) else {
            let problem = Problem::invalid(format!("the journey {name:?} is not declared"));
            let known = journeys.iter().map(|journey| journey.journey.as_str());
            return Err(problem.hint(misread::suggestion(name, known)));
        };
        let found = match step {
            Some(step) => journey.steps.iter().find(|known| known.name == step),
            None => journey.steps.last(),
        };
        let Some(found) = found else {
            let step = step.unwrap_or_default();
            let problem = Problem::invalid(format!("the journey {name:?} has no step {step:?}"));
            let known = journey.steps.iter().map(|step| step.name.as_str());
            return Err(problem.hint(misread::suggestion(step, known)));
        };
        Ok(Some(Follows { event: found.event.clone(), conditions: found.conditions.clone() }))
    }
}

/// Where a key stands, from 1.
fn line_of(text: &str, key: &str) -> u32 {
    let has_key = |line: &str| line.contains(&format!("{key}:"));
    let line = text.lines().position(has_key).unwrap_or(0) + 1;
    u32::try_from(line).unwrap_or(1)
}
