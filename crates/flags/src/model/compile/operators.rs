//! Each operator, compiled.

use std::sync::Arc;

use kernel::Problem;
use serde_json::Value;

use super::super::check;
use super::super::document::{Node, Place, Tree};
use super::super::expr::{
    Affix, Arguments, Arithmetic, Check, Compare, Expr, Fractional, Function, Iteration, Mode, Shares, Var,
};
use super::super::hash;
use super::super::split::Split;
use super::super::value::{Relation, Thrown};
use super::super::versions;
use super::{Compiled, Compiler, path};

/// From so many on, a constant list is looked up by hash.
const SET_MIN: usize = 4;

impl<'s> Compiler<'s> {
    pub(super) fn operation(&mut self, name: &'s str, place: Place, argument: &'s Node) -> Compiled {
        let list = argument.list();
        if let Some(relation) = relation(name) {
            return self.compare(relation, list);
        }
        if let Some(operator) = arithmetic(name) {
            return match list {
                Some(items) => Ok(Expr::Arithmetic { operator, arguments: self.all(items)? }),
                None => self.call(Function::Over(operator), argument),
            };
        }
        match name {
            "var" => self.var(argument),
            "if" | "?:" => self.branches(list),
            "and" => Ok(list.map(|items| self.all(items)).transpose()?.map_or(INVALID, Expr::And)),
            "or" => Ok(list.map(|items| self.all(items)).transpose()?.map_or(INVALID, Expr::Or)),
            "!" => Ok(Expr::Not(self.first(argument)?)),
            "!!" => Ok(Expr::Truth(self.first(argument)?)),
            "in" => self.within(argument),
            "cat" => match list {
                Some([one]) if self.mode == Mode::Interpreted && one.list().is_none() => self.call(Function::Cat, one),
                Some(items) => Ok(Expr::Cat { parts: self.all(items)?, mode: self.mode }),
                None => self.call(Function::Cat, argument),
            },
            "starts_with" => self.affix(Affix::Starts, argument),
            "ends_with" => self.affix(Affix::Ends, argument),
            "sem_ver" => self.sem_ver(argument),
            "fractional" => self.fractional(list.unwrap_or(std::slice::from_ref(argument))),
            "in_segment" => self.segment(place, argument),
            "map" => self.iterate(Iteration::Map, list),
            "filter" => self.iterate(Iteration::Filter, list),
            "all" => self.iterate(Iteration::All, list),
            "some" => self.iterate(Iteration::Some, list),
            "none" => self.iterate(Iteration::None, list),
            "reduce" => self.reduce(list),
            "max" => self.call(Function::Max, argument),
            "min" => self.call(Function::Min, argument),
            "merge" => self.call(Function::Merge, argument),
            "missing" => self.call(Function::Missing, argument),
            "missing_some" => self.call(Function::MissingSome, argument),
            "substr" => self.call(Function::Substr, argument),
            "log" => self.call(Function::Log, argument),
            unknown => self.refuse(place, check::unknown_operator(unknown)),
        }
    }

    fn call(&mut self, function: Function, argument: &'s Node) -> Compiled {
        let arguments = match &argument.tree {
            Tree::List(items) => Arguments::Listed(self.all(items)?),
            _ => Arguments::Given(self.boxed(argument)?),
        };
        Ok(Expr::Call { function, arguments })
    }

    /// The one argument, in a list or not.
    fn first(&mut self, argument: &'s Node) -> Result<Box<Expr>, Box<Problem>> {
        match argument.list() {
            Some([]) => Ok(Box::new(Expr::Undefined)),
            Some([first, ..]) => self.boxed(first),
            None => self.boxed(argument),
        }
    }

    fn var(&mut self, argument: &'s Node) -> Compiled {
        let (key, default) = match argument.list() {
            Some([]) => return Ok(Expr::Data),
            Some([key]) => (key, None),
            Some([key, default, ..]) => (key, Some(default)),
            None => (argument, None),
        };
        let default = default.map(|default| self.part(default)).transpose()?;
        let text = match &key.tree {
            Tree::Null => return Ok(Expr::Data),
            Tree::Text(text) if text.is_empty() => return Ok(Expr::Data),
            Tree::Text(text) => text.clone(),
            Tree::Number(number) => number.to_string(),
            _ => return Ok(Expr::VarAt { key: self.boxed(key)?, default: default.map(Box::new) }),
        };
        let rest = text.trim_start_matches("../");
        let ups = (text.len() - rest.len()) / 3;
        if ups > 0 && self.loops > 0 {
            return Ok(Expr::VarAbove { ups, path: path(rest), default: default.map(Box::new) });
        }
        let path = path(&text);
        match (&*path, self.loops) {
            ([first, second], 0) if **first == *"$flagd" && **second == *"flagKey" => {
                return Ok(if self.in_split {
                    Expr::Const(Value::String(self.pin.seed.clone()))
                } else {
                    Expr::FlagKey
                });
            }
            ([first, second], 0) if **first == *"$flagd" && **second == *"timestamp" => return Ok(Expr::Timestamp),
            _ => {}
        }
        let mut names = path.into_vec().into_iter();
        let name = names.next().unwrap_or_default();
        let var = Var { hash: hash::of(&name), name, rest: names.collect(), default, mode: self.mode };
        Ok(Expr::Var(Box::new(var)))
    }

