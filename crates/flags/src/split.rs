//! The split of a flag's rule that a ramp moves: where it stands, and the rule with other cut points.
//!
//! A split is a `fractional` in a place whose result is the rule's result. Weights may be scaled by a whole number without
//! moving anybody: every algorithm compares the hash's place with running sums over the total.

use kernel::Problem;
use serde_json::{Map, Value, json};

use crate::allocation::Part;

/// A ramp has at least this many buckets to cut between.
const FINE: u64 = 1_000_000;

/// Where the one constant split of a rule is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// The rule has none.
    None,
    /// Cut points, and what it splits by if it says so.
    One { parts: Vec<Part>, by: Option<Value> },
    /// Several, or one whose shares are computed: nothing that one ramp could mean.
    Unclear,
}

/// Looks for the split of a rule.
pub(crate) fn find(rule: Option<&Value>) -> Found {
    let mut splits = Vec::new();
    if let Some(rule) = rule {
        collect(rule, &mut splits);
    }
    match splits.as_slice() {
        [] => Found::None,
        [arguments] => read(arguments).unwrap_or(Found::Unclear),
        _ => Found::Unclear,
    }
}

/// The arguments of every split in a place of a result.
fn collect<'a>(rule: &'a Value, splits: &mut Vec<&'a [Value]>) {
    let Some((name, arguments)) = operation(rule) else { return };
    match name {
        "fractional" => splits.push(arguments),
        "if" | "?:" => results(arguments.len()).for_each(|at| collect(&arguments[at], splits)),
        _ => {}
    }
}

fn operation(rule: &Value) -> Option<(&str, &[Value])> {
    let (name, arguments) = rule.as_object()?.iter().next()?;
    Some((name, arguments.as_array()?))
}

/// The positions of an `if` whose value is its result.
fn results(length: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(move |at| at % 2 == 1 || at + 1 == length)
}

fn read(arguments: &[Value]) -> Option<Found> {
    let by = arguments.first().filter(|first| !first.is_array()).cloned();
    let shares = &arguments[usize::from(by.is_some())..];
    let mut parts: Vec<Part> = Vec::new();
    let mut end = 0;
    for share in shares {
        let (variant, weight) = match share.as_array()?.as_slice() {
            [variant] => (variant, 1),
            [variant, weight] => (variant, weight.as_u64()?),
            _ => return None,
        };
        end += weight;
        parts.push((end, name(variant)?));
    }
    (end > 0).then_some(Found::One { parts, by })
}

fn name(variant: &Value) -> Option<String> {
    match variant {
        Value::String(name) => Some(name.clone()),
        Value::Bool(name) => Some(name.to_string()),
        _ => None,
    }
}

/// The same cut points on so fine a scale that a ramp can cut anywhere.
pub(crate) fn refine(parts: &[Part]) -> Vec<Part> {
    let factor = FINE.div_ceil(whole(parts).max(1));
    parts.iter().map(|(end, variant)| (end * factor, variant.clone())).collect()
}

/// How many buckets there are.
pub(crate) fn whole(parts: &[Part]) -> u64 {
    parts.last().map_or(0, |(end, _)| *end)
}

/// The rule with these cut points in its split; a rule without one gets it where it says what everybody else gets.
pub(crate) fn with_parts(rule: Option<&Value>, parts: &[Part]) -> Result<Value, Box<Problem>> {
    match find(rule) {
        Found::One { by, .. } => {
            let mut rule = rule.cloned().unwrap_or_default();
            replace(&mut rule, &fractional(by, parts));
            Ok(rule)
        }
        Found::None => Ok(match rule {
            None | Some(Value::Null) => fractional(None, parts),
            Some(rule) => otherwise(rule, fractional(None, parts))?,
        }),
        Found::Unclear => Err(Box::new(unclear())),
    }
}

fn unclear() -> Problem {
    Problem::conflict("the rule has several splits, or one with computed shares, so a ramp could mean any of them")
        .hint("change the weights in flags/ instead")
}

