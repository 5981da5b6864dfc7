//! From the text of a flagd file to definitions, or to the places of what is wrong with it.

use std::sync::Arc;

use kernel::Problem;
use serde_json::{Map, Value};

use super::check::{self, suggestion};
use super::definition::{Definition, FlagKey, Kind, Origin, Pin, State, Unusable};
use super::document::{Node, Place, Tree};
use super::limits::PROBLEMS_MAX;
use super::metadata::About;

const FILE_KEYS: [&str; 3] = ["flags", "metadata", "$evaluators"];
const FLAG_KEYS: [&str; 6] = ["state", "variants", "defaultVariant", "targeting", "metadata", "x-trunkline"];

/// What one file defines.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The flags that can be used.
    pub definitions: Vec<Definition>,
    /// Those that cannot.
    pub unusable: Vec<(FlagKey, Unusable)>,
    /// `$evaluators`.
    pub evaluators: Vec<(String, Origin, Node)>,
}

/// Reads a file, all or nothing.
pub fn parse(text: &str, file: &str) -> Result<File, Vec<Problem>> {
    let (read, problems) = read(text, file);
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

/// Reads a file: what can be used, and what is wrong with the rest. Some of the problems leave a flag usable: an answer is
/// defined for them, and still nobody can have meant it (a variant that is not there, a negative weight).
pub fn read(text: &str, file: &str) -> (File, Vec<Problem>) {
    match Node::read(text, file) {
        Ok(node) => Reader::new(file).document(&node),
        Err(problem) => (File::default(), vec![problem]),
    }
}

/// The same for a document that is parsed already: places are unknown then.
pub fn read_value(value: &Value, file: &str) -> (File, Vec<Problem>) {
    Reader::new(file).document(&Node::from_value(value))
}

struct Reader {
    file: Arc<str>,
    problems: Vec<Problem>,
    read: File,
    metadata: Map<String, Value>,
}

impl Reader {
    fn new(file: &str) -> Self {
        Self { file: file.into(), problems: Vec::new(), read: File::default(), metadata: Map::new() }
    }

    fn tell(&mut self, place: Place, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(place.mark(problem, &self.file));
        }
    }

    fn document(mut self, node: &Node) -> (File, Vec<Problem>) {
        let Tree::Object(fields) = &node.tree else {
            let problem = Problem::invalid(format!("the file is {}, not an object", node.what()));
            self.tell(node.place, problem.hint("it begins with the key \"flags\""));
            return (self.read, self.problems);
        };
        for (key, place, value) in fields {
            match key.as_str() {
                "metadata" => drop(self.about(value)),
                "$evaluators" => self.evaluators(value),
                known if FILE_KEYS.contains(&known) || is_foreign(known) => {}
                unknown => self.unknown(unknown, *place, &FILE_KEYS),
            }
        }
        if let Some(metadata) = node.get("metadata") {
            self.metadata = scalars(metadata);
        }
        if let Some(flags) = node.get("flags") {
            self.flags(flags);
        } else {
            let problem = Problem::invalid("\"flags\" is missing");
            self.tell(node.place, problem.hint("write flags: {} if there is none"));
        }
        (self.read, self.problems)
    }

    fn unknown(&mut self, key: &str, place: Place, known: &[&str]) {
        let problem = Problem::invalid(format!("unknown key {key:?}"));
        self.tell(place, problem.hint(suggestion(key, known.iter().copied())));
    }

    fn about(&mut self, node: &Node) -> About {
        let mut told = Vec::new();
        let about = About::read(node, &mut |node, problem| told.push((node.place, problem)));
        for (place, problem) in told {
            self.tell(place, problem);
        }
        about
    }

    fn evaluators(&mut self, node: &Node) {
        let Tree::Object(fields) = &node.tree else {
            return self.tell(node.place, Problem::invalid(format!("$evaluators is {}, not an object", node.what())));
        };
        for (name, place, rule) in fields {
            self.rule(rule, None);
            let origin = Origin { file: Arc::clone(&self.file), place: *place };
            self.read.evaluators.push((name.clone(), origin, rule.clone()));
        }
    }

    fn flags(&mut self, node: &Node) {
        let Tree::Object(fields) = &node.tree else {
            let problem = Problem::invalid(format!("\"flags\" is {}, not an object", node.what()));
            return self.tell(node.place, problem.hint("write flags: { key: { state: ENABLED, variants: { .. } } }"));
        };
        for (key, place, value) in fields {
            let Some(key) = FlagKey::new(key.clone()) else {
                let problem = Problem::invalid(format!("{key:?} cannot be the key of a flag"));
                self.tell(*place, problem.hint("a key has 1 to 200 bytes and no control characters"));
                continue;
            };
            let metadata = merged(&self.metadata, value.get("metadata"));
            let told = self.problems.len();
            if let Some(definition) = self.flag(key.clone(), *place, value, metadata.clone()) {
                self.read.definitions.push(definition);
            } else {
                let first = self.problems.get(told).cloned();
                let problem = first.unwrap_or_else(|| Problem::invalid("the file has too many problems"));
                self.read.unusable.push((key, Unusable { metadata, problem }));
            }
        }
    }

    fn flag(&mut self, key: FlagKey, place: Place, node: &Node, metadata: Map<String, Value>) -> Option<Definition> {
        let Tree::Object(fields) = &node.tree else {
            self.tell(
                node.place,
                Problem::invalid(format!("flag {:?} is {}, not an object", key.as_str(), node.what())),
            );
            return None;
        };
        for (name, place, _) in fields {
            if !FLAG_KEYS.contains(&name.as_str()) && !is_foreign(name) {
                self.unknown(name, *place, &FLAG_KEYS);
            }
        }
        let about = node.get("metadata").map_or_else(About::default, |metadata| self.about(metadata));
        let state = self.state(&key, place, node.get("state"));
        let variants = self.variants(&key, place, node.get("variants"));
        let pin = self.pin(&key, node.get("x-trunkline"));
        let (kind, variants) = variants?;
        let default_variant = self.default_variant(&variants, node.get("defaultVariant"));
        if let Some(rule) = node.get("targeting") {
            self.rule(rule, Some(&variants));
        }
        let targeting = node.get("targeting").filter(|rule| !is_empty(rule)).cloned();
        let origin = Origin { file: Arc::clone(&self.file), place };
        let state = state?;
        Some(Definition { key, state, kind, variants, default_variant, targeting, metadata, about, pin, origin })
    }

    fn state(&mut self, key: &FlagKey, place: Place, node: Option<&Node>) -> Option<State> {
        let hint = "write state: ENABLED or state: DISABLED";
        let Some(node) = node else {
            self.tell(place, Problem::invalid(format!("flag {:?} has no state", key.as_str())).hint(hint));
            return None;
        };
        match node.text() {
            Some("ENABLED") => Some(State::Enabled),
            Some("DISABLED") => Some(State::Disabled),
            Some(other) => {
                self.tell(node.place, Problem::invalid(format!("{other:?} is no state of a flag")).hint(hint));
                None
            }
            None => {
                self.tell(node.place, Problem::invalid(format!("the state is {}", node.what())).hint(hint));
                None
            }
        }
    }

    fn variants(&mut self, key: &FlagKey, place: Place, node: Option<&Node>) -> Option<(Kind, Map<String, Value>)> {
        let hint = "for example variants: { on: true, off: false }";
        let fields = match node.map(|node| &node.tree) {
            Some(Tree::Object(fields)) if !fields.is_empty() => fields,
            _ => {
                let place = node.map_or(place, |node| node.place);
                self.tell(place, Problem::invalid(format!("flag {:?} has no variants", key.as_str())).hint(hint));
                return None;
            }
        };
        let mut kind = None;
        let mut variants = Map::new();
        for (name, place, node) in fields {
            let value = node.to_value();
            let Some(its) = Kind::of(&value).filter(|_| !name.is_empty()) else {
                let problem = Problem::invalid(format!("variant {name:?} is {}", node.what()));
                self.tell(node.place, problem.hint("a variant is true or false, a text, a number or an object"));
                return None;
            };
            if *kind.get_or_insert(its) != its {
                let problem = Problem::invalid(format!("variant {name:?} is {}, unlike those before it", node.what()));
                self.tell(*place, problem.hint("all variants of a flag have one type"));
                return None;
            }
            variants.insert(name.clone(), value);
        }
        Some((kind?, variants))
    }

    fn default_variant(&mut self, variants: &Map<String, Value>, node: Option<&Node>) -> Option<String> {
        let node = node?;
        match &node.tree {
            Tree::Null => None,
            // The reference takes an empty name for none.
            Tree::Text(name) if name.is_empty() => None,
            Tree::Text(name) => {
                if !variants.contains_key(name) {
                    self.tell(node.place, check::undefined_variant(name, variants));
                }
                Some(name.clone())
            }
            _ => {
                let problem = Problem::invalid(format!("defaultVariant is {}", node.what()));
                self.tell(node.place, problem.hint("write the name of a variant in quotes, or null"));
                None
            }
        }
    }

    fn pin(&mut self, key: &FlagKey, node: Option<&Node>) -> Pin {
        let mut pin = Pin { algorithm: super::Algorithm::default(), seed: key.to_string() };
        let Some(Tree::Object(fields)) = node.map(|node| &node.tree) else { return pin };
        for (name, place, node) in fields {
            match name.as_str() {
                "algorithm" => {
                    if let Ok(algorithm) = serde_json::from_value(node.to_value()) {
                        pin.algorithm = algorithm;
                    } else {
                        let problem = Problem::invalid("this is no split algorithm");
                        self.tell(node.place, problem.hint("known are flagd-1, flagd-2 and flagd-3"));
                    }
                }
                "seed" => match node.text() {
                    Some(seed) => seed.clone_into(&mut pin.seed),
                    None => self.tell(node.place, Problem::invalid(format!("the seed is {}, not a text", node.what()))),
                },
                unknown => self.unknown(unknown, *place, &["algorithm", "seed"]),
            }
        }
        pin
    }

    fn rule(&mut self, rule: &Node, variants: Option<&Map<String, Value>>) {
        let mut told = Vec::new();
        check::rule(rule, variants, &mut |place, problem| told.push((place, problem)));
        for (place, problem) in told {
            self.tell(place, problem);
        }
    }
}

/// Keys that are somebody else's.
fn is_foreign(key: &str) -> bool {
    key.starts_with('$') || key.starts_with("x-")
}

fn is_empty(rule: &Node) -> bool {
    match &rule.tree {
        Tree::Object(fields) => fields.is_empty(),
        Tree::Null => true,
        _ => false,
    }
}

fn scalars(node: &Node) -> Map<String, Value> {
    let Tree::Object(fields) = &node.tree else { return Map::new() };
    let is_scalar = |node: &Node| matches!(node.tree, Tree::Text(_) | Tree::Number(_) | Tree::Bool(_));
    fields
        .iter()
        .filter(|(_, _, value)| is_scalar(value))
        .map(|(key, _, value)| (key.clone(), value.to_value()))
        .collect()
}

fn merged(base: &Map<String, Value>, over: Option<&Node>) -> Map<String, Value> {
    let mut merged = base.clone();
    merged.extend(over.map(scalars).unwrap_or_default());
    merged
}