    /// With fewer than three arguments the reference interprets an `if` and all that is in it.
    fn branches(&mut self, list: Option<&'s [Node]>) -> Compiled {
        let Some(items) = list else { return Ok(INVALID) };
        let outer = self.mode;
        if items.len() < 3 {
            self.mode = Mode::Interpreted;
        }
        let compiled = self.branches_of(items);
        self.mode = outer;
        let compiled = compiled?;
        let is_switched = outer == Mode::Compiled && items.len() < 3;
        Ok(if is_switched { Expr::Interpreted(Box::new(compiled)) } else { compiled })
    }

    fn branches_of(&mut self, items: &'s [Node]) -> Compiled {
        let (pairs, last) = match items {
            [] => return Ok(Expr::Const(Value::Null)),
            [only] => return self.part(only),
            items if items.len() % 2 == 1 => (&items[..items.len() - 1], items.last()),
            items => (items, None),
        };
        let mut branches = Vec::new();
        for pair in pairs.chunks_exact(2) {
            branches.push((self.part(&pair[0])?, self.part(&pair[1])?));
        }
        let otherwise = last.map_or(Ok(Expr::Const(Value::Null)), |last| self.part(last))?;
        Ok(Expr::If { branches, otherwise: Box::new(otherwise) })
    }

    fn compare(&mut self, relation: Relation, list: Option<&'s [Node]>) -> Compiled {
        let Some([first, rest @ ..]) = list.filter(|list| list.len() > 1) else { return Ok(INVALID) };
        let first = self.part(first)?;
        let rest = self.all(rest)?.into_iter().map(|expr| (check_of(&expr), expr)).collect();
        Ok(Expr::Compare(Box::new(Compare { relation, first, rest, mode: self.mode })))
    }

    fn within(&mut self, argument: &'s Node) -> Compiled {
        let Some([item, list]) = argument.list() else { return self.call(Function::In, argument) };
        let (item, list) = (self.boxed(item)?, self.boxed(list)?);
        let Expr::Const(Value::Array(constants)) = &*list else { return Ok(Expr::In { item, list }) };
        let texts: Option<Vec<_>> = constants.iter().map(Value::as_str).collect();
        match texts.filter(|texts| texts.len() >= SET_MIN) {
            Some(texts) => Ok(Expr::InTexts { item, texts: texts.into_iter().collect() }),
            None => Ok(Expr::In { item, list }),
        }
    }

    fn affix(&mut self, affix: Affix, argument: &'s Node) -> Compiled {
        let function = if affix == Affix::Starts { Function::Starts } else { Function::Ends };
        let Some([text, part]) = argument.list() else { return self.call(function, argument) };
        Ok(Expr::Affix { affix, text: self.boxed(text)?, part: self.boxed(part)? })
    }

    fn sem_ver(&mut self, argument: &'s Node) -> Compiled {
        if let Some([left, relation, right]) = argument.list()
            && let Some(relation) = relation.text().and_then(versions::Relation::parse)
            && let Some(right) = right.text().and_then(versions::parse)
        {
            return Ok(Expr::SemVer { left: self.boxed(left)?, relation, right });
        }
        self.call(Function::SemVer, argument)
    }

    fn segment(&mut self, place: Place, argument: &'s Node) -> Compiled {
        let (name, attribute) = match argument.list() {
            Some([name, attribute, ..]) => (name, Some(attribute)),
            Some([name]) => (name, None),
            _ => (argument, None),
        };
        let name = name.text().unwrap_or_default();
        let Some(segment) = self.set.segments.get(name) else {
            let hint = format!("write segments/{name}.txt, one targeting key a line");
            return self.refuse(place, Problem::invalid(format!("segment {name:?} is not defined")).hint(hint));
        };
        // The attribute is its name, or a part that gives the value.
        let item = match attribute.map(|attribute| (attribute, attribute.text())) {
            Some((_, Some(name))) => self.attribute(name),
            Some((part, None)) => self.part(part)?,
            None => self.attribute("targetingKey"),
        };
        Ok(Expr::InSegment { item: Box::new(item), segment: Arc::clone(segment) })
    }

    fn attribute(&self, text: &str) -> Expr {
        let mut names = path(text).into_vec().into_iter();
        let name = names.next().unwrap_or_default();
        let var = Var { hash: hash::of(&name), name, rest: names.collect(), default: None, mode: self.mode };
        Expr::Var(Box::new(var))
    }

