//! Flags that are ready to answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::compile;
use super::context::Context;
use super::definition::{Kind, State, Unusable};
use super::evaluate::{self, Outcome};
use super::expr::Script;
use super::hash::ByName;
use super::set::FlagSet;
use super::split::Split;

/// OpenFeature's reasons, as far as evaluation gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The flag has no rule.
    Static,
    /// The rule gave this variant.
    TargetingMatch,
    /// The rule gave none, or there is no default variant.
    Default,
    /// The flag is disabled.
    Disabled,
}

impl Reason {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Default => "DEFAULT",
            Self::Disabled => "DISABLED",
        }
    }
}

/// OpenFeature's error codes, as far as evaluation gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// There is no such flag.
    FlagNotFound,
    /// The definition cannot be used.
    ParseError,
    /// The rule failed on this context, or named a variant that is not there.
    General,
}

impl ErrorCode {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FlagNotFound => "FLAG_NOT_FOUND",
            Self::ParseError => "PARSE_ERROR",
            Self::General => "GENERAL",
        }
    }
}

/// A variant and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served<'a> {
    /// The value.
    pub value: &'a Value,
    /// The name.
    pub variant: &'a str,
}

/// The answer of one flag.
#[derive(Debug, Clone, Copy)]
pub struct Evaluation<'a> {
    /// What is served; none where the caller's own default is to be used (disabled, or no default variant).
    pub served: Option<Served<'a>>,
    /// Why.
    pub reason: Reason,
    /// The split that put the key where it is, if its shares are constant.
    pub split: Option<&'a Split>,
    /// The type of the flag.
    pub kind: Kind,
    /// The metadata of flag and file.
    pub metadata: &'a Map<String, Value>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationError<'a> {
    /// OpenFeature's code.
    pub code: ErrorCode,
    /// In words.
    pub message: String,
    /// The metadata of flag and file, if there is a flag.
    pub metadata: Option<&'a Map<String, Value>>,
}

impl fmt::Display for EvaluationError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A flag that is ready to answer.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) state: State,
    pub(super) kind: Kind,
    pub(super) variants: Vec<(Box<str>, Value)>,
    pub(super) default: Option<usize>,
    pub(super) script: Option<Script>,
    pub(super) metadata: Map<String, Value>,
}

impl Rules {
    fn find(&self, variant: &str) -> Option<usize> {
        self.variants.iter().position(|(name, _)| **name == *variant)
    }

    fn serve(&self, variant: usize, reason: Reason) -> Evaluation<'_> {
        let (variant, value) = &self.variants[variant];
        Evaluation { served: Some(Served { value, variant }), ..self.nothing(reason) }
    }

    fn nothing(&self, reason: Reason) -> Evaluation<'_> {
        Evaluation { served: None, reason, split: None, kind: self.kind, metadata: &self.metadata }
    }

    fn fallback(&self, reason: Reason) -> Evaluation<'_> {
        self.default.map_or_else(|| self.nothing(Reason::Default), |variant| self.serve(variant, reason))
    }
}

/// What stands under a key.
#[derive(Debug)]
pub(super) enum Slot {
    Ready(Box<Rules>),
    Unusable(Box<Unusable>),
}

/// Flags that are ready to answer; shared between threads, never changed.
#[derive(Debug, Default)]
pub struct Ruleset {
    flags: HashMap<Arc<str>, Slot, ByName>,
    /// In order.
    keys: Vec<Arc<str>>,
}

impl Ruleset {
    /// Compiles, all or nothing.
    pub fn compile(set: &FlagSet) -> Result<Self, Vec<Problem>> {
        let (ruleset, problems) = Self::lenient(set);
        if problems.is_empty() { Ok(ruleset) } else { Err(problems) }
    }

