//! Operators that are functions of their arguments.

use std::borrow::Cow;

use serde_json::Value;

use super::super::expr::{Affix, Arithmetic, Expr, Function, Mode};
use super::super::value::{Thrown, V, number, strictly_equal};
use super::super::versions;
use super::{Frame, MADE_MAX, affix_of};

/// Calls a function. `is_listed`: the arguments came as a list, not as one value on its own.
pub(super) fn call<'a>(
    frame: &mut Frame<'a, '_>,
    function: Function,
    arguments: Vec<V<'a>>,
    is_listed: bool,
) -> Result<V<'a>, Thrown> {
    match function {
        Function::Max => extreme(&arguments, |new, old| new > old),
        Function::Min => extreme(&arguments, |new, old| new < old),
        Function::Merge => merge(arguments),
        Function::Missing => Ok(V::Made(missing(frame, arguments))),
        Function::MissingSome => missing_some(frame, &arguments),
        Function::In => match arguments.as_slice() {
            [item, list, ..] => is_in(item, list).map(V::Bool),
            _ => Ok(V::Bool(false)),
        },
        Function::Substr => substr(&arguments),
        Function::Cat if is_listed => Ok(V::Text(joined(&arguments, Mode::Interpreted)?.into())),
        Function::Cat => match arguments.first() {
            None | Some(V::Null | V::Undefined) => Err(Thrown::WrongType),
            Some(value) => Ok(V::Text(value.to_text())),
        },
        Function::Starts => Ok(affix(Affix::Starts, &arguments)),
        Function::Ends => Ok(affix(Affix::Ends, &arguments)),
        Function::SemVer => Ok(sem_ver(&arguments)),
        Function::Log => Ok(arguments.into_iter().next().unwrap_or(V::Null)),
        Function::Over(operator) => over(operator, &arguments, is_listed),
    }
}

fn affix<'a>(affix: Affix, arguments: &[V<'a>]) -> V<'a> {
    match arguments {
        [text, part] => affix_of(affix, text, part),
        _ => V::Null,
    }
}

fn extreme<'a>(arguments: &[V<'a>], is_better: fn(f64, f64) -> bool) -> Result<V<'a>, Thrown> {
    let mut best = None;
    for argument in arguments {
        let V::Number(new) = *argument else { return Err(Thrown::InvalidArguments) };
        best = Some(best.map_or(new, |old| if is_better(new, old) { new } else { old }));
    }
    best.map(V::Number).ok_or(Thrown::InvalidArguments)
}

fn merge(arguments: Vec<V<'_>>) -> Result<V<'_>, Thrown> {
    let mut made = Vec::new();
    for argument in arguments {
        match argument.items() {
            Some(items) => made.extend(items),
            None => made.push(argument),
        }
        if made.len() > MADE_MAX {
            return Err(Thrown::TooMuch);
        }
    }
    Ok(V::Made(made))
}

/// The keys that are not there; what is null is there.
fn missing<'a>(frame: &Frame<'a, '_>, keys: Vec<V<'a>>) -> Vec<V<'a>> {
    let is_missing = |key: &V<'a>| {
        let path = super::super::compile::path(&key.to_text());
        matches!(frame.look(&frame.data, &path), V::Undefined)
    };
    keys.into_iter().filter(is_missing).collect()
}

fn missing_some<'a>(frame: &mut Frame<'a, '_>, arguments: &[V<'a>]) -> Result<V<'a>, Thrown> {
    let [needed, keys, ..] = arguments else { return Err(Thrown::InvalidArguments) };
    let keys = keys.items().ok_or(Thrown::WrongType)?;
    let there = keys.len();
    let missing = missing(frame, keys);
    if frame.tracks {
        frame.previous = V::Made(missing.clone());
    }
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let found = (there - missing.len()) as f64;
    Ok(V::Made(if found >= needed.to_number() { vec![] } else { missing }))
}

/// `(list || []).includes(item)`, for texts too.
pub(super) fn is_in(item: &V<'_>, list: &V<'_>) -> Result<bool, Thrown> {
    match list {
        V::List(items) => Ok(items.iter().any(|other| strictly_equal(item, &V::from(other)))),
        V::Made(items) => Ok(items.iter().any(|other| strictly_equal(item, other))),
        // The empty text too: JavaScript takes it for no list at all.
        other if other.is_falsy() => Ok(false),
        V::Text(text) => Ok(text.contains(item.to_text().as_ref())),
        _ => Err(Thrown::WrongType),
    }
}

/// JavaScript's `text.substr(from, length)`, in UTF-16 units; a negative length counts from the end.
fn substr<'a>(arguments: &[V<'a>]) -> Result<V<'a>, Thrown> {
    let Some(V::Text(text)) = arguments.first() else { return Err(Thrown::WrongType) };
    let units: Vec<u16> = text.encode_utf16().collect();
    let from = arguments.get(1).map_or(0, whole);
    let taken = match arguments.get(2) {
        None | Some(V::Undefined) => part(&units, from, i64::MAX),
        Some(end) if end.to_number() < 0.0 => {
            let rest = part(&units, from, i64::MAX);
            let length = i64::try_from(rest.len()).unwrap_or(i64::MAX).saturating_add(whole(end));
            part(rest, 0, length)
        }
        Some(length) => part(&units, from, whole(length)),
    };
    Ok(V::Text(String::from_utf16_lossy(taken).into()))
}

