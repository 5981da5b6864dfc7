//! Conditions: most parts of a rule are only asked whether they are true, of texts and numbers that lie in the context or in the
//! rule. These are answered where they lie. Whatever is not plain goes the general way, [`Frame::eval`], and must have the same
//! answer there.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::expr::{Affix, Compare, Expr};
use super::super::value::{Relation, Thrown};
use super::super::versions;
use super::{Frame, V};

/// What lies in the context or in the rule and needs no conversion.
#[derive(Debug, Clone, Copy)]
enum Plain<'a> {
    Text(&'a str),
    Number(f64),
}

impl<'a> Plain<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Number(number) => number.as_f64().map(Self::Number),
            _ => None,
        }
    }

    const fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// None for a text and a number, which JavaScript converts first.
    fn compare(self, relation: Relation, other: Self) -> Option<bool> {
        let order = match (self, other) {
            (Self::Text(a), Self::Text(b)) if relation.is_equality() => (a == b).then_some(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => Some(a.encode_utf16().cmp(b.encode_utf16())),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(&b),
            _ => return None,
        };
        Some(relation.admits(order))
    }
}

impl<'a> Frame<'a, '_> {
    /// `eval(expr)?.is_true()`.
    pub(super) fn truth(&mut self, expr: &'a Expr) -> Result<bool, Thrown> {
        // A comparison around it wants to know what its parts leave behind.
        if self.tracks {
            return Ok(self.eval(expr)?.is_true());
        }
        let plainly = match expr {
            Expr::And(parts) => return self.all_true(parts),
            Expr::Or(parts) => return self.any_true(parts),
            Expr::Not(part) => return Ok(!self.truth(part)?),
            Expr::Truth(part) => return self.truth(part),
            Expr::Compare(compare) => self.plainly(compare),
            Expr::Affix { affix, text, part } => self.texts(text, part).map(|(text, part)| match affix {
                Affix::Starts => text.starts_with(part),
                Affix::Ends => text.ends_with(part),
            }),
            Expr::InTexts { item, texts } => self.text(item).map(|item| texts.contains(item)),
            Expr::InSegment { item, segment } => self.text(item).map(|item| segment.contains(item)),
            Expr::SemVer { left, relation, right } => {
                self.text(left).map(|text| versions::parse(text).is_some_and(|left| relation.holds(&left, right)))
            }
            _ => None,
        };
        plainly.map_or_else(|| Ok(self.eval(expr)?.is_true()), Ok)
    }

    /// Nothing at all is not true.
    fn all_true(&mut self, parts: &'a [Expr]) -> Result<bool, Thrown> {
        for part in parts {
            if !self.truth(part)? {
                return Ok(false);
            }
        }
        Ok(!parts.is_empty())
    }

    fn any_true(&mut self, parts: &'a [Expr]) -> Result<bool, Thrown> {
        for part in parts {
            if self.truth(part)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn plainly(&self, compare: &'a Compare) -> Option<bool> {
        let [(_, second)] = compare.rest.as_slice() else { return None };
        self.plain(&compare.first)?.compare(compare.relation, self.plain(second)?)
    }

    fn texts(&self, a: &'a Expr, b: &'a Expr) -> Option<(&'a str, &'a str)> {
        Some((self.text(a)?, self.text(b)?))
    }

    fn text(&self, expr: &'a Expr) -> Option<&'a str> {
        self.plain(expr)?.text()
    }

    #[inline]
    fn plain(&self, expr: &'a Expr) -> Option<Plain<'a>> {
        match (expr, &self.data) {
            (Expr::Const(value), _) => Plain::of(value),
            (Expr::Var(var), V::Context) if var.rest.is_empty() && var.default.is_none() => {
                Plain::of(self.env.context.find(var.hash, &var.name)?)
            }
            _ => None,
        }
    }
}
