//! Plain values: those that conditions name, and those that properties have. Numbers compare by value.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// What a condition names.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// The property is null or not there.
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false or null")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond i64 a JSON number is a double anyway")]
    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(value).map_or(Scalar::Number(value as f64), Scalar::Whole))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Scalar, E> {
        if value.is_finite() {
            Ok(Scalar::Number(value))
        } else {
            Err(E::custom("a number that no event can have | JSON has no such number"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_none<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }
}

/// What a property holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Held<'a> {
    /// Null, or not there.
    #[default]
    Nothing,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(Cow<'a, str>),
    /// A list or an object: equal to no plain value.
    Other,
}

impl Held<'_> {
    pub(crate) fn is(&self, wanted: &Scalar) -> bool {
        match (self, wanted) {
            (Self::Nothing, Scalar::Null) => true,
            (Self::Flag(a), Scalar::Flag(b)) => a == b,
            (Self::Whole(a), Scalar::Whole(b)) => a == b,
            (Self::Text(a), Scalar::Text(b)) => a.as_ref() == b,
            (Self::Number(a), Scalar::Number(b)) => same(*a, *b),
            (Self::Whole(whole), Scalar::Number(number)) | (Self::Number(number), Scalar::Whole(whole)) => {
                is_whole(*number, *whole)
            }
            _ => false,
        }
    }

    /// As a group of a breakdown is called; `None` for nothing and for lists and objects.
    pub(crate) fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Nothing | Self::Other => None,
            Self::Flag(flag) => Some(if *flag { "true" } else { "false" }.into()),
            Self::Whole(number) => Some(number.to_string().into()),
            // 2.0 is the number 2.
            Self::Number(number) => Some(number.to_string().into()),
            Self::Text(text) => Some(text.as_ref().into()),
        }
    }
}

#[expect(clippy::float_cmp, reason = "equality by value is what is asked for")]
fn same(a: f64, b: f64) -> bool {
    a == b
}

/// Exactly the same number.
#[expect(clippy::cast_possible_truncation, reason = "in range and whole when it is cast")]
fn is_whole(number: f64, whole: i64) -> bool {
    number.fract() == 0.0 && number.abs() < 9.3e18 && number as i128 == i128::from(whole)
}

/// Takes the properties called `keys` out of an object, into `found` in the same order; of a key that is there twice the
/// last counts. Anything but an object has no properties.
pub(crate) fn pick<'a>(properties: &'a RawValue, keys: &[&str], found: &mut [Held<'a>]) {
    found.fill(Held::Nothing);
    let mut json = serde_json::Deserializer::from_str(properties.get());
    if json.deserialize_map(Object { keys, found }).is_err() {
        // Not an object: what was found until then is nothing.
    }
}

struct Object<'k, 'f, 'a> {
    keys: &'k [&'k str],
    found: &'f mut [Held<'a>],
}

impl<'de> Visitor<'de> for Object<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(at) = map.next_key_seed(Key(self.keys))? {
            match at {
                Some(at) => self.found[at] = map.next_value::<Value<'de>>()?.0,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Which of the wanted keys comes next, without copying it.
struct Key<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == key))
    }
}

struct Value<'a>(Held<'a>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(HeldVisitor).map(Self)
    }
}

struct HeldVisitor;

impl<'de> Visitor<'de> for HeldVisitor {
    type Value = Held<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Held<'de>, E> {
        Ok(Held::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Held<'de>, E> {
        Ok(Held::Whole(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "beyond i64 a JSON number is a double anyway")]
    fn visit_u64<E>(self, value: u64) -> Result<Held<'de>, E> {
        Ok(i64::try_from(value).map_or(Held::Number(value as f64), Held::Whole))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Held<'de>, E> {
        Ok(Held::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Held<'de>, E> {
        Ok(Held::Text(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Held<'de>, E> {
        Ok(Held::Text(value.to_owned().into()))
    }

    fn visit_unit<E>(self) -> Result<Held<'de>, E> {
        Ok(Held::Nothing)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Held<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Held::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Held<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Held::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(json: &str, key: &str, wanted: &Scalar) -> bool {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        let mut found = [Held::Nothing];
        pick(&raw, &[key], &mut found);
        found[0].is(wanted)
    }

    #[test]
    fn numbers_compare_by_value() {
        for (json, wanted) in [
            ("2", Scalar::Number(2.0)),
            ("2.0", Scalar::Whole(2)),
            ("2e0", Scalar::Whole(2)),
            ("-0.0", Scalar::Whole(0)),
            ("18446744073709551615", Scalar::Number(18_446_744_073_709_551_615.0)),
        ] {
            assert!(held(&format!("{{\"n\":{json}}}"), "n", &wanted), "{json} is {wanted:?}");
        }
        assert!(!held("{\"n\":\"2\"}", "n", &Scalar::Whole(2)), "a text is no number");
        assert!(!held("{\"n\":9007199254740993}", "n", &Scalar::Number(9_007_199_254_740_992.0)), "next to each other");
    }

    #[test]
    fn null_is_what_is_not_there() {
        assert!(held("{}", "plan", &Scalar::Null));
        assert!(held("{\"plan\":null}", "plan", &Scalar::Null));
        assert!(!held("{\"plan\":\"\"}", "plan", &Scalar::Null));
        assert!(held("[1]", "plan", &Scalar::Null));
    }

    #[test]
    fn only_the_top_counts() {
        assert!(!held("{\"a\":{\"plan\":\"pro\"}}", "plan", &Scalar::Text("pro".into())));
        assert!(held("{\"a\":[{\"plan\":1}],\"plan\":\"p\\u0072o\"}", "plan", &Scalar::Text("pro".into())));
    }
}