    /// Compiles what can be compiled. Asking for another flag of the set is a `PARSE_ERROR`.
    pub fn lenient(set: &FlagSet) -> (Self, Vec<Problem>) {
        let mut ruleset = Self::default();
        let mut problems = Vec::new();
        for (key, definition) in &set.flags {
            let slot = match compile::flag(definition, set) {
                Ok(rules) => Slot::Ready(Box::new(rules)),
                Err(problem) => {
                    problems.push((*problem).clone());
                    let metadata = definition.metadata.clone();
                    let unusable = || Slot::Unusable(Box::new(Unusable { metadata, problem: *problem }));
                    compile::disabled(definition).map_or_else(unusable, |rules| Slot::Ready(Box::new(rules)))
                }
            };
            ruleset.flags.insert(key.as_str().into(), slot);
        }
        for (key, flag) in &set.unusable {
            ruleset.flags.insert(key.as_str().into(), Slot::Unusable(Box::new(flag.clone())));
        }
        ruleset.keys = ruleset.flags.keys().cloned().collect();
        ruleset.keys.sort_unstable();
        (ruleset, problems)
    }

    /// All keys, in order; those that cannot be used too.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// Whether there is such a flag.
    pub fn contains(&self, key: &str) -> bool {
        self.flags.contains_key(key)
    }

    /// Why a flag cannot be used.
    pub fn problem(&self, key: &str) -> Option<&Problem> {
        if let Some(Slot::Unusable(flag)) = self.flags.get(key) { Some(&flag.problem) } else { None }
    }

    /// The answer of flag `key` for `context`; `now` is in seconds since 1970.
    pub fn evaluate(&self, key: &str, context: &Context, now: i64) -> Result<Evaluation<'_>, EvaluationError<'_>> {
        let rules = match self.flags.get(key) {
            Some(Slot::Ready(rules)) => rules,
            Some(Slot::Unusable(flag)) => return Err(unusable(key, flag)),
            None => return Err(unknown(key)),
        };
        if rules.state == State::Disabled {
            return Ok(rules.nothing(Reason::Disabled));
        }
        let Some(script) = &rules.script else { return Ok(rules.fallback(Reason::Static)) };
        match evaluate::run(script, key, context, now) {
            Ok(Outcome { variant: None, .. }) => Ok(rules.fallback(Reason::Default)),
            Ok(Outcome { variant: Some(name), split }) => match rules.find(&name) {
                Some(variant) => Ok(Evaluation { split, ..rules.serve(variant, Reason::TargetingMatch) }),
                None => {
                    Err(failed(rules, format!("the rule of flag {key:?} gave {name:?}, which is no variant of it")))
                }
            },
            Err(thrown) => Err(failed(rules, format!("the rule of flag {key:?} failed: {thrown}"))),
        }
    }

    /// The variants of flag `key`; none if it cannot be used.
    pub fn variants(&self, key: &str) -> impl Iterator<Item = Served<'_>> {
        let rules = match self.flags.get(key) {
            Some(Slot::Ready(rules)) => Some(rules),
            Some(Slot::Unusable(_)) | None => None,
        };
        rules.into_iter().flat_map(|rules| &rules.variants).map(|(variant, value)| Served { value, variant })
    }

    /// The answer of flag `key` as if its rule had given `variant`: for testers, kills and forced variants.
    pub fn fixed(&self, key: &str, variant: &str, reason: Reason) -> Option<Evaluation<'_>> {
        let Slot::Ready(rules) = self.flags.get(key)? else { return None };
        rules.find(variant).map(|variant| rules.serve(variant, reason))
    }
}

#[cold]
fn unknown(key: &str) -> EvaluationError<'static> {
    EvaluationError { code: ErrorCode::FlagNotFound, message: format!("flag {key:?} is not known"), metadata: None }
}

#[cold]
fn unusable<'a>(key: &str, flag: &'a Unusable) -> EvaluationError<'a> {
    let message = format!("the definition of flag {key:?} cannot be used: {}", flag.problem.placed());
    EvaluationError { code: ErrorCode::ParseError, message, metadata: Some(&flag.metadata) }
}

#[cold]
fn failed(rules: &Rules, message: String) -> EvaluationError<'_> {
    EvaluationError { code: ErrorCode::General, message, metadata: Some(&rules.metadata) }
}
