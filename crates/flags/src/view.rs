//! Flags as people see them: the shapes of contracts.md, and what the console needs beside them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{Cursor, Page, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::exposure::Exposures;
use crate::facade::unknown;
use crate::flag::{Decided, Flag};
use crate::hold::{Hold, HoldView};
use crate::store::{Entry, Stored};
use crate::{Error, Flags, Reference, exposure, store};

/// Writes of a flag that are shown.
const HISTORY_SHOWN: u64 = 200;

/// For how long a flag can be looked back on.
const DAYS_MAX: u32 = 366;

/// One variant's share of the split in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    pub variant: String,
    /// 0 to 1
    pub share: f64,
}

/// The newest write of a flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlagChange {
    pub at: String,
    pub who: String,
    /// For example `flag.ramped`.
    pub what: String,
}

/// A flag in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlagItem {
    pub key: String,
    /// `dark`, `ramping`, `live`, `killed`, `retiring` or `archived`
    pub state: String,
    /// `boolean`, `string`, `number` or `object`
    #[serde(rename = "type")]
    pub kind_of_value: String,
    /// `release`, `experiment`, `operations` or `permission`
    pub kind: Option<String>,
    pub owner: Option<String>,
    /// The day after which it should be gone.
    pub expires: Option<String>,
    /// Its day is over.
    pub expired: bool,
    /// Whom its split divides: `visitor` or `user`
    pub unit: String,
    pub journey: Option<String>,
    /// Of its newest write.
    pub revision: u64,
    pub variants: Vec<String>,
    /// Of all whom no condition singles out. Empty where that depends on the rule: it has several splits, or computed shares.
    pub split: Vec<Share>,
    /// `null`: not known.
    pub exposed_persons: Option<u64>,
    pub killed: bool,
    /// It is held at internal exposure; `null`: it is not.
    #[serde(default)]
    pub held: Option<HoldView>,
    /// Why it has done its work; `null`: it has not. Its owner takes it out of the code.
    #[serde(default)]
    pub retire: Option<String>,
    pub changed: FlagChange,
}

/// Who decided something at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub at: String,
    pub who: String,
    pub why: Option<String>,
}

/// A ramp in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Ramp {
    pub at: String,
    pub who: String,
    pub split: Vec<Share>,
}

/// One rule: who gets what. The first that holds counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    /// JsonLogic; `null` for everybody else.
    #[schema(value_type = Value)]
    pub when: Option<Value>,
    /// A variant's name, or JsonLogic that gives one.
    #[schema(value_type = Value)]
    pub serves: Value,
}

/// A targeting key with a variant of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tester {
    pub targeting_key: String,
    pub variant: String,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlagEvent {
    pub revision: u64,
    pub at: String,
    pub who: String,
    pub what: String,
    pub why: Option<String>,
    pub commit: Option<String>,
    pub state: String,
    pub split: Vec<Share>,
}

/// Who was exposed on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExposureDay {
    pub day: String,
    /// Persons by variant.
    pub variants: BTreeMap<String, u64>,
}

/// Whom turning the flag off would touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blast {
    /// Persons who were given another variant than the off one; `null`: not known.
    pub persons_now: Option<u64>,
    pub journeys: Vec<String>,
}

/// A flag with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlagView {
    #[serde(flatten)]
    pub item: FlagItem,
    pub description: Option<String>,
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Value>,
    pub default_variant: Option<String>,
    /// What it serves where it is off.
    pub off_variant: Option<String>,
    pub rules: Vec<RuleView>,
    pub testers: Vec<Tester>,
    pub killed_by: Option<Decision>,
    pub ramp: Option<Ramp>,
    /// Why a ramp is impossible, with what to do; `null` if it is possible.
    #[serde(default)]
    pub no_ramp: Option<String>,
    pub history: Vec<FlagEvent>,
    /// `null`: not known.
    pub exposures: Option<Vec<ExposureDay>>,
    /// Where the newest commit whose code was read names it; `null`: not known.
    pub references: Option<Vec<Reference>>,
    pub blast: Blast,
    /// The edge has the newest revision of this flag.
    pub edge: bool,
}

/// A flag that may be in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stale {
    pub key: String,
    pub state: String,
    pub owner: Option<String>,
    pub why: Vec<String>,
}

