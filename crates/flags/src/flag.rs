//! One flag as it is stored: what trunk says of it, and what people decided since. Pure: every change is a function from one
//! value to the next.

use std::collections::BTreeMap;

use kernel::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::allocation::{self, Part};
use crate::split::{self, Found};

/// A flag with all that decides what it serves.
///
/// Stored shape: fields are only added, with a default that means "as before".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flag {
    /// As trunk has it, in flagd's format with the pin.
    pub(crate) source: Value,
    /// The cut points in force of its one split; none if it has no split.
    #[serde(default)]
    pub(crate) parts: Option<Vec<Part>>,
    /// The cut points were set at run time.
    #[serde(default)]
    pub(crate) ramp: Option<Decided>,
    #[serde(default)]
    pub(crate) kill: Option<Decided>,
    /// Targeting key to variant.
    #[serde(default)]
    pub(crate) testers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) life: Life,
    /// What trunk says, where somebody set `source` back to an older revision.
    #[serde(default)]
    pub(crate) trunk: Option<Value>,
}

/// Somebody decided something at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) why: Option<String>,
}

/// Where a flag is between its first commit and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Life {
    #[default]
    OnTrunk,
    /// Trunk has it no more; it is still served.
    Retiring,
    /// Not served.
    Archived,
}

impl Flag {
    /// A flag that was not known before.
    pub(crate) fn new(source: Value) -> Self {
        let parts = parts_of(&source);
        Self { source, parts, ramp: None, kill: None, testers: BTreeMap::new(), life: Life::OnTrunk, trunk: None }
    }

