//! Values while a rule runs, with JavaScript's conversions and comparisons (ECMA-262, chapter 7): the reference is written in
//! it, and rules rely on what it does with a `"18"` where a number is meant.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

/// A value; what lies in the rule or the context is borrowed.
#[derive(Debug, Clone, Default)]
pub(super) enum V<'a> {
    #[default]
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(&'a Vec<Value>),
    Object(&'a Map<String, Value>),
    /// A list that the rule made.
    Made(Vec<V<'a>>),
    /// What the body of a `reduce` sees: accumulator and current.
    Pair(Box<(V<'a>, V<'a>)>),
    /// The whole context.
    Context,
}

impl<'a> From<&'a Value> for V<'a> {
    #[inline]
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::List(items),
            Value::Object(fields) => Self::Object(fields),
        }
    }
}

impl<'a> V<'a> {
    pub(super) const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) const fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// A list, an object: what `typeof` calls an object, without null.
    pub(super) const fn is_object(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_) | Self::Made(_) | Self::Pair(_) | Self::Context)
    }

    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Self::List(_) | Self::Made(_))
    }

    const fn is_text_or_null(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Null)
    }

    /// JavaScript's `!value`.
    pub(super) fn is_falsy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => true,
            Self::Bool(value) => !value,
            Self::Number(number) => *number == 0.0 || number.is_nan(),
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// JsonLogic's truth: empty lists and objects are false too.
    #[inline]
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::List(items) => !items.is_empty(),
            Self::Made(items) => !items.is_empty(),
            Self::Object(fields) => !fields.is_empty(),
            other => !other.is_falsy(),
        }
    }

    /// `Number(value)`.
    pub(super) fn to_number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Number(number) => *number,
            Self::Text(text) => number_of(text),
            Self::List(_) | Self::Made(_) => number_of(&self.to_text()),
            Self::Undefined | Self::Object(_) | Self::Pair(_) | Self::Context => f64::NAN,
        }
    }

    /// `String(value)`.
    pub(super) fn to_text(&self) -> Cow<'a, str> {
        match self {
            Self::Undefined => "undefined".into(),
            Self::Null => "null".into(),
            Self::Bool(value) => if *value { "true" } else { "false" }.into(),
            Self::Number(number) => text_of(*number).into(),
            Self::Text(text) => text.clone(),
            Self::List(_) | Self::Made(_) => {
                let item = |item: V<'a>| if item.is_nullish() { Cow::Borrowed("") } else { item.to_text() };
                let items: Vec<_> = self.items().unwrap_or_default().into_iter().map(item).collect();
                items.join(",").into()
            }
            Self::Object(_) | Self::Pair(_) | Self::Context => "[object Object]".into(),
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<V<'a>>> {
        match self {
            Self::List(items) => Some(items.iter().map(V::from).collect()),
            Self::Made(items) => Some(items.clone()),
            _ => None,
        }
    }

    /// What stands under `name` in this value; the context is not looked into.
    pub(super) fn property(&self, name: &str) -> V<'a> {
        match self {
            Self::Object(fields) => fields.get(name).map_or(Self::Undefined, V::from),
            Self::List(items) if name == "length" => count(items.len()),
            Self::Made(items) if name == "length" => count(items.len()),
            Self::Text(text) if name == "length" => count(text.encode_utf16().count()),
            Self::List(items) => index(name).and_then(|n| items.get(n)).map_or(Self::Undefined, V::from),
            Self::Made(items) => index(name).and_then(|n| items.get(n)).cloned().unwrap_or_default(),
            Self::Text(text) => {
                let unit = index(name).and_then(|n| text.encode_utf16().nth(n));
                unit.map_or(Self::Undefined, |unit| Self::Text(String::from_utf16_lossy(&[unit]).into()))
            }
            Self::Pair(pair) => match name {
                "accumulator" => pair.0.clone(),
                "current" => pair.1.clone(),
                _ => Self::Undefined,
            },
            Self::Undefined | Self::Null | Self::Bool(_) | Self::Number(_) | Self::Context => Self::Undefined,
        }
    }

    /// The value on its own; none for what JSON cannot hold.
    pub(super) fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(serde_json::Number::from_f64(*number)?),
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::List(items) => Value::Array((*items).clone()),
            Self::Object(fields) => Value::Object((*fields).clone()),
            Self::Made(items) => Value::Array(items.iter().map(V::to_value).collect::<Option<_>>()?),
            Self::Undefined | Self::Pair(_) | Self::Context => return None,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "no list is that long")]
fn count<'a>(length: usize) -> V<'a> {
    V::Number(length as f64)
}

fn index(name: &str) -> Option<usize> {
    name.parse().ok().filter(|n: &usize| n.to_string() == name)
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    StrictlyEqual,
    StrictlyUnequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    pub(super) const fn is_strict(self) -> bool {
        matches!(self, Self::StrictlyEqual | Self::StrictlyUnequal)
    }

    pub(super) const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::Unequal | Self::StrictlyEqual | Self::StrictlyUnequal)
    }

    /// Whether it holds between two values of one type in this order; none if they have no order.
    #[inline]
    pub(super) fn admits(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal | Self::StrictlyEqual => order.is_some_and(Ordering::is_eq),
            Self::Unequal | Self::StrictlyUnequal => !order.is_some_and(Ordering::is_eq),
            Self::Less => order.is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order.is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }

    /// JavaScript's `a op b`.
    #[inline]
    pub(super) fn holds(self, a: &V<'_>, b: &V<'_>) -> bool {
        match self {
            Self::Equal => loosely_equal(a, b),
            Self::Unequal => !loosely_equal(a, b),
            Self::StrictlyEqual => strictly_equal(a, b),
            Self::StrictlyUnequal => !strictly_equal(a, b),
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => self.admits(order(a, b)),
        }
    }
}

