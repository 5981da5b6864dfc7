//! A rule, compiled: what is left to do for a context.
//!
//! The reference compiles a rule to JavaScript, and interprets some parts of it (an `if` with two arguments, for one). The two
//! ways differ in small things, so both are here: [`Mode`].
//! In its compiled code one variable, `prev`, is shared by all comparisons of a function, so that the right side of a
//! comparison may change what its left side is checked against. [`Check`] and [`Expr::Interpreted`] keep account of that.

use std::sync::Arc;

use serde_json::Value;

use super::algorithm::Algorithm;
use super::hash::Names;
use super::segment::Segment;
use super::split::Split;
use super::value::{Relation, Thrown};
use super::versions;

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) root: Expr,
}

/// Which of the reference's two ways a part is run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Compiled,
    Interpreted,
}

/// What the right side of a comparison is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// The left side, as one would think.
    Left,
    /// Itself: it has just been put into `prev`.
    Right,
    /// What its evaluation leaves in `prev`.
    Tracked,
}

/// A part of a rule.
#[derive(Debug)]
pub(super) enum Expr {
    Const(Value),
    /// A number that JSON cannot hold.
    Number(f64),
    Undefined,
    FlagKey,
    Timestamp,
    Var(Box<Var>),
    /// The data itself: `{"var": ""}`.
    Data,
    /// `../` in front of the path, `ups` times.
    VarAbove {
        ups: usize,
        path: Path,
        default: Option<Box<Expr>>,
    },
    /// The path is computed.
    VarAt {
        key: Box<Expr>,
        default: Option<Box<Expr>>,
    },
    If {
        branches: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Truth(Box<Expr>),
    Compare(Box<Compare>),
    Arithmetic {
        operator: Arithmetic,
        arguments: Vec<Expr>,
    },
    In {
        item: Box<Expr>,
        list: Box<Expr>,
    },
    /// The list is constant and has only texts.
    InTexts {
        item: Box<Expr>,
        texts: Names,
    },
    InSegment {
        item: Box<Expr>,
        segment: Arc<Segment>,
    },
    Cat {
        parts: Vec<Expr>,
        mode: Mode,
    },
    Affix {
        affix: Affix,
        text: Box<Expr>,
        part: Box<Expr>,
    },
    /// The relation and one side are constant.
    SemVer {
        left: Box<Expr>,
        relation: versions::Relation,
        right: semver::Version,
    },
    Fractional(Box<Fractional>),
    Iterate {
        iteration: Iteration,
        list: Box<Expr>,
        body: Box<Expr>,
        mode: Mode,
    },
    Reduce {
        list: Box<Expr>,
        body: Box<Expr>,
        initial: Option<Box<Expr>>,
    },
    List(Vec<Expr>),
    /// Functions of all their arguments.
    Call {
        function: Function,
        arguments: Arguments,
    },
    /// This part leaves `prev` alone.
    Interpreted(Box<Expr>),
    /// It always fails.
    Throw(Thrown),
}

/// The names on the way to an attribute.
pub(super) type Path = Box<[Box<str>]>;

/// An attribute.
#[derive(Debug)]
pub(super) struct Var {
    /// Of `name`.
    pub(super) hash: u64,
    pub(super) name: Box<str>,
    /// What follows the name.
    pub(super) rest: Path,
    pub(super) default: Option<Expr>,
    pub(super) mode: Mode,
}

#[derive(Debug)]
pub(super) struct Compare {
    pub(super) relation: Relation,
    pub(super) first: Expr,
    /// One; more for `a < b < c`.
    pub(super) rest: Vec<(Check, Expr)>,
    pub(super) mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affix {
    Starts,
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Iteration {
    Map,
    Filter,
    All,
    Some,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Max,
    Min,
    Merge,
    Missing,
    MissingSome,
    In,
    Substr,
    Cat,
    Starts,
    Ends,
    SemVer,
    Log,
    /// Arithmetic over the items of a list.
    Over(Arithmetic),
}

/// Arguments as a list, or one value that may be a list.
#[derive(Debug)]
pub(super) enum Arguments {
    Listed(Vec<Expr>),
    Given(Box<Expr>),
}

#[derive(Debug)]
pub(super) struct Fractional {
    pub(super) algorithm: Algorithm,
    pub(super) seed: Arc<str>,
    /// None: the targeting key, after the seed.
    pub(super) by: Option<Expr>,
    pub(super) shares: Shares,
}

#[derive(Debug)]
pub(super) enum Shares {
    /// All of it is constant.
    Fixed { variants: Vec<Value>, split: Split },
    /// Variant and weight (1 if there is none) are computed.
    Computed(Vec<(Expr, Option<Expr>)>),
    /// Something that is no share stands among them: nothing is given.
    Wrong,
}
