//! What can be said of a rule without running it: operators, counts of arguments, constants, the variants it gives.
//!
//! Here flagd's JSON Schema is the measure, which is stricter than its evaluators. A rule that is found wrong here may still
//! have answers.

use kernel::Problem;
use serde_json::{Map, Value};

use super::document::{Node, Place, Tree};
use super::limits::DEPTH_MAX;
use super::versions;

pub(super) use misread::suggestion;

const COMPARISONS: [&str; 8] = ["=", "!=", "<", "<=", ">", ">=", "^", "~"];

/// An operator and how many arguments it takes; `unary` ones may have theirs without a list.
struct Operator {
    name: &'static str,
    least: usize,
    most: usize,
    unary: bool,
}

const ANY: usize = usize::MAX;

const fn operator(name: &'static str, least: usize, most: usize) -> Operator {
    Operator { name, least, most, unary: false }
}

const fn unary(name: &'static str, least: usize, most: usize) -> Operator {
    Operator { name, least, most, unary: true }
}

const OPERATORS: [Operator; 41] = [
    operator("if", 1, ANY),
    operator("?:", 1, ANY),
    operator("and", 1, ANY),
    operator("or", 1, ANY),
    unary("!", 1, 1),
    unary("!!", 1, 1),
    operator("==", 2, 2),
    operator("!=", 2, 2),
    operator("===", 2, 2),
    operator("!==", 2, 2),
    operator("<", 2, 3),
    operator("<=", 2, 3),
    operator(">", 2, 3),
    operator(">=", 2, 3),
    unary("+", 1, ANY),
    unary("-", 1, ANY),
    unary("*", 1, ANY),
    unary("/", 1, ANY),
    unary("%", 2, 2),
    unary("max", 1, ANY),
    unary("min", 1, ANY),
    unary("var", 0, 2),
    unary("missing", 0, ANY),
    operator("missing_some", 2, 2),
    operator("map", 2, 2),
    operator("filter", 2, 2),
    operator("reduce", 2, 3),
    operator("all", 2, 2),
    operator("none", 2, 2),
    operator("some", 2, 2),
    unary("merge", 0, ANY),
    operator("in", 2, 2),
    unary("cat", 1, ANY),
    operator("substr", 2, 3),
    unary("log", 1, 1),
    operator("starts_with", 2, 2),
    operator("ends_with", 2, 2),
    operator("sem_ver", 3, 3),
    operator("fractional", 1, ANY),
    operator("in_segment", 1, 2),
    unary("$ref", 1, 1),
];

/// The problem of a name that is no variant.
pub(super) fn undefined_variant(name: &str, variants: &Map<String, Value>) -> Problem {
    let known: Vec<_> = variants.keys().map(|name| format!("{name:?}")).collect();
    Problem::invalid(format!("variant {name:?} is not defined"))
        .hint(format!("defined variants are {}", known.join(", ")))
}

/// The problem of an operator that nobody knows.
pub(super) fn unknown_operator(name: &str) -> Problem {
    let hint = suggestion(name, OPERATORS.iter().map(|operator| operator.name));
    Problem::invalid(format!("operator {name:?} is not known")).hint(hint)
}

type Tell<'a> = &'a mut dyn FnMut(Place, Problem);

/// Checks the rule of a flag with these variants, or of an evaluator.
pub(super) fn rule(rule: &Node, variants: Option<&Map<String, Value>>, tell: Tell<'_>) {
    if !matches!(rule.tree, Tree::Object(_)) {
        let problem = Problem::invalid(format!("the rule is {}, not an object", rule.what()));
        return tell(rule.place, problem.hint("for example { \"if\": [condition, \"on\", \"off\"] }"));
    }
    part(rule, DEPTH_MAX, tell);
    if let Some(variants) = variants {
        results(rule, variants, DEPTH_MAX, tell);
    }
}

fn part(node: &Node, depth: usize, tell: Tell<'_>) {
    let Some(depth) = depth.checked_sub(1) else {
        return tell(node.place, Problem::invalid("the rule is too deep").hint(format!("at most {DEPTH_MAX} levels")));
    };
    match &node.tree {
        Tree::List(items) => items.iter().for_each(|item| part(item, depth, tell)),
        Tree::Object(fields) => match fields.as_slice() {
            [] => {}
            [(name, place, argument)] => operation(name, *place, argument, depth, tell),
            [_, (name, place, _), ..] => {
                let problem = Problem::invalid(format!("{name:?} is the second operator in one object"));
                tell(*place, problem.hint("an object in a rule has one key, the operator"));
            }
        },
        _ => {}
    }
}

fn operation(name: &str, place: Place, argument: &Node, depth: usize, tell: Tell<'_>) {
    let Some(operator) = OPERATORS.iter().find(|operator| operator.name == name) else {
        return tell(place, unknown_operator(name));
    };
    match &argument.tree {
        Tree::List(arguments) => {
            let count = arguments.len();
            if count < operator.least || count > operator.most {
                let problem = Problem::invalid(format!("{name:?} has {count} arguments"));
                tell(place, problem.hint(format!("it takes {}", counts(operator))));
            }
        }
        _ if operator.unary || (name == "in_segment" && argument.text().is_some()) => {}
        _ => {
            let problem = Problem::invalid(format!("the arguments of {name:?} are {}, not a list", argument.what()));
            tell(argument.place, problem.hint(format!("it takes a list of {}", counts(operator))));
        }
    }
    constants(name, argument, tell);
    part(argument, depth, tell);
}

