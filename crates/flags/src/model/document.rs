//! What a file says, with the place of every part. JSON and YAML become the same tree.

use std::fmt;

use kernel::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::limits::{DEPTH_MAX, FILE_BYTES_MAX};

/// Room for the deepest file that is read.
const STACK_BYTES: usize = 64 << 20;

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    // `on` and `off` are names of variants, not truth values.
    options.strict_booleans = true;
    if let Some(budget) = &mut options.budget {
        budget.max_depth = DEPTH_MAX;
        budget.max_nodes = 4_000_000;
        budget.max_events = 8_000_000;
    }
    options
}

/// Line and column, both from 1; 0 where there is no file (a definition from a snapshot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl Place {
    /// Puts this place of `file` into a problem.
    pub(crate) fn mark(self, problem: Problem, file: &str) -> Problem {
        if self.line == 0 {
            Problem { file: Some(file.to_owned()), ..problem }
        } else {
            problem.at(file, self.line, self.column)
        }
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let (line, column) = misread::place(location);
        Self { line, column }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub tree: Tree,
}

/// A value; objects keep their order.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object: key, place of the key, value.
    Object(Vec<(String, Place, Node)>),
}

impl Node {
    /// Reads JSON or YAML.
    pub(crate) fn read(text: &str, file: &str) -> Result<Self, Problem> {
        if text.len() > FILE_BYTES_MAX {
            let problem = Problem::invalid(format!("the file has {} bytes", text.len()));
            return Err(Place::default().mark(problem, file).hint(format!("at most {FILE_BYTES_MAX} are read")));
        }
        // The parser recurses, with large frames; its own thread has the room for all levels that are read.
        let read = || {
            let spanned = serde_saphyr::from_str_with_options::<Spanned<Tree>>(text, options());
            spanned.map(Self::from).map_err(|error| unreadable(&error, file))
        };
        let broken = || Problem::internal(format!("{file} could not be read"));
        std::thread::scope(|scope| {
            let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read);
            reader.map_err(|_| broken())?.join().map_err(|_| broken())?
        })
    }

    /// The same tree from a value, without places.
    pub(crate) fn from_value(value: &Value) -> Self {
        let tree = match value {
            Value::Null => Tree::Null,
            Value::Bool(b) => Tree::Bool(*b),
            Value::Number(n) => Tree::Number(n.clone()),
            Value::String(s) => Tree::Text(s.clone()),
            Value::Array(items) => Tree::List(items.iter().map(Self::from_value).collect()),
            Value::Object(map) => {
                Tree::Object(map.iter().map(|(k, v)| (k.clone(), Place::default(), Self::from_value(v))).collect())
            }
        };
        Self { place: Place::default(), tree }
    }

    /// The value without places.
    pub fn to_value(&self) -> Value {
        match &self.tree {
            Tree::Null => Value::Null,
            Tree::Bool(b) => Value::Bool(*b),
            Tree::Number(n) => Value::Number(n.clone()),
            Tree::Text(s) => Value::String(s.clone()),
            Tree::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Tree::Object(fields) => {
                Value::Object(fields.iter().map(|(k, _, v)| (k.clone(), v.to_value())).collect::<Map<_, _>>())
            }
        }
    }

    /// What stands under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.tree {
            Tree::Object(fields) => fields.iter().find(|(name, _, _)| name == key).map(|(_, _, value)| value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Tree::Text(text) = &self.tree { Some(text) } else { None }
    }

    /// The items, if it is a list.
    pub fn list(&self) -> Option<&[Self]> {
        if let Tree::List(items) = &self.tree { Some(items) } else { None }
    }

    /// "a text", "a list" and so on.
    pub(crate) fn what(&self) -> &'static str {
        match &self.tree {
            Tree::Null => "null",
            Tree::Bool(_) => "true or false",
            Tree::Number(_) => "a number",
            Tree::Text(_) => "a text",
            Tree::List(_) => "a list",
            Tree::Object(_) => "an object",
        }
    }
}

impl PartialEq for Node {
    /// Places do not count: a rule that moved in its file is the same rule.
    fn eq(&self, other: &Self) -> bool {
        match (&self.tree, &other.tree) {
            (Tree::Null, Tree::Null) => true,
            (Tree::Bool(a), Tree::Bool(b)) => a == b,
            (Tree::Number(a), Tree::Number(b)) => a == b,
            (Tree::Text(a), Tree::Text(b)) => a == b,
            (Tree::List(a), Tree::List(b)) => a == b,
            (Tree::Object(a), Tree::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.2 == b.2)
            }
            _ => false,
        }
    }
}

impl From<Spanned<Tree>> for Node {
    fn from(spanned: Spanned<Tree>) -> Self {
        Self { place: spanned.referenced.into(), tree: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Tree, D::Error> {
        Tree::deserialize(from)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
        let number = Number::from_f64(value);
        number
            .map(Tree::Number)
            .ok_or_else(|| E::custom("this is no finite number | write a number that JSON can hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element::<Spanned<Tree>>()? {
            items.push(item.into());
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = from.next_entry::<Spanned<String>, Spanned<Tree>>()? {
            fields.push((key.value, key.referenced.into(), value.into()));
        }
        Ok(Tree::Object(fields))
    }
}

/// The library's sentence, with our place and hint.
fn unreadable(error: &serde_saphyr::Error, file: &str) -> Problem {
    let bare = error.without_snippet();
    let levels = || format!("at most {DEPTH_MAX} levels are read");
    let (message, hint) = match bare {
        serde_saphyr::Error::Budget { breach, .. } => {
            (format!("the file is too large or too deep: {breach:?}"), levels())
        }
        other if other.to_string().contains("recursion limit") => ("the file is too deep".to_owned(), levels()),
        other => match misread::words(other, |_| None) {
            (message, Some(hint)) => (message, hint),
            (message, None) => (format!("the file cannot be read: {message}"), "it has to be JSON or YAML".to_owned()),
        },
    };
    let place = bare.location().map_or(Place::default(), Place::from);
    place.mark(Problem::invalid(message), file).hint(hint)
}
