//! From a definition to rules that are ready to answer.

mod constant;
mod operators;

use std::sync::Arc;

use kernel::Problem;

use super::check;
use super::definition::{Definition, Origin, Pin, State};
use super::document::{Node, Place, Tree};
use super::expr::{Expr, Mode, Path, Script};
use super::limits::{DEPTH_MAX, RULE_PARTS_MAX};
use super::ruleset::Rules;
use super::set::FlagSet;

type Compiled = Result<Expr, Box<Problem>>;

/// Compiles a flag of the set.
pub(super) fn flag(definition: &Definition, set: &FlagSet) -> Result<Rules, Box<Problem>> {
    let script = definition.targeting.as_ref().map(|rule| script(rule, definition, set)).transpose()?;
    rules(definition, script)
}

/// A flag without its rule, which nobody asks a disabled flag for.
pub(super) fn disabled(definition: &Definition) -> Option<Rules> {
    if definition.state == State::Disabled { rules(definition, None).ok() } else { None }
}

fn rules(definition: &Definition, script: Option<Script>) -> Result<Rules, Box<Problem>> {
    let variants: Vec<_> =
        definition.variants.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect();
    let default = definition.default_variant.as_ref().map(|wanted| default(definition, wanted)).transpose()?;
    Ok(Rules {
        state: definition.state,
        kind: definition.kind,
        variants,
        default,
        script,
        metadata: definition.metadata.clone(),
    })
}

fn default(definition: &Definition, wanted: &str) -> Result<usize, Box<Problem>> {
    let position = definition.variants.keys().position(|name| name == wanted);
    position.ok_or_else(|| {
        let problem = check::undefined_variant(wanted, &definition.variants);
        Box::new(definition.origin.place.mark(problem, &definition.origin.file))
    })
}

fn script(rule: &Node, definition: &Definition, set: &FlagSet) -> Result<Script, Box<Problem>> {
    let mut compiler = Compiler {
        set,
        pin: &definition.pin,
        seed: definition.pin.seed.as_str().into(),
        origin: &definition.origin,
        references: Vec::new(),
        mode: Mode::Compiled,
        loops: 0,
        in_split: false,
        parts: 0,
        depth: 0,
    };
    Ok(Script { root: compiler.part(rule)? })
}

/// The names on a path: `.` separates, `\` takes its meaning away.
pub(super) fn path(text: &str) -> Path {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('.' | '/' | '\\'))) => {
                part.push(next);
                chars.next();
            }
            ('.', _) => parts.push(std::mem::take(&mut part).into()),
            (c, _) => part.push(c),
        }
    }
    // As the reference has it: "." is one empty name.
    if parts.len() != text.encode_utf16().count() {
        parts.push(part.into());
    }
    parts.into()
}

struct Compiler<'s> {
    set: &'s FlagSet,
    pin: &'s Pin,
    seed: Arc<str>,
    /// Where the text that is compiled now was written.
    origin: &'s Origin,
    /// The evaluators that are open: none may be in itself.
    references: Vec<&'s str>,
    mode: Mode,
    /// How many loops are around.
    loops: usize,
    /// Inside of what a split divides by.
    in_split: bool,
    parts: usize,
    depth: usize,
}

impl<'s> Compiler<'s> {
    fn refuse<T>(&self, place: Place, problem: Problem) -> Result<T, Box<Problem>> {
        Err(Box::new(place.mark(problem, &self.origin.file)))
    }

    fn part(&mut self, node: &'s Node) -> Compiled {
        self.parts += 1;
        if self.parts > RULE_PARTS_MAX || self.depth > DEPTH_MAX {
            let problem = Problem::invalid("the rule is too large or too deep, with its evaluators");
            let hint = format!("at most {RULE_PARTS_MAX} parts and {DEPTH_MAX} levels");
            return self.refuse(node.place, problem.hint(hint));
        }
        self.depth += 1;
        let compiled = self.part_within(node);
        self.depth -= 1;
        compiled
    }

    fn part_within(&mut self, node: &'s Node) -> Compiled {
        match &node.tree {
            Tree::Object(fields) => match fields.as_slice() {
                [] => Ok(Expr::Const(node.to_value())),
                [(name, place, argument)] if name == "$ref" => self.reference(*place, argument),
                [(name, place, argument)] => self.folded(node, name, *place, argument),
                [_, (name, place, _), ..] => {
                    let problem = Problem::invalid(format!("{name:?} is the second operator in one object"));
                    self.refuse(*place, problem.hint("an object in a rule has one key, the operator"))
                }
            },
            Tree::List(items) if !constant::is_plain(node) => Ok(Expr::List(self.all(items)?)),
            _ => Ok(Expr::Const(node.to_value())),
        }
    }

    fn all(&mut self, nodes: &'s [Node]) -> Result<Vec<Expr>, Box<Problem>> {
        nodes.iter().map(|node| self.part(node)).collect()
    }

    fn boxed(&mut self, node: &'s Node) -> Result<Box<Expr>, Box<Problem>> {
        self.part(node).map(Box::new)
    }

    /// As the reference does, what needs no context is worked out once. If it fails, the flag is of no use.
    fn folded(&mut self, node: &'s Node, name: &'s str, place: Place, argument: &'s Node) -> Compiled {
        if !constant::is_constant(node, self.set, 0) {
            return self.operation(name, place, argument);
        }
        let mode = std::mem::replace(&mut self.mode, Mode::Interpreted);
        let compiled = self.operation(name, place, argument);
        self.mode = mode;
        match (constant::of(&compiled?), mode) {
            (Ok(folded), _) => Ok(folded),
            (Err(thrown), Mode::Interpreted) => Ok(Expr::Throw(thrown)),
            (Err(thrown), Mode::Compiled) => {
                let problem = Problem::invalid(format!("this can only fail: {thrown}"));
                self.refuse(place, problem.hint("nothing in it depends on the context"))
            }
        }
    }

    fn reference(&mut self, place: Place, argument: &'s Node) -> Compiled {
        let name = argument.list().map_or(Some(argument), <[Node]>::first).and_then(Node::text).unwrap_or_default();
        let Some((name, (origin, rule))) = self.set.evaluators.get_key_value(name) else {
            let hint = check::suggestion(name, self.set.evaluators.keys().map(String::as_str));
            let problem = Problem::invalid(format!("evaluator {name:?} is not defined")).hint(hint);
            return self.refuse(place, problem);
        };
        if self.references.contains(&name.as_str()) {
            let chain = self.references.join(" > ");
            let problem = Problem::invalid(format!("evaluator {name:?} refers to itself: {chain} > {name}"));
            return self.refuse(place, problem.hint("write out one of them"));
        }
        self.references.push(name);
        let outer = std::mem::replace(&mut self.origin, origin);
        let compiled = self.part(rule);
        self.origin = outer;
        self.references.pop();
        compiled
    }
}
