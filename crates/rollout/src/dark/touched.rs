//! A change's flags: those whose definition it changes, or whose key stands in its changed lines.

use std::collections::BTreeMap;

use delivery::Probing;
use flags::model::{Definition, Kind};

use crate::facade::{Error, Rollout};

/// The flags of a version that is probed, each with the variant under test: what customers have until then is the base.
pub(crate) async fn touched(
    rollout: &Rollout,
    probing: &Probing,
    files: &[(String, String)],
) -> Result<BTreeMap<String, String>, Error> {
    let defined = defined(files);
    let keys = flags_of(rollout, &probing.commit, probing.base.as_deref(), &defined).await?;
    Ok(keys.iter().filter_map(|key| Some((key.clone(), under_test(defined.get(key)?)?))).collect())
}

/// The keys of the flags that differ between `base` and a change, or that code names which does.
pub(crate) async fn flags_of(
    rollout: &Rollout,
    commit: &str,
    base: Option<&str>,
    defined: &BTreeMap<String, Definition>,
) -> Result<Vec<String>, Error> {
    let before = match base {
        Some(base) => rollout.delivery.files_at(commit, base, &["flags/"]).await?,
        None => Vec::new(),
    };
    let before = self::defined(&before);
    let mut all: Vec<String> = defined.keys().chain(before.keys()).cloned().collect();
    all.sort();
    all.dedup();
    let named = rollout.delivery.named_between(base, commit, &all).await?;
    all.retain(|key| named.contains(key) || is_changed(before.get(key), defined.get(key)));
    Ok(all)
}

fn is_changed(before: Option<&Definition>, after: Option<&Definition>) -> bool {
    before.map(Definition::to_value) != after.map(Definition::to_value)
}

/// The flags that files define, as far as they can be read.
pub(crate) fn defined(files: &[(String, String)]) -> BTreeMap<String, Definition> {
    let files = files.iter().filter(|(path, _)| path.starts_with("flags/"));
    let read = files.flat_map(|(path, text)| flags::model::read(text, path).0.definitions);
    read.map(|definition| (definition.key.to_string(), definition)).collect()
}

/// The variant that is new to customers: `true` of a boolean flag, else the first that is not the default.
fn under_test(flag: &Definition) -> Option<String> {
    let mut variants = flag.variants.iter();
    let found = if flag.kind == Kind::Boolean {
        variants.find(|(_, value)| value.as_bool() == Some(true))
    } else {
        variants.find(|(name, _)| Some(*name) != flag.default_variant.as_ref())
    };
    found.map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> BTreeMap<String, Definition> {
        defined(&[("flags/checkout.yaml".into(), text.into())])
    }

    const TWO: &str = "flags:
  one-page: { state: ENABLED, variants: { 'on': true, 'off': false }, defaultVariant: 'on' }
  colour: { state: ENABLED, variants: { red: '#f00', blue: '#00f', teal: '#0ff' }, defaultVariant: red }
";

    #[test]
    fn the_variant_under_test_is_the_one_that_is_new() {
        let flags = flags(TWO);
        assert_eq!(under_test(&flags["one-page"]).as_deref(), Some("on"), "true, whatever the default is");
        assert_eq!(under_test(&flags["colour"]).as_deref(), Some("blue"));
    }

    #[test]
    fn a_flag_that_only_moved_is_not_changed() {
        let (before, moved) = (flags(TWO), flags(&format!("# a remark\n\n{TWO}")));
        assert!(!is_changed(before.get("colour"), moved.get("colour")));
        let other = flags(&TWO.replace("#00f", "#00e"));
        assert!(is_changed(before.get("colour"), other.get("colour")));
        assert!(is_changed(None, before.get("colour")));
        assert!(is_changed(before.get("colour"), None));
    }
}