fn part(units: &[u16], from: i64, length: i64) -> &[u16] {
    let count = i64::try_from(units.len()).unwrap_or(i64::MAX);
    let start = if from < 0 { count.saturating_add(from).max(0) } else { from.min(count) };
    let end = start.saturating_add(length.max(0)).min(count);
    &units[usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0)]
}

/// JavaScript's `ToIntegerOrInfinity`.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and NaN becomes 0")]
fn whole(value: &V<'_>) -> i64 {
    value.to_number() as i64
}

fn sem_ver<'a>(arguments: &[V<'a>]) -> V<'a> {
    let [left, relation, right] = arguments else { return V::Null };
    let version = |value: &V<'_>| versions::parse(&value.to_text());
    match (version(left), versions::Relation::parse(&relation.to_text()), version(right)) {
        (Some(left), Some(relation), Some(right)) => V::Bool(relation.holds(&left, &right)),
        _ => V::Null,
    }
}

pub(super) fn cat<'a>(frame: &mut Frame<'a, '_>, parts: &'a [Expr], mode: Mode) -> Result<V<'a>, Thrown> {
    let parts = frame.all(parts)?;
    joined(&parts, mode).map(|text| V::Text(text.into()))
}

/// Compiled code writes null as `null`, interpreted code leaves it out.
fn joined(parts: &[V<'_>], mode: Mode) -> Result<String, Thrown> {
    let mut text = String::new();
    for part in parts {
        if mode == Mode::Compiled || !part.is_nullish() {
            text.push_str(&part.to_text());
        }
        if text.len() > MADE_MAX {
            return Err(Thrown::TooMuch);
        }
    }
    Ok(text)
}

pub(super) fn arithmetic<'a>(
    frame: &mut Frame<'a, '_>,
    operator: Arithmetic,
    arguments: &'a [Expr],
) -> Result<V<'a>, Thrown> {
    let mut result: Option<f64> = None;
    for argument in arguments {
        let right = number(&frame.eval(argument)?)?;
        result = Some(match (result, operator) {
            (None, _) => right,
            (Some(_), Arithmetic::Divide) if right == 0.0 => return Err(Thrown::NotANumber),
            (Some(left), _) => apply(operator, left, right),
        });
    }
    finish(operator, result, arguments.len())
}

fn apply(operator: Arithmetic, left: f64, right: f64) -> f64 {
    match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    }
}

/// No or one argument has a meaning of its own; what is no number is an error.
fn finish<'a>(operator: Arithmetic, result: Option<f64>, count: usize) -> Result<V<'a>, Thrown> {
    let result = match (operator, result) {
        (Arithmetic::Add, None) => 0.0,
        (Arithmetic::Multiply, None) => 1.0,
        (_, None) => return Err(Thrown::InvalidArguments),
        (Arithmetic::Remainder, _) if count < 2 => return Err(Thrown::InvalidArguments),
        (Arithmetic::Subtract, Some(only)) if count == 1 => -only,
        (Arithmetic::Divide, Some(only)) if count == 1 && only == 0.0 => return Err(Thrown::NotANumber),
        (Arithmetic::Divide, Some(only)) if count == 1 => 1.0 / only,
        (_, Some(result)) => result,
    };
    if result.is_nan() { Err(Thrown::NotANumber) } else { Ok(V::Number(result)) }
}

/// Arithmetic over the items of one value: `{"+": {"var": "prices"}}`.
fn over<'a>(operator: Arithmetic, items: &[V<'a>], is_list: bool) -> Result<V<'a>, Thrown> {
    if !is_list && !matches!(operator, Arithmetic::Add | Arithmetic::Subtract) {
        return Err(Thrown::WrongType);
    }
    let mut result: Option<f64> = None;
    for item in items {
        let right = number(item)?;
        result = Some(match result {
            None => right,
            Some(_) if operator == Arithmetic::Divide && right == 0.0 => return Err(Thrown::NotANumber),
            Some(left) => apply(operator, left, right),
        });
    }
    finish(operator, result, items.len())
}

/// What `reduce` hands on may hold lists and objects only if they hold none.
pub(super) fn shallow(value: V<'_>) -> Result<V<'_>, Thrown> {
    let is_flat = match &value {
        V::List(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
        V::Made(items) => items.iter().all(|item| !item.is_object()),
        V::Object(fields) => fields.values().all(|item| !item.is_array() && !item.is_object()),
        V::Pair(pair) => !pair.0.is_object() && !pair.1.is_object(),
        _ => true,
    };
    if is_flat { Ok(value) } else { Err(Thrown::TooMuch) }
}

/// The text of a targeting key, if there is one.
pub(super) fn targeting_key<'a>(frame: &Frame<'a, '_>) -> Option<Cow<'a, str>> {
    match frame.env.context.get("targetingKey")? {
        Value::String(key) if !key.is_empty() => Some(key.into()),
        other => Some(V::from(other)).filter(|key| !key.is_falsy()).map(|key| key.to_text()),
    }
}