fn counts(operator: &Operator) -> String {
    match (operator.least, operator.most) {
        (least, ANY) => format!("{least} or more"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    }
}

/// Arguments that stand there as constants and cannot be right.
fn constants(name: &str, argument: &Node, tell: Tell<'_>) {
    match name {
        "var" => variable(argument, tell),
        "starts_with" | "ends_with" => {
            for wrong in argument.list().unwrap_or_default().iter().filter(|node| !may_be_text(node)) {
                let problem = Problem::invalid(format!("{name:?} compares texts, and this is {}", wrong.what()));
                tell(wrong.place, problem.hint("put it in quotes"));
            }
        }
        "sem_ver" => version(argument.list().unwrap_or_default(), tell),
        "fractional" => fractional(argument.list().unwrap_or_default(), tell),
        "in_segment" => {
            let first = argument.list().map_or(Some(argument), <[Node]>::first);
            if let Some(first) = first.filter(|node| node.text().is_none()) {
                let problem = Problem::invalid(format!("the name of a segment is {}, not a text", first.what()));
                tell(first.place, problem.hint("for example { \"in_segment\": \"beta\" } for segments/beta.txt"));
            }
        }
        _ => {}
    }
}

fn variable(argument: &Node, tell: Tell<'_>) {
    let path = argument.list().map_or(Some(argument), <[Node]>::first);
    let Some((node, path)) = path.and_then(|node| Some((node, node.text()?))) else { return };
    if path.starts_with("$flagd.") && !matches!(path, "$flagd.timestamp" | "$flagd.flagKey") {
        let hint = suggestion(path, ["$flagd.timestamp", "$flagd.flagKey"].into_iter());
        tell(node.place, Problem::invalid(format!("{path:?} is not known")).hint(hint));
    }
}

fn may_be_text(node: &Node) -> bool {
    matches!(node.tree, Tree::Text(_) | Tree::Object(_))
}

fn version(arguments: &[Node], tell: Tell<'_>) {
    let [left, comparison, right] = arguments else { return };
    if let Some(word) = comparison.text().filter(|word| !COMPARISONS.contains(word)) {
        let problem = Problem::invalid(format!("{word:?} compares no versions"));
        tell(comparison.place, problem.hint(format!("known are {}", COMPARISONS.join(" "))));
    }
    for node in [left, right] {
        if let Some(text) = node.text().filter(|text| versions::parse(text).is_none()) {
            let problem = Problem::invalid(format!("{text:?} is not a semantic version"));
            tell(node.place, problem.hint("for example 1.2.3 or 2.0.0-rc.1"));
        }
    }
}

fn fractional(arguments: &[Node], tell: Tell<'_>) {
    let shares = match arguments {
        [first, shares @ ..] if first.list().is_none() => {
            if !matches!(first.tree, Tree::Object(_)) {
                let problem = Problem::invalid(format!("the split divides by {}, a constant", first.what()));
                tell(first.place, problem.hint("leave it out, or write { \"var\": ATTRIBUTE }"));
            }
            shares
        }
        shares => shares,
    };
    let mut total = 0;
    for share in shares {
        match share.list() {
            Some([_]) => total += 1,
            Some([_, weight]) => total += weight_of(weight, tell),
            _ => {
                let problem = Problem::invalid("a share is a variant and a whole number");
                tell(share.place, problem.hint("for example [\"on\", 25]"));
            }
        }
    }
    if total > i64::from(i32::MAX) {
        let place = arguments.first().map_or(Place::default(), |node| node.place);
        tell(place, Problem::invalid(format!("the weights sum up to {total}")).hint(format!("at most {}", i32::MAX)));
    }
}

fn weight_of(node: &Node, tell: Tell<'_>) -> i64 {
    let weight = match &node.tree {
        Tree::Object(_) => return 0,
        Tree::Number(number) => number.as_i64().filter(|weight| (0..=i64::from(i32::MAX)).contains(weight)),
        _ => None,
    };
    if weight.is_none() {
        let problem = Problem::invalid(format!("{} is no weight", node.to_value()));
        tell(node.place, problem.hint("a weight is a whole number from 0"));
    }
    weight.unwrap_or(0)
}

/// The constants that the rule may give, against the variants there are.
fn results(node: &Node, variants: &Map<String, Value>, depth: usize, tell: Tell<'_>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let mut result = |node: &Node| results(node, variants, depth, tell);
    match &node.tree {
        Tree::Text(name) if !variants.contains_key(name) => tell(node.place, undefined_variant(name, variants)),
        Tree::Bool(value) if !variants.contains_key(&value.to_string()) => {
            tell(node.place, undefined_variant(&value.to_string(), variants));
        }
        Tree::Object(fields) => match fields.as_slice() {
            [(name, _, argument)] if name == "if" || name == "?:" => {
                let arguments = argument.list().unwrap_or_default();
                let last = arguments.len().checked_sub(1).filter(|last| last % 2 == 0);
                let is_result = |position: usize| position % 2 == 1 || Some(position) == last;
                arguments.iter().enumerate().filter(|(n, _)| is_result(*n)).for_each(|(_, node)| result(node));
            }
            [(name, _, argument)] if name == "fractional" => {
                let shares = argument.list().unwrap_or_default().iter().filter_map(Node::list);
                shares.filter_map(<[Node]>::first).for_each(result);
            }
            _ => {}
        },
        _ => {}
    }
}
