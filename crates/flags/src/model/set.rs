//! Files and segments put together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use kernel::Problem;
use serde_json::{Map, Value, json};

use super::definition::{Definition, FlagKey, Origin, Unusable};
use super::document::Node;
use super::parse::File;
use super::segment::Segment;

/// All that is evaluated together.
#[derive(Debug, Clone, Default)]
pub struct FlagSet {
    /// The flags.
    pub flags: BTreeMap<FlagKey, Definition>,
    /// Flags whose definition cannot be used: evaluating them is an error, not an unknown flag.
    pub unusable: BTreeMap<FlagKey, Unusable>,
    /// Rules that several flags share (`$evaluators`).
    pub evaluators: BTreeMap<String, (Origin, Node)>,
    /// By the name of their file.
    pub segments: BTreeMap<String, Arc<Segment>>,
}

impl FlagSet {
    /// Adds a file's flags and evaluators. What is there already stays, and the second is told with both places.
    pub fn add(&mut self, file: File) -> Vec<Problem> {
        let mut problems = Vec::new();
        for definition in file.definitions {
            match self.flags.entry(definition.key.clone()) {
                Entry::Occupied(first) => {
                    let key = &definition.key;
                    problems.push(twice(&format!("flag {:?}", key.as_str()), &first.get().origin, &definition.origin));
                }
                Entry::Vacant(free) => drop(free.insert(definition)),
            }
        }
        for (name, origin, rule) in file.evaluators {
            match self.evaluators.entry(name) {
                Entry::Occupied(first) => {
                    problems.push(twice(&format!("evaluator {:?}", first.key()), &first.get().0, &origin));
                }
                Entry::Vacant(free) => drop(free.insert((origin, rule))),
            }
        }
        self.unusable.extend(file.unusable.into_iter().filter(|(key, _)| !self.flags.contains_key(key)));
        problems
    }

    /// The flags as one document in flagd's format; segments are not in it.
    pub fn to_value(&self) -> Value {
        let flags: Map<_, _> = self.flags.iter().map(|(key, flag)| (key.to_string(), flag.to_value())).collect();
        let evaluators: Map<_, _> =
            self.evaluators.iter().map(|(name, (_, rule))| (name.clone(), rule.to_value())).collect();
        json!({ "flags": flags, "$evaluators": evaluators })
    }
}

fn twice(what: &str, first: &Origin, second: &Origin) -> Problem {
    let problem = Problem::invalid(format!("{what} is defined twice; the first is at {first}"));
    second.place.mark(problem, &second.file).hint("keep one")
}
