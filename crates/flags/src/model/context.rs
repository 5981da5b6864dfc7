//! What is known of the one who asks, made ready once for all flags.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::hash;
use super::limits::{ATTRIBUTES_MAX, CONTEXT_BYTES_MAX, DEPTH_MAX};

/// Up to so many attributes are looked through one by one.
const SCAN_MAX: usize = 16;

/// An OpenFeature evaluation context. Attributes are ordered by the hash of their name: a rule knows the hash of what it asks
/// for, so that finding an attribute compares numbers.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// All names, one after the other: one allocation for all of them.
    names: String,
    hashes: Vec<u64>,
    attributes: Vec<Attribute>,
}

#[derive(Debug, Clone)]
struct Attribute {
    /// Where its name stands in `names`.
    name: Range<usize>,
    value: Value,
}

/// Why a context is refused (`INVALID_CONTEXT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// A list, a text, ...
    #[error("the context is not an object")]
    NotAnObject,
    /// Not JSON, or deeper than our limit.
    #[error("the context is not JSON of at most {DEPTH_MAX} levels")]
    NotJson,
    /// Beyond our limits.
    #[error("the context has more than {ATTRIBUTES_MAX} attributes or {CONTEXT_BYTES_MAX} bytes")]
    TooLarge,
}

impl Context {
    /// Reads the JSON of a context.
    pub fn from_slice(json: &[u8]) -> Result<Self, ContextError> {
        if json.len() > CONTEXT_BYTES_MAX {
            return Err(ContextError::TooLarge);
        }
        Self::from_json(serde_json::from_slice(json).map_err(|_| ContextError::NotJson)?)
    }

    /// Takes a context over. Its depth is bounded by whoever made it (`serde_json` stops at 128).
    pub fn from_json(value: Value) -> Result<Self, ContextError> {
        match value {
            Value::Object(attributes) if attributes.len() <= ATTRIBUTES_MAX => Ok(Self::new(attributes)),
            Value::Object(_) => Err(ContextError::TooLarge),
            _ => Err(ContextError::NotAnObject),
        }
    }

    fn new(attributes: Map<String, Value>) -> Self {
        let mut reading = Reading::default();
        for (name, value) in attributes {
            let name = reading.name(&name);
            reading.all.push((name, value));
        }
        reading.done()
    }

    /// The attribute `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(hash::of(name), name)
    }

    /// `targetingKey`, if it is a text.
    pub fn targeting_key(&self) -> Option<&str> {
        self.get("targetingKey")?.as_str()
    }

    /// Sets an attribute: the edge adds what it knows itself.
    pub fn set(&mut self, name: &str, value: Value) {
        let hash = hash::of(name);
        let start = self.hashes.partition_point(|other| *other < hash);
        let same = self.hashes[start..].iter().take_while(|other| **other == hash).count();
        if let Some(position) = (start..start + same).find(|position| self.name(*position) == name) {
            self.attributes[position].value = value;
        } else {
            let from = self.names.len();
            self.names.push_str(name);
            self.hashes.insert(start, hash);
            self.attributes.insert(start, Attribute { name: from..self.names.len(), value });
        }
    }

    /// Names and values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.attributes.iter().map(|attribute| (&self.names[attribute.name.clone()], &attribute.value))
    }

    fn name(&self, position: usize) -> &str {
        &self.names[self.attributes[position].name.clone()]
    }

    /// The attribute `name` that has this hash.
    #[inline]
    pub(super) fn find(&self, hash: u64, name: &str) -> Option<&Value> {
        let start = if self.hashes.len() <= SCAN_MAX {
            self.hashes.iter().position(|other| *other == hash)?
        } else {
            self.hashes.partition_point(|other| *other < hash)
        };
        let same = self.hashes[start..].iter().take_while(|other| **other == hash);
        let mut positions = same.enumerate().map(|(position, _)| start + position);
        positions.find(|position| self.name(*position) == name).map(|position| &self.attributes[position].value)
    }
}

/// A context while it is read.
#[derive(Debug, Default)]
struct Reading {
    names: String,
    all: Vec<(Name, Value)>,
}

#[derive(Debug)]
struct Name {
    hash: u64,
    at: Range<usize>,
}

impl Reading {
    fn name(&mut self, name: &str) -> Name {
        let from = self.names.len();
        self.names.push_str(name);
        Name { hash: hash::of(name), at: from..self.names.len() }
    }

    /// Of one name said twice the last one counts.
    fn done(mut self) -> Context {
        let names = self.names;
        self.all.sort_by_key(|(name, _)| name.hash);
        self.all.dedup_by(|(later, value), (earlier, kept)| {
            let is_same = later.hash == earlier.hash && names[later.at.clone()] == names[earlier.at.clone()];
            if is_same {
                std::mem::swap(value, kept);
            }
            is_same
        });
        let hashes = self.all.iter().map(|(name, _)| name.hash).collect();
        let attributes = self.all.into_iter().map(|(name, value)| Attribute { name: name.at, value }).collect();
        Context { names, hashes, attributes }
    }
}

/// Takes a name without owning it.
struct NameSeed<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an attribute")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(self.0.name(name))
    }
}

/// Without a detour over a document: for what is asked most. Says less of what is wrong than [`Context::from_slice`].
impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = Context;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Context, A::Error> {
                let mut reading = Reading { names: String::with_capacity(128), all: Vec::with_capacity(SCAN_MAX) };
                while let Some(name) = map.next_key_seed(NameSeed(&mut reading))? {
                    if reading.all.len() == ATTRIBUTES_MAX {
                        return Err(A::Error::custom(ContextError::TooLarge));
                    }
                    let value = map.next_value()?;
                    reading.all.push((name, value));
                }
                Ok(reading.done())
            }
        }

        deserializer.deserialize_map(Attributes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_context_reads_the_same_both_ways() {
        for text in [
            r"{}",
            r#"{"targetingKey":"x","n":1.5,"deep":{"a":[1,null]},"":true}"#,
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"e":1,"d":1,"c":1,"b":1,"a":1,"e":2,"a":{"x":1}}"#,
        ] {
            let plain: Context = serde_json::from_str(text).unwrap();
            let over_a_document = Context::from_slice(text.as_bytes()).unwrap();
            let sorted = |context: &Context| {
                let all: Map<String, Value> = context.iter().map(|(n, v)| (n.to_owned(), v.clone())).collect();
                (context.hashes.len(), json!(all))
            };
            assert_eq!(sorted(&plain), sorted(&over_a_document), "{text}");
        }
        assert!(serde_json::from_str::<Context>("[]").is_err());
    }
}