    /// The word of contracts.md.
    pub(crate) fn state(&self) -> &'static str {
        match (self.life, &self.kill) {
            (Life::Archived, _) => "archived",
            (_, Some(_)) => "killed",
            (Life::Retiring, None) => "retiring",
            (Life::OnTrunk, None) => self.reach(),
        }
    }

    /// `dark` if nobody but testers gets anything but the off variant, `live` if everybody gets one and the same other one.
    fn reach(&self) -> &'static str {
        let off = self.off();
        let served: Vec<&str> = match (&self.parts, self.rule()) {
            (Some(parts), _) if !self.has_conditions() => parts.iter().map(|(_, variant)| variant.as_str()).collect(),
            (None, None) => self.default_variant().into_iter().collect(),
            _ => return "ramping",
        };
        match served.split_first() {
            None => "dark",
            Some((first, rest)) if rest.iter().all(|other| other == first) => {
                if Some(*first) == off.as_deref() {
                    "dark"
                } else {
                    "live"
                }
            }
            Some(_) => "ramping",
        }
    }

    /// Others than testers get something else than the off variant, or would if a kill ended.
    pub(crate) fn reaches_customers(&self) -> bool {
        self.reach() != "dark"
    }

    /// The rule is more than one split for all.
    fn has_conditions(&self) -> bool {
        self.rule().is_some_and(|rule| rule.get("fractional").is_none())
    }

    /// As trunk has it.
    pub(crate) fn rule(&self) -> Option<&Value> {
        self.source.get("targeting").filter(|rule| rule.as_object().is_some_and(|rule| !rule.is_empty()))
    }

    pub(crate) fn variants(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.source.get("variants").and_then(Value::as_object).into_iter().flatten().map(|(name, v)| (name.as_str(), v))
    }

    pub(crate) fn default_variant(&self) -> Option<&str> {
        self.source.get("defaultVariant")?.as_str()
    }

    pub(crate) fn metadata(&self, name: &str) -> Option<&str> {
        self.source.get("metadata")?.get(name)?.as_str()
    }

    /// What a killed or disabled flag serves: the variant that `metadata.off` names, else `off`, else the one that is false,
    /// else `control`. A flag without any of them has no off.
    fn off(&self) -> Option<String> {
        let is_there = |name: &&str| self.variants().any(|(variant, _)| variant == *name);
        let by_value = || self.variants().find(|(_, value)| **value == json!(false)).map(|(name, _)| name);
        let named = self.metadata("off").filter(is_there).or_else(|| Some("off").filter(is_there));
        named.or_else(by_value).or_else(|| Some("control").filter(is_there)).map(str::to_owned)
    }

    /// What a kill gives everybody: the off variant, else the default, else the first.
    pub(crate) fn killed_variant(&self) -> Option<String> {
        let default = || self.default_variant().map(str::to_owned);
        self.off().or_else(default).or_else(|| self.variants().next().map(|(name, _)| name.to_owned()))
    }

    /// The flag as it is served, in flagd's format: its split has the cut points in force.
    pub(crate) fn effective(&self) -> Value {
        let mut served = self.source.clone();
        if let (Some(parts), Value::Object(fields)) = (&self.parts, &mut served)
            && let Ok(rule) = split::with_parts(self.rule(), parts)
        {
            fields.insert("targeting".into(), rule);
        }
        served
    }

    /// Shares in force, of every variant that has one; a flag without a split gives all to one variant, but for those whom a
    /// condition singles out. Empty where more than that decides: several splits, or a computed one.
    pub(crate) fn shares(&self) -> Vec<(String, f64)> {
        match &self.parts {
            Some(parts) => allocation::shares(parts, split::whole(parts)),
            None => self.everybody_else().map(|variant| (variant, 1.0)).into_iter().collect(),
        }
    }

    /// Why there is nothing that a ramp could move, if so.
    pub(crate) fn no_ramp(&self) -> Option<Box<Problem>> {
        self.parts_to_ramp().err()
    }

    /// The cut points that a ramp begins with.
    fn parts_to_ramp(&self) -> Result<Vec<Part>, Box<Problem>> {
        self.not_archived()?;
        let begin = self.parts.clone().or_else(|| Some(vec![(1, self.everybody_else()?)]));
        let parts = split::refine(begin.as_deref().unwrap_or_default());
        split::with_parts(self.rule(), &parts)?;
        if parts.is_empty() {
            let problem = Problem::conflict("the flag has no default variant that a ramp could begin with");
            return Err(Box::new(problem.hint("give it a defaultVariant in flags/")));
        }
        Ok(parts)
    }

    /// New shares for the split.
    pub(crate) fn ramped(&self, wanted: &BTreeMap<String, f64>, decided: Decided) -> Result<Self, Box<Problem>> {
        self.not_archived()?;
        for variant in wanted.keys() {
            self.defined(variant)?;
        }
        let parts = self.parts_to_ramp()?;
        let parts = allocation::rebalance(&parts, split::whole(&parts), wanted)?;
        Ok(Self { parts: Some(parts), ramp: Some(decided), ..self.clone() })
    }

    /// Who no condition holds for gets this, in a rule without a split; `None` if that is computed.
    fn everybody_else(&self) -> Option<String> {
        let mut rule = self.rule();
        while let Some(arguments) =
            rule.and_then(|rule| rule.get("if").or_else(|| rule.get("?:"))).and_then(Value::as_array)
        {
            rule = arguments.last().filter(|_| arguments.len() % 2 == 1);
        }
        match rule {
            Some(Value::String(variant)) => Some(variant.clone()),
            Some(Value::Bool(variant)) => Some(variant.to_string()),
            Some(Value::Object(_)) => None,
            _ => self.default_variant().map(str::to_owned),
        }
    }

    pub(crate) fn killed(&self, decided: Decided) -> Result<Self, Box<Problem>> {
        if self.life == Life::Archived {
            return Err(Box::new(archived()));
        }
        Ok(Self { kill: Some(decided), ..self.clone() })
    }

    pub(crate) fn cleared(&self) -> Result<Self, Box<Problem>> {
        match &self.kill {
            Some(_) => Ok(Self { kill: None, ..self.clone() }),
            None => {
                Err(Box::new(Problem::conflict("the flag is not killed").hint("`trunkline flag show` says what it is")))
            }
        }
    }

    pub(crate) fn with_tester(&self, key: &str, variant: &str) -> Result<Self, Box<Problem>> {
        self.not_archived()?;
        self.defined(variant)?;
        if key.is_empty() || self.testers.len() >= TESTERS_MAX {
            let problem =
                Problem::invalid(format!("a flag has at most {TESTERS_MAX} testers, each with a targeting key"));
            return Err(Box::new(problem.hint("put many into segments/NAME.txt and a rule")));
        }
        let mut next = self.clone();
        next.testers.insert(key.to_owned(), variant.to_owned());
        Ok(next)
    }

    pub(crate) fn without_tester(&self, key: &str) -> Result<Self, Box<Problem>> {
        let mut next = self.clone();
        if next.testers.remove(key).is_none() {
            return Err(Box::new(Problem::not_found(format!("{key} is no tester of this flag"))));
        }
        Ok(next)
    }

    pub(crate) fn retired(&self) -> Result<Self, Box<Problem>> {
        match self.life {
            Life::Retiring => Ok(Self { life: Life::Archived, ..self.clone() }),
            Life::Archived => Err(Box::new(archived())),
            Life::OnTrunk => {
                let problem = Problem::conflict("trunk still has this flag, so it cannot be retired");
                Err(Box::new(problem.hint("delete it from flags/ and land that; then retire it")))
            }
        }
    }

    /// The flag as it was then, until trunk says something new of it.
    pub(crate) fn set_back(&self, then: &Self) -> Self {
        let trunk = Some(self.on_trunk_now()).filter(|trunk| **trunk != then.source).cloned();
        Self { trunk, ..then.clone() }
    }

    /// What the newest applied commit says.
    pub(crate) fn on_trunk_now(&self) -> &Value {
        self.trunk.as_ref().unwrap_or(&self.source)
    }

    fn not_archived(&self) -> Result<(), Box<Problem>> {
        if self.life == Life::Archived { Err(Box::new(archived())) } else { Ok(()) }
    }

    fn defined(&self, variant: &str) -> Result<(), Box<Problem>> {
        let known: Vec<&str> = self.variants().map(|(name, _)| name).collect();
        if known.contains(&variant) {
            return Ok(());
        }
        let problem = Problem::invalid(format!("variant \"{variant}\" is not defined"));
        let known: Vec<String> = known.iter().map(|name| format!("\"{name}\"")).collect();
        Err(Box::new(problem.hint(format!("defined variants are {}", known.join(", ")))))
    }

    /// The flag after a commit says this of it. What was decided at run time stays, unless the commit speaks of that very
    /// thing: a ramp ends with new weights in the split, a tester with the tester's variant.
    pub(crate) fn pushed(&self, source: Value) -> Self {
        let renamed = Renames::between(&self.source, &source);
        let mut next = Self::new(source);
        next.kill.clone_from(&self.kill);
        let testers = self.testers.iter().filter_map(|(key, variant)| Some((key.clone(), renamed.name(variant)?)));
        next.testers = testers.collect();
        let in_force: Option<Vec<Part>> =
            self.parts.as_ref().and_then(|parts| parts.iter().map(|(end, v)| Some((*end, renamed.name(v)?))).collect());
        let Some(in_force) = in_force else { return next };
        let (before, after) = (split::find(self.rule()), split::find(next.rule()));
        if renamed.split(&before) == Some(after.clone()) {
            // The commit does not speak of the split: cut points and ramp stay, where they still fit the rule.
            if split::with_parts(next.rule(), &in_force).is_ok() {
                next.parts = Some(in_force);
                next.ramp.clone_from(&self.ramp);
            }
        } else if let (Found::One { by: old_by, .. }, Found::One { parts, by }) = (&before, &after)
            && old_by == by
        {
            let wanted = allocation::shares(parts, split::whole(parts)).into_iter().collect();
            let fine = split::refine(&in_force);
            next.parts = allocation::rebalance(&fine, split::whole(&fine), &wanted).ok().or(next.parts);
        }
        next
    }
}