impl Flags {
    /// Flags by key; `query` is a part of key, owner, kind, journey or state.
    pub async fn list(&self, query: Option<&str>, cursor: Option<&str>, limit: usize) -> Result<Page<FlagItem>, Error> {
        let after: Option<String> = cursor.map(Cursor::decode).transpose()?;
        let newest = store::newest(self.db()).await?;
        let mut items = Vec::new();
        for stored in store::all(self.db()).await? {
            let is_after = after.as_ref().is_none_or(|after| stored.key > *after);
            let Some(entry) = newest.get(&stored.key).filter(|_| is_after) else { continue };
            let item = self.item(&stored, entry);
            if query.is_none_or(|query| is_found(&item, query)) {
                items.push(item);
            }
            if items.len() > limit {
                break;
            }
        }
        let mut page = Page::cut(items, limit, |item| Cursor::encode(&item.key));
        let held = store::hold::all(self.db()).await?;
        for item in &mut page.items {
            under_hold(item, held.get(&item.key));
            item.exposed_persons = exposure::of(&self.options, &item.key).await.map(|exposures| exposures.persons);
        }
        Ok(page)
    }

    /// Everything that is known of a flag.
    pub async fn show(&self, key: &str) -> Result<FlagView, Error> {
        let stored = store::find(self.db(), key).await?.ok_or_else(|| unknown(key))?;
        let history = store::history(self.db(), key, HISTORY_SHOWN).await?;
        let newest = history.first().ok_or_else(|| unknown(key))?;
        let exposures = exposure::of(&self.options, key).await;
        let mut item = self.item(&stored, newest);
        item.exposed_persons = exposures.as_ref().map(|exposures| exposures.persons);
        under_hold(&mut item, store::hold::all(self.db()).await?.get(key));
        let flag = &stored.flag;
        let journeys = item.journey.clone().into_iter().collect();
        let off_variant = flag.killed_variant();
        Ok(FlagView {
            description: flag.metadata("description").map(str::to_owned),
            values: flag.variants().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            default_variant: flag.default_variant().map(str::to_owned),
            rules: rules(flag),
            testers: testers(flag),
            killed_by: flag.kill.as_ref().map(decision),
            ramp: flag.ramp.as_ref().map(|by| Ramp { at: by.at.clone(), who: by.who.clone(), split: shares(flag) }),
            no_ramp: flag.no_ramp().map(|problem| problem.told()),
            history: history.iter().map(event).collect(),
            references: store::references(self.db(), key).await?,
            blast: Blast { persons_now: blast(exposures.as_ref(), off_variant.as_deref()), journeys },
            exposures: exposures.map(Exposures::into_days),
            edge: self.is_confirmed(stored.revision).await,
            off_variant,
            item,
        })
    }

    /// The writes of a flag, newest first.
    pub async fn history(&self, key: &str) -> Result<Vec<FlagEvent>, Error> {
        Ok(store::history(self.db(), key, HISTORY_SHOWN).await?.iter().map(event).collect())
    }

    /// Flags that may be in the way: retiring, past their day, or one variant for everybody for `days` and not read by code.
    pub async fn stale(&self, days: u32) -> Result<Vec<Stale>, Error> {
        if !(1..=DAYS_MAX).contains(&days) {
            let problem = Problem::invalid(format!("{days} days cannot be looked back"));
            return Err(problem.hint(format!("1 to {DAYS_MAX}")).into());
        }
        let newest = store::newest(self.db()).await?;
        let mut stale = Vec::new();
        for stored in store::all(self.db()).await? {
            let Some(entry) = newest.get(&stored.key) else { continue };
            let item = self.item(&stored, entry);
            let references = store::references(self.db(), &stored.key).await?;
            let exposures = exposure::of(&self.options, &stored.key).await;
            let why = reasons(&item, entry, references.as_deref(), exposures.as_ref(), self.now(), days);
            if item.state != "archived" && !why.is_empty() {
                stale.push(Stale { key: item.key, state: item.state, owner: item.owner, why });
            }
        }
        Ok(stale)
    }

    fn item(&self, stored: &Stored, newest: &Entry) -> FlagItem {
        let flag = &stored.flag;
        let text = |name: &str| flag.metadata(name).map(str::to_owned);
        let last_day = text("expires");
        let today = self.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let is_over =
            last_day.as_ref().and_then(|day| day.parse::<jiff::civil::Date>().ok()).is_some_and(|d| d < today);
        FlagItem {
            key: stored.key.clone(),
            state: flag.state().to_owned(),
            kind_of_value: flag.variants().next().map_or("unknown", |(_, value)| word(value)).to_owned(),
            kind: text("kind"),
            owner: text("owner"),
            expires: last_day,
            expired: is_over,
            unit: text("unit").unwrap_or_else(|| "visitor".into()),
            journey: text("journey"),
            revision: stored.revision,
            variants: flag.variants().map(|(name, _)| name.to_owned()).collect(),
            split: shares(flag),
            exposed_persons: None,
            killed: flag.kill.is_some(),
            held: None,
            retire: to_retire(flag),
            changed: FlagChange { at: newest.at.to_string(), who: newest.who.clone(), what: newest.what.clone() },
        }
    }
}