/// `a === b`.
#[expect(clippy::float_cmp, reason = "it is what JavaScript does")]
pub(super) fn strictly_equal(a: &V<'_>, b: &V<'_>) -> bool {
    match (a, b) {
        (V::Undefined, V::Undefined) | (V::Null, V::Null) | (V::Context, V::Context) => true,
        (V::Bool(a), V::Bool(b)) => a == b,
        (V::Number(a), V::Number(b)) => a == b,
        (V::Text(a), V::Text(b)) => a == b,
        (V::List(a), V::List(b)) => std::ptr::eq(*a, *b),
        (V::Object(a), V::Object(b)) => std::ptr::eq(*a, *b),
        _ => false,
    }
}

/// `a == b`.
#[expect(clippy::float_cmp, reason = "it is what JavaScript does")]
fn loosely_equal(a: &V<'_>, b: &V<'_>) -> bool {
    match (a, b) {
        (V::Text(a), V::Text(b)) => a == b,
        (a, b) if a.is_nullish() || b.is_nullish() => a.is_nullish() && b.is_nullish(),
        (a, b) if a.is_object() && b.is_object() => strictly_equal(a, b),
        (a, V::Text(b)) if a.is_object() => a.to_text() == *b,
        (V::Text(a), b) if b.is_object() => b.to_text() == *a,
        (a, b) if a.is_object() => number_of(&a.to_text()) == b.to_number(),
        (a, b) if b.is_object() => number_of(&b.to_text()) == a.to_number(),
        (a, b) => a.to_number() == b.to_number(),
    }
}

/// The order that `<` and its kin see; none if a side is no number.
fn order(a: &V<'_>, b: &V<'_>) -> Option<Ordering> {
    let is_text = |v: &V<'_>| v.is_object() || matches!(v, V::Text(_));
    if is_text(a) && is_text(b) {
        let (a, b) = (a.to_text(), b.to_text());
        return Some(a.encode_utf16().cmp(b.encode_utf16()));
    }
    a.to_number().partial_cmp(&b.to_number())
}

/// Why a rule has no answer for a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Thrown {
    #[error("what should be a number is none")]
    NotANumber,
    #[error("the arguments do not fit the operator")]
    InvalidArguments,
    #[error("a value has a type that the operator does not take")]
    WrongType,
    #[error("it takes too many steps or too much memory")]
    TooMuch,
}

/// `+value`, where lists, objects and what is no number are an error.
#[inline]
pub(super) fn number(value: &V<'_>) -> Result<f64, Thrown> {
    if value.is_object() {
        return Err(Thrown::NotANumber);
    }
    let number = value.to_number();
    if number.is_nan() && matches!(value, V::Number(_)) { Err(Thrown::NotANumber) } else { Ok(number) }
}

/// What the reference compares `previous` with, instead of `item`.
#[inline]
pub(super) fn checked<'a>(item: V<'a>, previous: &V<'a>) -> Result<V<'a>, Thrown> {
    if item.is_text_or_null() && previous.is_text_or_null() {
        return Ok(item);
    }
    if number(&item)?.is_nan() && !matches!(previous, V::Null) || number(previous)?.is_nan() {
        return Err(Thrown::NotANumber);
    }
    Ok(match (previous, item) {
        (V::Null, item) if item.is_falsy() => V::Null,
        (previous, V::Null) if previous.is_falsy() => V::Number(0.0),
        (_, item) => item,
    })
}

/// The same for what the reference interprets.
pub(super) fn interpreted(relation: Relation, a: &V<'_>, b: &V<'_>) -> Result<bool, Thrown> {
    if relation.is_strict() || a.is_text_or_null() && b.is_text_or_null() {
        return Ok(relation.holds(a, b));
    }
    let (left, right) = (number(a)?, number(b)?);
    if left.is_nan() || right.is_nan() && !matches!(a, V::Null) {
        return Err(Thrown::NotANumber);
    }
    Ok(relation.holds(&V::Number(left), &V::Number(right)))
}

/// `Number(text)`.
fn number_of(text: &str) -> f64 {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2), ("0X", 16), ("0O", 8), ("0B", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return whole(digits, radix);
        }
    }
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        _ if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-')) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

fn whole(digits: &str, radix: u32) -> f64 {
    let value = |sum: f64, digit: char| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?));
    if digits.is_empty() { f64::NAN } else { digits.chars().try_fold(0.0, value).unwrap_or(f64::NAN) }
}

/// `String(number)`: ECMA-262, 6.1.6.1.20.
fn text_of(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    if number == 0.0 {
        return "0".into();
    }
    let shortest = format!("{:e}", number.abs());
    let (mantissa, exponent) = shortest.split_once('e').expect("that is how {:e} writes");
    let digits = mantissa.replace('.', "");
    let point: i32 = exponent.parse::<i32>().expect("a whole number") + 1;
    let sign = if number < 0.0 { "-" } else { "" };
    let length = i32::try_from(digits.len()).expect("at most 17 digits");
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let split = |at: i32| digits.split_at(usize::try_from(at).unwrap_or(0));
    let body = match point {
        _ if length <= point && point <= 21 => format!("{digits}{}", zeros(point - length)),
        1..=21 => format!("{}.{}", split(point).0, split(point).1),
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let sign = if point > 0 { "+" } else { "-" };
            let exponent = (point - 1).abs();
            let (first, rest) = split(1);
            if rest.is_empty() {
                format!("{first}e{sign}{exponent}")
            } else {
                format!("{first}.{rest}e{sign}{exponent}")
            }
        }
    };
    format!("{sign}{body}")
}

#[cfg(test)]
mod tests;
