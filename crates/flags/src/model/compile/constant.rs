//! What of a rule needs no context.

use super::super::document::{Node, Tree};
use super::super::evaluate;
use super::super::expr::Expr;
use super::super::limits::DEPTH_MAX;
use super::super::set::FlagSet;
use super::super::value::{Thrown, V};

/// No operator in it.
pub(super) fn is_plain(node: &Node) -> bool {
    match &node.tree {
        Tree::List(items) => items.iter().all(is_plain),
        Tree::Object(fields) => fields.is_empty(),
        _ => true,
    }
}

/// An operation that the reference takes for constant. Inside of a loop's body `var` is, its loop being around it.
pub(super) fn is_constant(node: &Node, set: &FlagSet, loops: usize) -> bool {
    is_constant_within(node, set, loops, DEPTH_MAX)
}

fn is_constant_within(node: &Node, set: &FlagSet, loops: usize, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let all = |items: &[Node]| items.iter().all(|item| is_constant_within(item, set, loops, depth));
    match &node.tree {
        Tree::List(items) => all(items),
        Tree::Object(fields) => match fields.as_slice() {
            [] => true,
            [(name, _, argument)] => match name.as_str() {
                "var" => loops > 0 && argument.list().is_none_or(is_plain_list) && !climbs(argument),
                "map" | "filter" | "some" | "all" | "none" | "reduce" => match argument.list() {
                    Some([list, body, ..]) => {
                        is_constant_within(list, set, loops, depth) && is_constant_within(body, set, loops + 1, depth)
                    }
                    _ => false,
                },
                "missing" => argument.list().is_some_and(<[Node]>::is_empty),
                "missing_some" | "starts_with" | "ends_with" | "sem_ver" | "fractional" | "in_segment" | "log" => false,
                "$ref" => argument
                    .text()
                    .and_then(|name| set.evaluators.get(name))
                    .is_some_and(|(_, rule)| is_constant_within(rule, set, loops, depth)),
                _ => is_constant_within(argument, set, loops, depth),
            },
            _ => false,
        },
        _ => true,
    }
}

fn is_plain_list(items: &[Node]) -> bool {
    items.iter().all(is_plain)
}

fn climbs(argument: &Node) -> bool {
    let path = argument.list().map_or(Some(argument), <[Node]>::first);
    path.and_then(Node::text).is_some_and(|path| path.contains("../../"))
}

/// Its value, as an expression.
pub(super) fn of(expr: &Expr) -> Result<Expr, Thrown> {
    Ok(match evaluate::constant(expr)? {
        V::Undefined => Expr::Undefined,
        V::Number(number) if !number.is_finite() => Expr::Number(number),
        value => value.to_value().map_or(Expr::Undefined, Expr::Const),
    })
}