/// An experiment gave everybody one variant: nothing is left to be decided by the flag.
fn to_retire(flag: &Flag) -> Option<String> {
    let experiment = flag.ramp.as_ref()?.who.strip_prefix("experiment ")?;
    let shipped = shares(flag);
    let everybody = shipped.iter().find(|share| share.share >= 1.0).filter(|_| flag.state() == "live")?;
    Some(format!(
        "experiment {experiment} gave everybody {:?}: take the flag out of the code, then out of the file",
        everybody.variant
    ))
}

/// What a hold makes of it: whom customers do not see is dark.
fn under_hold(item: &mut FlagItem, hold: Option<&Hold>) {
    let Some(hold) = hold else { return };
    if hold.frozen.is_none() && matches!(item.state.as_str(), "ramping" | "live") {
        item.state = "dark".into();
    }
    item.held = Some(hold.view());
}

fn is_found(item: &FlagItem, query: &str) -> bool {
    let query = query.to_lowercase();
    let fields = [Some(&item.key), item.owner.as_ref(), item.kind.as_ref(), item.journey.as_ref(), Some(&item.state)];
    query.split_whitespace().all(|word| {
        let word = word.split_once(':').map_or(word, |(_, value)| value);
        fields.iter().flatten().any(|field| field.to_lowercase().contains(word))
    })
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        _ => "object",
    }
}

fn shares(flag: &Flag) -> Vec<Share> {
    flag.shares().into_iter().map(|(variant, share)| Share { variant, share }).collect()
}

fn testers(flag: &Flag) -> Vec<Tester> {
    let tester = |(key, variant): (&String, &String)| Tester { targeting_key: key.clone(), variant: variant.clone() };
    flag.testers.iter().map(tester).collect()
}

fn decision(decided: &Decided) -> Decision {
    Decision { at: decided.at.clone(), who: decided.who.clone(), why: decided.why.clone() }
}

fn event(entry: &Entry) -> FlagEvent {
    FlagEvent {
        revision: entry.revision,
        at: entry.at.to_string(),
        who: entry.who.clone(),
        what: entry.what.clone(),
        why: entry.why.clone(),
        commit: entry.commit.clone(),
        state: entry.flag.state().to_owned(),
        split: shares(&entry.flag),
    }
}

/// The branches of the rule in force, in the order in which they are tried.
fn rules(flag: &Flag) -> Vec<RuleView> {
    let served = flag.effective();
    let mut views = Vec::new();
    let mut rest = served.get("targeting").filter(|rule| rule.as_object().is_some_and(|rule| !rule.is_empty()));
    while let Some(rule) = rest {
        let Some(arguments) = rule.get("if").or_else(|| rule.get("?:")).and_then(Value::as_array) else {
            views.push(RuleView { when: None, serves: rule.clone() });
            return views;
        };
        for pair in arguments.chunks_exact(2) {
            views.push(RuleView { when: Some(pair[0].clone()), serves: pair[1].clone() });
        }
        rest = arguments.chunks_exact(2).remainder().first();
    }
    if let Some(variant) = flag.default_variant() {
        views.push(RuleView { when: None, serves: Value::String(variant.to_owned()) });
    }
    views
}

fn blast(exposures: Option<&Exposures>, off: Option<&str>) -> Option<u64> {
    let exposures = exposures?;
    let touched = exposures.by_variant.iter().filter(|(variant, _)| Some(variant.as_str()) != off);
    Some(touched.map(|(_, persons)| persons).sum())
}

fn reasons(
    item: &FlagItem,
    newest: &Entry,
    references: Option<&[Reference]>,
    exposures: Option<&Exposures>,
    now: Timestamp,
    days: u32,
) -> Vec<String> {
    let mut why = Vec::new();
    if item.state == "retiring" {
        why.push("trunk no longer defines it: `trunkline flag retire` ends it".to_owned());
    }
    why.extend(item.retire.clone());
    if item.expired {
        why.push(format!("it should be gone since {}", item.expires.as_deref().unwrap_or_default()));
    }
    if references.is_some_and(<[Reference]>::is_empty) {
        why.push("the code of trunk names it nowhere".to_owned());
    }
    let span = jiff::SignedDuration::from_hours(24 * i64::from(days));
    let is_settled = matches!(item.state.as_str(), "live" | "dark") && now.duration_since(newest.at) > span;
    let since = (now - span).to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let variants = exposures.map(|exposures| exposures.variants_since(&since));
    if is_settled && variants.as_ref().is_some_and(|variants| variants.len() == 1) {
        why.push(format!("for {days} days everybody got the same variant"));
    } else if is_settled && variants.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
        why.push(format!("for {days} days nobody asked for it"));
    }
    why
}