fn fractional(by: Option<Value>, parts: &[Part]) -> Value {
    let mut start = 0;
    let mut arguments: Vec<Value> = by.into_iter().collect();
    for (end, variant) in parts {
        arguments.push(json!([variant, end - start]));
        start = *end;
    }
    json!({ "fractional": arguments })
}

fn replace(rule: &mut Value, split: &Value) {
    let Some(object) = rule.as_object_mut() else { return };
    if object.contains_key("fractional") {
        *rule = split.clone();
        return;
    }
    let Some(arguments) = object.values_mut().next().and_then(Value::as_array_mut) else { return };
    for at in results(arguments.len()).collect::<Vec<_>>() {
        replace(&mut arguments[at], split);
    }
}

/// The rule with a split in place of what it gives when no condition holds.
fn otherwise(rule: &Value, split: Value) -> Result<Value, Box<Problem>> {
    let no_else = || {
        let problem =
            Problem::conflict("the rule has no place where everybody else is decided, so nothing can be ramped");
        Box::new(problem.hint("write it as { \"if\": [condition, \"variant\", \"the others' variant\"] }"))
    };
    let (name, arguments) = operation(rule).ok_or_else(no_else)?;
    if !matches!(name, "if" | "?:") {
        return Err(no_else());
    }
    let mut arguments = arguments.to_vec();
    match arguments.last().filter(|_| arguments.len() % 2 == 1) {
        Some(nested) if nested.is_object() => {
            let nested = otherwise(nested, split)?;
            arguments.pop();
            arguments.push(nested);
        }
        Some(_) => {
            arguments.pop();
            arguments.push(split);
        }
        None => arguments.push(split),
    }
    Ok(Value::Object(Map::from_iter([(name.to_owned(), Value::Array(arguments))])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(u64, &str)]) -> Vec<Part> {
        parts.iter().map(|(end, variant)| (*end, (*variant).to_owned())).collect()
    }

    #[test]
    fn the_split_behind_a_condition_is_found_and_replaced() {
        let rule = json!({ "if": [{ "in_segment": "beta" }, "on", { "fractional": [["on", 10], ["off", 90]] }] });
        let Found::One { parts: found, by: None } = find(Some(&rule)) else { panic!("{:?}", find(Some(&rule))) };
        assert_eq!(found, parts(&[(10, "on"), (100, "off")]));
        let changed = with_parts(Some(&rule), &parts(&[(50, "on"), (100, "off")])).unwrap();
        let expected = json!({ "if": [{ "in_segment": "beta" }, "on", { "fractional": [["on", 50], ["off", 50]] }] });
        assert_eq!(changed, expected);
    }

    #[test]
    fn a_rule_without_a_split_gets_one_for_everybody_else() {
        let split = parts(&[(1, "on"), (4, "off")]);
        let expected = json!({ "fractional": [["on", 1], ["off", 3]] });
        assert_eq!(with_parts(None, &split).unwrap(), expected);
        let rule = json!({ "if": [true, "on", "off"] });
        assert_eq!(with_parts(Some(&rule), &split).unwrap(), json!({ "if": [true, "on", expected] }));
        let open = json!({ "if": [true, "on"] });
        assert_eq!(with_parts(Some(&open), &split).unwrap(), json!({ "if": [true, "on", expected] }));
    }

    #[test]
    fn two_splits_are_no_clear_wish() {
        let one = json!({ "fractional": [["on", 1], ["off", 1]] });
        let rule = json!({ "if": [true, one, one] });
        assert!(with_parts(Some(&rule), &parts(&[(1, "on")])).is_err());
        assert!(with_parts(Some(&json!({ "cat": ["o", "n"] })), &parts(&[(1, "on")])).is_err());
    }

    #[test]
    fn refining_keeps_the_proportions() {
        let fine = refine(&parts(&[(1, "on"), (7, "off")]));
        assert_eq!(fine[0].0 * 7, fine[1].0);
        assert_eq!(refine(&fine), fine);
    }
}
