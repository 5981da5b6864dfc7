//! Runs a compiled rule.

mod functions;
mod split;
mod truth;

use std::borrow::Cow;
use std::cell::Cell;

use serde_json::Value;

use super::context::Context;
use super::expr::{Affix, Arguments, Check, Compare, Expr, Function, Iteration, Mode, Path, Script, Var};
use super::split::Split;
use super::value::{self, Thrown, V};
use super::versions;

/// Items that the loops of one evaluation may see.
const STEPS_MAX: u32 = 200_000;
/// Items of a list, and bytes of a text, that a rule may make.
pub(super) const MADE_MAX: usize = 1 << 20;

/// What a rule gave.
#[derive(Debug)]
pub(super) struct Outcome<'s, 'a> {
    /// The name; none for null.
    pub(super) variant: Option<Cow<'a, str>>,
    /// The split that gave it.
    pub(super) split: Option<&'s Split>,
}

/// What all parts of one evaluation see.
#[derive(Debug)]
struct Env<'a> {
    key: &'a str,
    context: &'a Context,
    now: i64,
    steps: Cell<u32>,
}

impl Env<'_> {
    fn step(&self) -> Result<(), Thrown> {
        let left = self.steps.get().checked_sub(1).ok_or(Thrown::TooMuch)?;
        self.steps.set(left);
        Ok(())
    }
}

/// One function of the reference's compiled code: the body of a loop has its own.
#[derive(Debug)]
struct Frame<'a, 'f> {
    env: &'f Env<'a>,
    /// What `var` looks into.
    data: V<'a>,
    above: Option<Above<'a, 'f>>,
    /// `prev`, while somebody wants to know.
    previous: V<'a>,
    tracks: bool,
}

/// Around the body of a loop.
#[derive(Debug, Clone, Copy)]
struct Above<'a, 'f> {
    list: &'f V<'a>,
    /// None where the reference hands on the list alone.
    index: Option<usize>,
    data: &'f V<'a>,
    outer: Option<&'f Above<'a, 'f>>,
}

/// Runs the rule of flag `key`.
pub(super) fn run<'s: 'a, 'a>(
    script: &'s Script,
    key: &'a str,
    context: &'a Context,
    now: i64,
) -> Result<Outcome<'s, 'a>, Thrown> {
    let env = Env { key, context, now, steps: Cell::new(STEPS_MAX) };
    let mut frame = Frame { env: &env, data: V::Context, above: None, previous: V::Undefined, tracks: false };
    let (value, split) = match frame.leaf(&script.root)? {
        Expr::Const(Value::String(name)) => return Ok(Outcome { variant: Some(name.into()), split: None }),
        Expr::Fractional(fractional) => match split::plainly(&frame, fractional) {
            Some(outcome) => return Ok(outcome),
            None => split::last(&mut frame, fractional)?,
        },
        other => (frame.eval(other)?, None),
    };
    let variant = match value {
        V::Undefined | V::Null => None,
        V::Text(text) => Some(text),
        other => Some(other.to_text()),
    };
    Ok(Outcome { variant, split })
}

/// The value of an expression that needs no context.
pub(super) fn constant(expr: &Expr) -> Result<V<'_>, Thrown> {
    static NOTHING: std::sync::LazyLock<Context> = std::sync::LazyLock::new(Context::default);
    let env = Env { key: "", context: &NOTHING, now: 0, steps: Cell::new(STEPS_MAX) };
    let mut frame = Frame { env: &env, data: V::Undefined, above: None, previous: V::Undefined, tracks: false };
    frame.eval(expr)
}

