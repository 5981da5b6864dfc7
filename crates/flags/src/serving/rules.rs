//! A snapshot that is ready to answer.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::render::Fragments;
use crate::model::{self, Context, ErrorCode, Evaluation, FlagSet, Reason, Ruleset, Segment};
use crate::snapshot::{Content, FlagContent};

/// Targeting keys of the verifier's runs begin with this.
pub(super) const VERIFIER: &str = "verifier:";

/// Flags, and what was decided of them at run time.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(super) revision: u64,
    pub(super) at_ms: i64,
    pub(super) stream_key: Vec<u8>,
    /// Some rule asks for the time, so what is served changes without a new revision.
    pub(super) is_timed: bool,
    ruleset: Ruleset,
    entries: HashMap<String, Entry>,
    /// Run to when it ends, and flag to variant.
    forced: HashMap<String, (i64, BTreeMap<String, String>)>,
}

/// What is known of one flag beside its rules.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) revision: u64,
    /// Client tokens do not see it.
    pub(super) is_hidden: bool,
    /// `visitor` or `user`
    pub(super) unit: String,
    pub(super) fragments: Fragments,
    off: Option<String>,
    is_killed: bool,
    testers: BTreeMap<String, String>,
}

/// Whose question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The product's own process, or an admin.
    Server,
    /// A browser.
    Client,
}

/// What is answered for one flag.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) evaluation: Evaluation<'a>,
    /// The word on the wire.
    pub(crate) reason: &'static str,
}

/// Why nothing is.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Rules {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let content: Content = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let definitions: serde_json::Map<String, Value> =
            content.flags.iter().map(|(key, flag)| (key.clone(), flag.definition.clone())).collect();
        let document = json!({ "flags": definitions, "$evaluators": content.evaluators });
        let ruleset = compile(&document, &content.segments);
        let forced = content.forced.into_iter().map(|run| (run.run, (run.expires_ms, run.variants)));
        Ok(Self {
            revision: content.revision,
            at_ms: content.at_ms,
            stream_key: content.stream_key.into_bytes(),
            is_timed: document.to_string().contains("$flagd.timestamp"),
            ruleset,
            entries: content.flags.into_iter().map(|(key, flag)| (key.clone(), Entry::new(&key, flag))).collect(),
            forced: forced.collect(),
        })
    }

    /// All keys, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.ruleset.keys()
    }

    /// The only variant of a flag that has this value.
    pub(super) fn only_variant_with(&self, key: &str, value: bool) -> Option<&str> {
        let mut same = self.ruleset.variants(key).filter(|served| served.value.as_bool() == Some(value));
        same.next().filter(|_| same.next().is_none()).map(|served| served.variant)
    }

    /// Whom a flag divides.
    pub(super) fn unit_of(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(|entry| entry.unit.as_str())
    }

    /// The order of precedence: a kill, the verifier's run, a tester, the rules.
    pub(crate) fn evaluate(
        &self,
        key: &str,
        unit: &str,
        context: &Context,
        asker: Asker,
        now_ms: i64,
    ) -> Result<Answer<'_>, Refusal> {
        let visible = self.entries.get(key).filter(|entry| asker == Asker::Server || !entry.is_hidden);
        let Some(entry) = visible else {
            let message = format!("flag {key:?} is not known");
            return Err(Refusal { code: ErrorCode::FlagNotFound, message });
        };
        if let Some(evaluation) = entry.off.as_deref().filter(|_| entry.is_killed).and_then(|off| self.off(key, off)) {
            return Ok(Answer { entry, evaluation, reason: "DISABLED" });
        }
        let chosen = self.forced(key, unit, asker, now_ms).or_else(|| entry.testers.get(unit).map(String::as_str));
        let chosen = chosen.and_then(|variant| self.ruleset.fixed(key, variant, Reason::TargetingMatch));
        if let Some(evaluation) = chosen {
            return Ok(Answer { entry, evaluation, reason: "TARGETING_MATCH" });
        }
        let evaluation = self.ruleset.evaluate(key, context, now_ms.div_euclid(1_000));
        let evaluation = evaluation.map_err(|error| Refusal { code: error.code, message: error.message })?;
        let is_disabled = evaluation.reason == Reason::Disabled;
        let off = entry.off.as_deref().filter(|_| is_disabled).and_then(|off| self.off(key, off));
        let evaluation = off.unwrap_or(evaluation);
        Ok(Answer { entry, reason: word(&evaluation), evaluation })
    }

    fn off(&self, key: &str, variant: &str) -> Option<Evaluation<'_>> {
        self.ruleset.fixed(key, variant, Reason::Disabled)
    }

    fn forced(&self, key: &str, unit: &str, asker: Asker, now_ms: i64) -> Option<&str> {
        if self.forced.is_empty() || asker == Asker::Client {
            return None;
        }
        let (expires_ms, variants) = self.forced.get(unit.strip_prefix(VERIFIER)?)?;
        variants.get(key).filter(|_| now_ms < *expires_ms).map(String::as_str)
    }
}

/// What was verified before it got here compiles; a flag that does not all the same is a `PARSE_ERROR` and stops no other.
fn compile(document: &Value, segments: &BTreeMap<String, String>) -> Ruleset {
    let (file, mut problems) = model::read_value(document, "snapshot");
    let mut set = FlagSet::default();
    problems.extend(set.add(file));
    for (name, members) in segments {
        match Segment::parse(members, name) {
            Ok(segment) => drop(set.segments.insert(name.clone(), segment.into())),
            Err(problem) => problems.push(problem),
        }
    }
    let (ruleset, wrong) = Ruleset::lenient(&set);
    for problem in problems.into_iter().chain(wrong) {
        tracing::warn!(problem = %problem.told(), "a part of the flags' snapshot cannot be used");
    }
    ruleset
}

/// OFREP's reason. It has no DEFAULT: what a rule leaves to the default was decided by the rule, and must not be kept for ever
/// as STATIC would be.
fn word(evaluation: &Evaluation<'_>) -> &'static str {
    match evaluation.reason {
        Reason::Static => "STATIC",
        Reason::TargetingMatch if evaluation.split.is_some() => "SPLIT",
        Reason::TargetingMatch => "TARGETING_MATCH",
        Reason::Default if evaluation.served.is_some() => "TARGETING_MATCH",
        Reason::Default => "UNKNOWN",
        Reason::Disabled => "DISABLED",
    }
}

impl Entry {
    fn new(key: &str, flag: FlagContent) -> Self {
        let metadata = flag.definition.get("metadata").and_then(Value::as_object);
        let text = |name: &str| metadata.and_then(|all| all.get(name)).and_then(Value::as_str);
        Self {
            revision: flag.revision,
            is_hidden: text("visibility") == Some("server"),
            unit: text("unit").unwrap_or("visitor").to_owned(),
            fragments: Fragments::new(key, flag.revision, &flag.definition),
            off: flag.off,
            is_killed: flag.killed,
            testers: flag.testers,
        }
    }
}
