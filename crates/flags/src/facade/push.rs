//! What a commit says of flags and segments comes into force.

use std::collections::BTreeMap;

use kernel::Problem;
use serde_json::Value;
use storage::Tx;

use super::{Applied, By, Change, Flags, Stage};
use crate::Error;
use crate::flag::{Flag, Life};
use crate::model::{self, FlagSet, Ruleset, Segment};
use crate::store::{self, Stored};

/// What the files of a commit define.
#[derive(Debug, Default)]
struct Defined {
    flags: BTreeMap<String, Value>,
    evaluators: BTreeMap<String, Value>,
    segments: BTreeMap<String, String>,
}

/// A commit on its way into force.
struct Push<'a> {
    commit: &'a str,
    stage: Stage,
    by: &'a By,
    revision: u64,
    /// What the commit does not define stays as it is.
    is_older: bool,
}

impl Flags {
    /// What is wrong with the files (path, text) of a commit: `flags/*.{json,yaml,yml}` and `segments/*.txt`.
    pub fn check(files: &[(String, String)]) -> Vec<Problem> {
        read(files).err().unwrap_or_default()
    }

    /// Brings the files (path, text) of a commit into force, as far as its stage says. Safe to do again. A commit with a
    /// wrong definition changes nothing.
    pub async fn apply(
        &self,
        commit: &str,
        files: &[(String, String)],
        stage: Stage,
        by: &By,
    ) -> Result<Applied, Error> {
        self.push(files, Push { commit, stage, by, revision: 0, is_older: false }).await
    }

    /// A version that customers had before took over again. What its commit defines is in force as it defines it; flags that
    /// came later stay as they are: trunk still has them, and nothing that is served reads them.
    pub async fn go_back(&self, commit: &str, files: &[(String, String)], by: &By) -> Result<Applied, Error> {
        self.push(files, Push { commit, stage: Stage::Live, by, revision: 0, is_older: true }).await
    }

    async fn push(&self, files: &[(String, String)], push: Push<'_>) -> Result<Applied, Error> {
        let defined = read(files).map_err(|mut problems| problems.swap_remove(0))?;
        let mut tx = self.db().begin().await?;
        let revision = store::advance(&mut tx, 1).await?;
        let push = Push { revision, ..push };
        let mut applied = Applied { revision, ..Applied::default() };
        let shared = push_shared(&mut tx, &push, &defined).await?;
        self.push_flags(&mut tx, &push, &defined, &mut applied).await?;
        let changed = applied.added.len() + applied.changed.len() + applied.retiring.len();
        if changed == 0 && !shared {
            drop(tx);
            return Ok(Applied { revision: store::revision(self.db()).await?, ..applied });
        }
        let content = self.content(&mut tx, revision).await?;
        tx.commit().await?;
        self.confirm(&content).await?;
        Ok(applied)
    }

    async fn push_flags(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        defined: &Defined,
        applied: &mut Applied,
    ) -> Result<(), Error> {
        let stored = store::all_in(tx).await?;
        let stored: BTreeMap<String, Stored> = stored.into_iter().map(|flag| (flag.key.clone(), flag)).collect();
        for (key, source) in &defined.flags {
            let before = stored.get(key).map(|stored| &stored.flag);
            let Some((what, next)) = pushed(before, source, push.stage) else { continue };
            if what == "flag.added" { &mut applied.added } else { &mut applied.changed }.push(key.clone());
            self.record(tx, &push.change(key, before, what), next).await?;
        }
        if push.stage == Stage::Dark || push.is_older {
            return Ok(());
        }
        for (key, Stored { flag, .. }) in &stored {
            if flag.life == Life::OnTrunk && !defined.flags.contains_key(key) {
                applied.retiring.push(key.clone());
                let next = Flag { life: Life::Retiring, ..flag.clone() };
                self.record(tx, &push.change(key, Some(flag), "flag.left_trunk"), next).await?;
            }
        }
        Ok(())
    }
}

impl<'a> Push<'a> {
    fn change(&self, key: &'a str, before: Option<&'a Flag>, what: &'a str) -> Change<'a>
    where
        Self: 'a,
    {
        Change { key, before, what, by: self.by, commit: Some(self.commit), revision: self.revision }
    }
}

/// What becomes of one flag that the commit defines; `None` if nothing does.
fn pushed(before: Option<&Flag>, source: &Value, stage: Stage) -> Option<(&'static str, Flag)> {
    let Some(before) = before else { return Some(("flag.added", Flag::new(source.clone()))) };
    let source = with_pin_of(source, &before.source);
    if before.life == Life::Archived {
        // It comes back with its people where they were.
        let next = Flag { life: Life::OnTrunk, ..before.pushed(source) };
        return Some(("flag.added", next));
    }
    let is_news = before.life != Life::OnTrunk || *before.on_trunk_now() != source;
    (stage == Stage::Live && is_news).then(|| ("flag.pushed", before.pushed(source)))
}

/// Who decides who is where was pinned when the flag was first seen.
fn with_pin_of(source: &Value, known: &Value) -> Value {
    let mut source = source.clone();
    if let (Some(fields), Some(pin)) = (source.as_object_mut(), known.get("x-trunkline")) {
        fields.insert("x-trunkline".into(), pin.clone());
    }
    source
}

/// Segments and shared rules: new ones at once, changed ones when the commit is live. None ever vanishes: an older flag may
/// still name it. Whether anything changed.
async fn push_shared(tx: &mut Tx, push: &Push<'_>, defined: &Defined) -> Result<bool, Error> {
    let mut changed = false;
    let known = store::segments(tx).await?;
    let due = |is_known: bool, is_same: bool| !is_same && (push.stage == Stage::Live || !is_known);
    for (name, members) in &defined.segments {
        if due(known.contains_key(name), known.get(name) == Some(members)) {
            store::put_segment(tx, name, push.revision, members).await?;
            changed = true;
        }
    }
    let known = store::evaluators(tx).await?;
    for (name, rule) in &defined.evaluators {
        if due(known.contains_key(name), known.get(name) == Some(rule)) {
            store::put_evaluator(tx, name, rule).await?;
            changed = true;
        }
    }
    Ok(changed)
}

fn read(files: &[(String, String)]) -> Result<Defined, Vec<Problem>> {
    let (mut set, mut problems) = (FlagSet::default(), Vec::new());
    let mut segments = BTreeMap::new();
    for (path, text) in files {
        if let Some(name) = path.strip_prefix("segments/").and_then(|name| name.strip_suffix(".txt")) {
            match Segment::parse(text, path) {
                Ok(segment) => drop(set.segments.insert(name.to_owned(), segment.into())),
                Err(problem) => problems.push(problem),
            }
            segments.insert(name.to_owned(), text.clone());
        } else if is_flags(path) {
            match model::parse(text, path) {
                Ok(file) => problems.extend(set.add(file)),
                Err(wrong) => problems.extend(wrong),
            }
        }
    }
    if problems.is_empty()
        && let Err(wrong) = Ruleset::compile(&set)
    {
        problems = wrong;
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let flags = set.flags.iter().map(|(key, flag)| (key.to_string(), flag.to_value())).collect();
    let evaluators = set.evaluators.iter().map(|(name, (_, rule))| (name.clone(), rule.to_value())).collect();
    Ok(Defined { flags, evaluators, segments })
}

fn is_flags(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    path.starts_with("flags/") && matches!(extension, "json" | "yaml" | "yml")
}
