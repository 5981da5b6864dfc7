//! One flag, as it was written down.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::algorithm::Algorithm;
use super::document::{Node, Place};
use super::metadata::About;

/// The key of a flag: not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlagKey(String);

impl FlagKey {
    /// None if it is empty, has control characters or is longer than 200 bytes.
    pub fn new(key: impl Into<String>) -> Option<Self> {
        let key = key.into();
        let is_fine = !key.is_empty() && key.len() <= 200 && !key.chars().any(char::is_control);
        is_fine.then_some(Self(key))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for FlagKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FlagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a flag is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It is.
    Enabled,
    /// The caller's own default is used.
    Disabled,
}

/// The one type of all variants of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// true or false.
    Boolean,
    /// A text.
    String,
    /// A number.
    Number,
    /// An object.
    Object,
}

impl Kind {
    /// The type of a value; lists and null are no values of a flag.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(_) => Some(Self::Boolean),
            Value::String(_) => Some(Self::String),
            Value::Number(_) => Some(Self::Number),
            Value::Object(_) => Some(Self::Object),
            Value::Array(_) | Value::Null => None,
        }
    }
}

/// What decides who is where in the splits of a flag. Set when the flag is first seen, kept for its life: an upgrade, a rename
/// or a ramp never moves anybody to another bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Which hash and arithmetic.
    pub algorithm: Algorithm,
    /// What stands before the targeting key in splits that do not say what they split by: the key of the flag when it was
    /// first seen.
    pub seed: String,
}

/// One flag, as it was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its key.
    pub key: FlagKey,
    /// Whether it is evaluated.
    pub state: State,
    /// The type of its variants.
    pub kind: Kind,
    /// Name to value, in the order of the file; at least one.
    pub variants: Map<String, Value>,
    /// Served where no rule says more; without one the caller's own default is used.
    pub default_variant: Option<String>,
    /// The rule.
    pub targeting: Option<Node>,
    /// The metadata of its file with its own over it.
    pub metadata: Map<String, Value>,
    /// What of the metadata means something to us.
    pub about: About,
    /// What decides who is where.
    pub pin: Pin,
    /// Where it was written.
    pub origin: Origin,
}

/// A flag that cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Unusable {
    /// As far as it could be read.
    pub metadata: Map<String, Value>,
    /// Why.
    pub problem: Problem,
}

/// Where a part was written. All origins are equal: a flag that moved is the same flag.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The file.
    pub file: Arc<str>,
    /// The place in it.
    pub place: Place,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.place.line, self.place.column)
    }
}

impl Definition {
    /// The flag as flagd's format has it, with the pin under `x-trunkline`. Reading it gives the same definition.
    pub fn to_value(&self) -> Value {
        let mut flag = Map::new();
        flag.insert("state".into(), json!(self.state));
        flag.insert("variants".into(), Value::Object(self.variants.clone()));
        if let Some(variant) = &self.default_variant {
            flag.insert("defaultVariant".into(), json!(variant));
        }
        if let Some(rule) = &self.targeting {
            flag.insert("targeting".into(), rule.to_value());
        }
        if !self.metadata.is_empty() {
            flag.insert("metadata".into(), Value::Object(self.metadata.clone()));
        }
        flag.insert("x-trunkline".into(), json!(self.pin));
        Value::Object(flag)
    }
}