    /// The body of a loop is code of its own: compiled wherever the loop is.
    fn body(&mut self, node: &'s Node) -> Result<Box<Expr>, Box<Problem>> {
        self.loops += 1;
        let body = self.boxed(node);
        self.loops -= 1;
        body
    }

    fn iterate(&mut self, iteration: Iteration, list: Option<&'s [Node]>) -> Compiled {
        let Some([list, body, ..]) = list else { return Ok(INVALID) };
        let list = self.boxed(list)?;
        Ok(Expr::Iterate { iteration, list, body: self.body(body)?, mode: self.mode })
    }

    fn reduce(&mut self, list: Option<&'s [Node]>) -> Compiled {
        let Some([list, body, rest @ ..]) = list else { return Ok(INVALID) };
        let list = self.boxed(list)?;
        let body = self.body(body)?;
        let initial = rest.first().map(|initial| self.boxed(initial)).transpose()?;
        Ok(Expr::Reduce { list, body, initial })
    }

    fn fractional(&mut self, items: &'s [Node]) -> Compiled {
        let (by, shares) = match items {
            [first, shares @ ..] if first.list().is_none() => {
                let outer = std::mem::replace(&mut self.in_split, true);
                let by = self.part(first);
                self.in_split = outer;
                (Some(by?), shares)
            }
            shares => (None, shares),
        };
        let shares = self.shares(shares, by.is_none())?;
        let (algorithm, seed) = (self.pin.algorithm, Arc::clone(&self.seed));
        Ok(Expr::Fractional(Box::new(Fractional { algorithm, seed, by, shares })))
    }

    fn shares(&mut self, nodes: &'s [Node], is_seeded: bool) -> Result<Shares, Box<Problem>> {
        let mut all = Vec::new();
        let mut is_right = !nodes.is_empty();
        for node in nodes {
            match node.list() {
                Some([variant]) => all.push((self.part(variant)?, None)),
                Some([variant, weight]) => all.push((self.part(variant)?, Some(self.part(weight)?))),
                _ => is_right = false,
            }
        }
        if !is_right {
            return Ok(Shares::Wrong);
        }
        let fixed: Option<Vec<_>> = all.iter().map(|(variant, weight)| fixed(variant, weight.as_ref())).collect();
        let total = fixed.iter().flatten().map(|(_, weight)| u64::from(*weight)).sum::<u64>();
        let (Some(fixed), Ok(total @ 0..=0x7FFF_FFFF)) = (fixed, u32::try_from(total)) else {
            return Ok(Shares::Computed(all));
        };
        let seed = if is_seeded { Arc::clone(&self.seed) } else { "".into() };
        let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let cuts = fixed.iter().map(|(variant, weight)| (name(variant), *weight)).collect();
        let split = Split { algorithm: self.pin.algorithm, seed, cuts, total };
        Ok(Shares::Fixed { variants: fixed.into_iter().map(|(variant, _)| variant).collect(), split })
    }
}

const INVALID: Expr = Expr::Throw(Thrown::InvalidArguments);

/// A constant variant and its weight; negative ones count as 0.
fn fixed(variant: &Expr, weight: Option<&Expr>) -> Option<(Value, u32)> {
    let Expr::Const(variant) = variant else { return None };
    if variant.is_array() || variant.is_object() {
        return None;
    }
    let weight = match weight {
        None => 1,
        Some(Expr::Const(Value::Number(number))) => whole(number)?,
        Some(_) => return None,
    };
    Some((variant.clone(), weight))
}

fn whole(number: &serde_json::Number) -> Option<u32> {
    match number.as_i64() {
        Some(weight) => u32::try_from(weight.max(0)).ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in the range")]
        None => number.as_f64().filter(|w| w.fract() == 0.0 && *w < 4e9).map(|weight| weight.max(0.0) as u32),
    }
}

/// What a part on the right of a comparison leaves in `prev`.
fn check_of(right: &Expr) -> Check {
    match right {
        Expr::Const(_) | Expr::Number(_) | Expr::Undefined | Expr::Data | Expr::Interpreted(_) | Expr::Throw(_) => {
            Check::Left
        }
        Expr::Var(_) | Expr::FlagKey | Expr::Timestamp => Check::Right,
        Expr::And(parts) | Expr::Or(parts) if !parts.is_empty() => Check::Right,
        _ => Check::Tracked,
    }
}

fn relation(name: &str) -> Option<Relation> {
    Some(match name {
        "==" => Relation::Equal,
        "!=" => Relation::Unequal,
        "===" => Relation::StrictlyEqual,
        "!==" => Relation::StrictlyUnequal,
        "<" => Relation::Less,
        "<=" => Relation::LessOrEqual,
        ">" => Relation::Greater,
        ">=" => Relation::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        "+" => Arithmetic::Add,
        "-" => Arithmetic::Subtract,
        "*" => Arithmetic::Multiply,
        "/" => Arithmetic::Divide,
        "%" => Arithmetic::Remainder,
        _ => return None,
    })
}
