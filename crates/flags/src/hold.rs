//! A hold: a flag that breaks what its people agreed on is seen by nobody but our own.
//!
//! A hold is no part of the flag: it is put over whatever the flag would serve where the snapshot for the edge is made, so
//! that no push, ramp, revision or experiment gets past it. Verifiers and testers come before the rules, and see the flag.
//! A flag that customers had when it was held goes on as it was then, and no further: an agreement that is broken is no
//! reason to take away what they have.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::flag::Flag;

/// Whose members see a held flag, by the flag's own rule.
pub const INTERNAL: &str = "internal";

/// Why a flag is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldReason {
    /// One sentence: lower case, no full stop.
    pub why: String,
    /// What ends it.
    pub hint: String,
}

/// Which flags a judgement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldScope {
    /// Those that are not there yet: what is there is judged when the commit is live.
    New,
    All,
}

/// A hold in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hold {
    pub(crate) since: Timestamp,
    pub(crate) why: String,
    pub(crate) hint: String,
    /// What it serves as long as it is held.
    pub(crate) frozen: Option<Value>,
}

/// A hold as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FlagHold)]
pub struct HoldView {
    pub since: String,
    pub why: String,
    pub hint: String,
    /// Customers had it before: it goes on as it was, and no further. Else only verifiers, testers and the segment `internal`
    /// see it.
    pub frozen: bool,
}

impl Hold {
    /// Of a flag that is held from now on; none if it is not there yet.
    pub(crate) fn of(flag: Option<&Flag>, reason: &HoldReason, since: Timestamp) -> Self {
        let frozen = flag.filter(|flag| flag.reaches_customers()).map(Flag::effective);
        Self { since, why: reason.why.clone(), hint: reason.hint.clone(), frozen }
    }

    pub(crate) fn view(&self) -> HoldView {
        HoldView {
            since: self.since.to_string(),
            why: self.why.clone(),
            hint: self.hint.clone(),
            frozen: self.frozen.is_some(),
        }
    }

    /// What is served in place of the flag. `off`: its off variant.
    pub(crate) fn served(&self, flag: &Flag, has_internal: bool) -> Value {
        if let Some(frozen) = &self.frozen {
            return frozen.clone();
        }
        let mut served = flag.effective();
        let Value::Object(fields) = &mut served else { return served };
        let off = flag.killed_variant();
        let rule = flag_rule(fields.get("targeting")).or_else(|| fields.get("defaultVariant").cloned());
        let rule = rule.filter(|_| has_internal).zip(off.clone());
        match rule {
            Some((rule, off)) => {
                fields.insert("targeting".into(), json!({ "if": [{ "in_segment": INTERNAL }, rule, off] }));
            }
            None => drop(fields.shift_remove("targeting")),
        }
        fields.insert("defaultVariant".into(), off.map_or(Value::Null, Value::String));
        served
    }
}

fn flag_rule(targeting: Option<&Value>) -> Option<Value> {
    targeting.filter(|rule| rule.as_object().is_some_and(|rule| !rule.is_empty())).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(targeting: &Value) -> Flag {
        Flag::new(json!({ "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "on",
            "targeting": targeting }))
    }

    fn hold(flag: Option<&Flag>) -> Hold {
        Hold::of(flag, &HoldReason { why: "no owner".into(), hint: "add one".into() }, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn nobody_but_the_segment_is_asked_by_the_rule() {
        let split = json!({ "fractional": [["on", 1], ["off", 1]] });
        let served = hold(None).served(&flag(&split), true);
        assert_eq!(served["targeting"], json!({ "if": [{ "in_segment": "internal" }, split, "off"] }));
        assert_eq!(served["defaultVariant"], "off");
        let plain = hold(None).served(&flag(&json!({})), true);
        assert_eq!(plain["targeting"], json!({ "if": [{ "in_segment": "internal" }, "on", "off"] }));
    }

    #[test]
    fn without_the_segment_everybody_gets_the_off_variant() {
        let served = hold(None).served(&flag(&json!({ "if": [true, "on", "off"] })), false);
        assert_eq!((served.get("targeting"), &served["defaultVariant"]), (None, &json!("off")));
    }

    #[test]
    fn what_customers_had_goes_on_as_it_was() {
        let before = flag(&json!({ "fractional": [["on", 1], ["off", 9]] }));
        let after = flag(&json!({ "fractional": [["on", 9], ["off", 1]] }));
        assert_eq!(hold(Some(&before)).served(&after, true), before.effective());
    }
}