impl<'a> Frame<'a, '_> {
    /// The part whose value is the rule's: the end of its branches.
    fn leaf<'s: 'a>(&mut self, mut expr: &'s Expr) -> Result<&'s Expr, Thrown> {
        loop {
            expr = match expr {
                Expr::If { branches, otherwise } => self.branch(branches, otherwise)?,
                Expr::Interpreted(inner) => inner,
                leaf => return Ok(leaf),
            }
        }
    }

    fn branch<'s: 'a>(&mut self, branches: &'s [(Expr, Expr)], otherwise: &'s Expr) -> Result<&'s Expr, Thrown> {
        for (condition, result) in branches {
            if self.truth(condition)? {
                return Ok(result);
            }
        }
        Ok(otherwise)
    }

    fn eval(&mut self, expr: &'a Expr) -> Result<V<'a>, Thrown> {
        Ok(match expr {
            Expr::Const(value) => V::from(value),
            Expr::Number(number) => V::Number(*number),
            Expr::Undefined => V::Undefined,
            Expr::FlagKey => self.note(V::text(self.env.key)),
            #[expect(clippy::cast_precision_loss, reason = "JavaScript's time is a float too")]
            Expr::Timestamp => self.note(V::Number(self.env.now as f64)),
            Expr::Data => self.data.clone(),
            Expr::Var(var) => return self.var(var),
            Expr::VarAbove { ups, path, default } => return self.var_above(*ups, path, default.as_deref()),
            Expr::VarAt { key, default } => return self.var_at(key, default.as_deref()),
            Expr::If { branches, otherwise } => {
                let chosen = self.branch(branches, otherwise)?;
                return self.eval(chosen);
            }
            Expr::And(parts) => return self.until(parts, false),
            Expr::Or(parts) => return self.until(parts, true),
            Expr::Not(part) => V::Bool(!self.truth(part)?),
            Expr::Truth(part) => V::Bool(self.truth(part)?),
            Expr::Compare(compare) => V::Bool(self.compare(compare)?),
            Expr::Affix { affix, text, part } => {
                let (text, part) = (self.eval(text)?, self.eval(part)?);
                affix_of(*affix, &text, &part)
            }
            Expr::InTexts { item, texts } => {
                let item = self.eval(item)?;
                V::Bool(matches!(item, V::Text(text) if texts.contains(&text)))
            }
            Expr::InSegment { item, segment } => {
                let item = self.eval(item)?;
                V::Bool(matches!(item, V::Text(text) if segment.contains(&text)))
            }
            Expr::SemVer { left, relation, right } => {
                let version = self.eval(left)?;
                versions::parse(&version.to_text()).map_or(V::Null, |left| V::Bool(relation.holds(&left, right)))
            }
            Expr::Fractional(fractional) => split::last(self, fractional)?.0,
            Expr::Throw(thrown) => return Err(*thrown),
            Expr::Interpreted(inner) => {
                let tracks = std::mem::replace(&mut self.tracks, false);
                let value = self.eval(inner);
                self.tracks = tracks;
                return value;
            }
            other => return self.rest(other),
        })
    }

    /// The parts that make lists or texts.
    fn rest(&mut self, expr: &'a Expr) -> Result<V<'a>, Thrown> {
        match expr {
            Expr::Arithmetic { operator, arguments } => functions::arithmetic(self, *operator, arguments),
            Expr::In { item, list } => {
                let list = self.eval(list)?;
                let item = self.eval(item)?;
                functions::is_in(&item, &list).map(V::Bool)
            }
            Expr::Cat { parts, mode } => functions::cat(self, parts, *mode),
            Expr::Iterate { iteration, list, body, mode } => self.iterate(*iteration, list, body, *mode),
            Expr::Reduce { list, body, initial } => self.reduce(list, body, initial.as_deref()),
            Expr::List(items) => self.all(items).map(V::Made),
            Expr::Call { function, arguments: Arguments::Listed(arguments) } => {
                let arguments = self.all(arguments)?;
                functions::call(self, *function, arguments, true)
            }
            Expr::Call { function, arguments: Arguments::Given(argument) } => {
                let argument = self.eval(argument)?;
                let is_list = argument.is_list();
                if matches!(function, Function::Over(_)) && self.tracks {
                    self.previous = argument.clone();
                }
                let arguments = argument.items().unwrap_or_else(|| vec![argument]);
                functions::call(self, *function, arguments, is_list)
            }
            _ => unreachable!("eval knows all others"),
        }
    }

    fn all(&mut self, parts: &'a [Expr]) -> Result<Vec<V<'a>>, Thrown> {
        parts.iter().map(|part| self.eval(part)).collect()
    }

    /// Remembers what the reference puts into `prev`.
    #[inline]
    fn note(&mut self, value: V<'a>) -> V<'a> {
        if self.tracks {
            self.previous = value.clone();
        }
        value
    }

    #[inline]
    fn var(&mut self, var: &'a Var) -> Result<V<'a>, Thrown> {
        let found = match self.data {
            V::Context => self.env.context.find(var.hash, &var.name).map_or(V::Undefined, V::from),
            ref data => data.property(&var.name),
        };
        if var.rest.is_empty() && var.default.is_none() {
            let value = if matches!(found, V::Undefined) { V::Null } else { found };
            return Ok(if var.mode == Mode::Compiled { self.note(value) } else { value });
        }
        match var.mode {
            Mode::Compiled => {
                let value = walk(found, &var.rest);
                let value = if value.is_nullish() { self.otherwise(var.default.as_ref())? } else { value };
                Ok(self.note(value))
            }
            Mode::Interpreted => self.var_interpreted(found, var),
        }
    }

    /// The reference's shortcuts give a falsy value on the way back as it is; a default is for what is not there at all.
    fn var_interpreted(&mut self, found: V<'a>, var: &'a Var) -> Result<V<'a>, Thrown> {
        let has_shortcut = var.default.is_none() && var.rest.len() <= 2;
        let mut value = found;
        for name in &var.rest {
            if value.is_nullish() || has_shortcut && value.is_falsy() {
                break;
            }
            value = value.property(name);
        }
        if matches!(value, V::Undefined) { self.otherwise(var.default.as_ref()) } else { Ok(value) }
    }

    fn otherwise(&mut self, default: Option<&'a Expr>) -> Result<V<'a>, Thrown> {
        default.map_or(Ok(V::Null), |default| self.eval(default))
    }

    /// A path from this data; `$flagd` is added to the context.
    fn look(&self, data: &V<'a>, path: &[Box<str>]) -> V<'a> {
        match (data, path) {
            (V::Context, [first, second]) if **first == *"$flagd" && **second == *"flagKey" => V::text(self.env.key),
            #[expect(clippy::cast_precision_loss, reason = "JavaScript's time is a float too")]
            (V::Context, [first, second]) if **first == *"$flagd" && **second == *"timestamp" => {
                V::Number(self.env.now as f64)
            }
            (V::Context, [first, rest @ ..]) => walk(self.env.context.get(first).map_or(V::Undefined, V::from), rest),
            (data, path) => walk(data.clone(), path),
        }
    }

    /// Each loop is two steps up: to the list and the index, and to the data around it.
    fn var_above(&mut self, ups: usize, path: &'a Path, default: Option<&'a Expr>) -> Result<V<'a>, Thrown> {
        let mut above = self.above.as_ref();
        for _ in 0..(ups - 1) / 2 {
            above = above.and_then(|above| above.outer);
        }
        let value = match above {
            None => V::Undefined,
            Some(above) if ups.is_multiple_of(2) => self.look(above.data, path),
            Some(Above { list, index: None, .. }) => walk((*list).clone(), path),
            Some(Above { list, index: Some(index), .. }) => match path.split_first() {
                #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
                Some((name, [])) if **name == *"index" => V::Number(*index as f64),
                Some((name, rest)) if **name == *"iterator" => walk((*list).clone(), rest),
                _ => V::Undefined,
            },
        };
        if matches!(value, V::Undefined) { self.otherwise(default) } else { Ok(value) }
    }

    fn var_at(&mut self, key: &'a Expr, default: Option<&'a Expr>) -> Result<V<'a>, Thrown> {
        let key = self.eval(key)?;
        let default = default.map(|default| self.eval(default)).transpose()?;
        if key.is_nullish() || matches!(&key, V::Text(text) if text.is_empty()) {
            return Ok(self.data.clone());
        }
        let path = super::compile::path(&key.to_text());
        let value = self.look(&self.data, &path);
        Ok(if matches!(value, V::Undefined) { default.unwrap_or(V::Null) } else { value })
    }

    /// `or` until one is true, `and` until one is not.
    fn until(&mut self, parts: &'a [Expr], wanted: bool) -> Result<V<'a>, Thrown> {
        let mut value = V::Null;
        for part in parts {
            value = self.eval(part)?;
            if value.is_true() == wanted {
                break;
            }
        }
        Ok(self.note(value))
    }

    fn compare(&mut self, compare: &'a Compare) -> Result<bool, Thrown> {
        let mut left = self.eval(&compare.first)?;
        let is_last = |position: usize| position + 1 == compare.rest.len();
        for (position, (check, expr)) in compare.rest.iter().enumerate() {
            if compare.mode == Mode::Interpreted {
                let right = self.eval(expr)?;
                if !value::interpreted(compare.relation, &left, &right)? {
                    return Ok(false);
                }
                left = right;
                continue;
            }
            let (right, previous) = self.right(*check, expr, &left)?;
            let right = if compare.relation.is_strict() {
                right
            } else {
                value::checked(right.clone(), previous.as_ref().unwrap_or(&left))?
            };
            let holds = compare.relation.holds(&left, &right);
            if self.tracks {
                let after =
                    if compare.rest.len() > 1 { right.clone() } else { previous.unwrap_or_else(|| left.clone()) };
                self.previous = after;
            }
            if !holds || is_last(position) {
                return Ok(holds);
            }
            left = right;
        }
        Ok(true)
    }

    /// The right side, and what it left in `prev` if that is no longer the left side.
    fn right(&mut self, check: Check, expr: &'a Expr, left: &V<'a>) -> Result<(V<'a>, Option<V<'a>>), Thrown> {
        match check {
            Check::Left => Ok((self.eval(expr)?, None)),
            Check::Right => {
                let right = self.eval(expr)?;
                Ok((right.clone(), Some(right)))
            }
            Check::Tracked => {
                self.previous = left.clone();
                let tracks = std::mem::replace(&mut self.tracks, true);
                let right = self.eval(expr);
                self.tracks = tracks;
                Ok((right?, Some(self.previous.clone())))
            }
        }
    }

    fn iterate(&mut self, iteration: Iteration, list: &'a Expr, body: &'a Expr, mode: Mode) -> Result<V<'a>, Thrown> {
        let list = self.eval(list)?;
        if iteration == Iteration::All && mode == Mode::Compiled {
            self.note(list.clone());
            if list.is_list() && !list.is_true() {
                return Ok(V::Bool(false));
            }
        }
        let items = match list.items() {
            Some(items) => items,
            None if list.is_falsy() => vec![],
            None => match (mode, iteration, &list) {
                (Mode::Compiled, ..) | (_, Iteration::Map | Iteration::Filter, _) => return Err(Thrown::WrongType),
                (_, _, V::Text(text)) => text.chars().map(|c| V::Text(c.to_string().into())).collect(),
                _ => return Ok(V::Bool(iteration != Iteration::Some)),
            },
        };
        if iteration == Iteration::All && mode == Mode::Interpreted && items.is_empty() {
            return Ok(V::Bool(false));
        }
        self.each((iteration, mode), &list, items, body)
    }

    fn each(
        &self,
        (iteration, mode): (Iteration, Mode),
        list: &V<'a>,
        items: Vec<V<'a>>,
        body: &'a Expr,
    ) -> Result<V<'a>, Thrown> {
        let mut kept = Vec::new();
        let tells_index = mode == Mode::Compiled || matches!(iteration, Iteration::Map | Iteration::Filter);
        for (index, item) in items.into_iter().enumerate() {
            let value = self.inside(list, tells_index.then_some(index), item.clone(), body)?;
            match iteration {
                Iteration::Map => kept.push(value),
                Iteration::Filter if value.is_true() => kept.push(item),
                Iteration::All if !value.is_true() => return Ok(V::Bool(false)),
                Iteration::Some if value.is_true() => return Ok(V::Bool(true)),
                Iteration::None if value.is_true() => return Ok(V::Bool(false)),
                _ => {}
            }
        }
        Ok(match iteration {
            Iteration::Map | Iteration::Filter => V::Made(kept),
            Iteration::All | Iteration::None => V::Bool(true),
            Iteration::Some => V::Bool(false),
        })
    }

    /// The body of a loop for one item.
    fn inside(&self, list: &V<'a>, index: Option<usize>, data: V<'a>, body: &'a Expr) -> Result<V<'a>, Thrown> {
        self.env.step()?;
        let above = Above { list, index, data: &self.data, outer: self.above.as_ref() };
        let mut frame = Frame { env: self.env, data, above: Some(above), previous: V::Undefined, tracks: false };
        frame.eval(body)
    }

    fn reduce(&mut self, list: &'a Expr, body: &'a Expr, initial: Option<&'a Expr>) -> Result<V<'a>, Thrown> {
        let list = self.eval(list)?;
        let initial = initial.map(|initial| self.eval(initial)).transpose()?;
        let items = match list.items() {
            Some(items) => items,
            None if list.is_falsy() => vec![],
            None => return Err(Thrown::WrongType),
        };
        let mut items = items.into_iter();
        let mut accumulator = match initial {
            Some(initial) => functions::shallow(initial)?,
            None => items.next().ok_or(Thrown::WrongType)?,
        };
        for item in items {
            let pair = V::Pair(Box::new((accumulator, item)));
            accumulator = functions::shallow(self.inside(&list, None, pair, body)?)?;
        }
        Ok(accumulator)
    }
}

fn walk<'a>(mut value: V<'a>, path: &[Box<str>]) -> V<'a> {
    for name in path {
        if value.is_nullish() {
            return V::Undefined;
        }
        value = value.property(name);
    }
    value
}

pub(super) fn affix_of<'a>(affix: Affix, text: &V<'_>, part: &V<'_>) -> V<'a> {
    match (text, part) {
        (V::Text(text), V::Text(part)) => V::Bool(match affix {
            Affix::Starts => text.starts_with(part.as_ref()),
            Affix::Ends => text.ends_with(part.as_ref()),
        }),
        _ => V::Null,
    }
}