/// Testers of one flag; more belong into a segment.
const TESTERS_MAX: usize = 1_000;

fn archived() -> Problem {
    Problem::conflict("the flag is archived").hint("a commit that defines it again brings it back")
}

fn parts_of(source: &Value) -> Option<Vec<Part>> {
    match split::find(source.get("targeting")) {
        Found::One { parts, .. } => Some(parts),
        Found::None | Found::Unclear => None,
    }
}

/// How variants are called after a commit: a variant at the same place with the same value and a new name is the same variant.
struct Renames(BTreeMap<String, String>);

impl Renames {
    fn between(before: &Value, after: &Value) -> Self {
        let variants = |source: &Value| source.get("variants").and_then(Value::as_object).cloned().unwrap_or_default();
        let (before, after) = (variants(before), variants(after));
        let kept = before.keys().filter(|name| after.contains_key(*name)).map(|name| (name.clone(), name.clone()));
        let mut names: BTreeMap<_, _> = kept.collect();
        if before.len() == after.len() {
            for ((old, old_value), (new, new_value)) in before.iter().zip(&after) {
                if !after.contains_key(old) && !before.contains_key(new) && old_value == new_value {
                    names.insert(old.clone(), new.clone());
                }
            }
        }
        Self(names)
    }

    fn name(&self, variant: &str) -> Option<String> {
        self.0.get(variant).cloned()
    }

    fn split(&self, found: &Found) -> Option<Found> {
        let Found::One { parts, by } = found else { return Some(found.clone()) };
        let parts = parts.iter().map(|(end, variant)| Some((*end, self.name(variant)?))).collect::<Option<Vec<_>>>()?;
        Some(Found::One { parts, by: by.clone() })
    }
}

#[cfg(test)]
mod tests;
