//! What of a flag's metadata means something to us. flagd allows text, numbers and truth values there.

use kernel::Problem;
use serde::{Deserialize, Serialize};

use super::document::{Node, Tree};

/// Whom a flag's splits divide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A browser: signing in never re-buckets.
    #[default]
    Visitor,
    /// Who is signed in.
    User,
}

/// How long a flag is meant to live (`metadata.kind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// Until the change is with everybody.
    Release,
    /// Until there is a verdict.
    Experiment,
    /// As long as the product runs: a kill switch.
    Operations,
    /// As long as the product runs: who may what.
    Permission,
}

/// The known part of the metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// Who answers for it.
    pub owner: Option<String>,
    /// How long it is meant to live.
    pub kind: Option<Lifetime>,
    /// The day after which it should be gone.
    pub expires: Option<jiff::civil::Date>,
    /// Whom its splits divide.
    pub unit: Unit,
    /// The journey that it is to change.
    pub journey: Option<String>,
    /// For people.
    pub description: Option<String>,
}

impl About {
    /// Reads the metadata of a flag or a set; what is wrong is told with its place and left out.
    pub(super) fn read(node: &Node, tell: &mut dyn FnMut(&Node, Problem)) -> Self {
        let mut about = Self::default();
        let Tree::Object(fields) = &node.tree else {
            tell(node, Problem::invalid(format!("metadata is {}, not an object", node.what())));
            return about;
        };
        for (key, _, value) in fields {
            if !matches!(value.tree, Tree::Text(_) | Tree::Number(_) | Tree::Bool(_)) {
                let problem = Problem::invalid(format!("metadata {key:?} is {}", value.what()));
                tell(value, problem.hint("metadata holds texts, numbers, true and false"));
            } else if let Err(problem) = about.take(key, value) {
                tell(value, problem);
            }
        }
        about
    }

    fn take(&mut self, key: &str, value: &Node) -> Result<(), Problem> {
        match key {
            "owner" => self.owner = Some(text(key, value)?),
            "journey" => self.journey = Some(text(key, value)?),
            "description" => self.description = Some(text(key, value)?),
            "flagSetId" | "version" => drop(text(key, value)?),
            "unit" => self.unit = one_of(key, value, &["visitor", "user"])?,
            "kind" => self.kind = Some(one_of(key, value, &["release", "experiment", "operations", "permission"])?),
            "expires" => {
                let day = text(key, value)?;
                let wrong = || Problem::invalid(format!("{day:?} is not a day")).hint("for example 2027-03-31");
                self.expires = Some(day.parse().map_err(|_| wrong())?);
            }
            _ => {}
        }
        Ok(())
    }
}

fn text(key: &str, value: &Node) -> Result<String, Problem> {
    let wrong =
        || Problem::invalid(format!("metadata {key:?} is {}, not a text", value.what())).hint("put it in quotes");
    value.text().map(str::to_owned).ok_or_else(wrong)
}

fn one_of<T: for<'de> Deserialize<'de>>(key: &str, value: &Node, known: &[&str]) -> Result<T, Problem> {
    let word = text(key, value)?;
    let wrong = || {
        let problem = Problem::invalid(format!("{word:?} is no {key} of a flag"));
        problem.hint(super::check::suggestion(&word, known.iter().copied()))
    };
    serde_json::from_value(serde_json::Value::String(word.clone())).map_err(|_| wrong())
}
