//! The sample product as it is in this binary: the files of the first commit, and the patches that follow.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../examples/shop"]
#[exclude = "history/*"]
#[exclude = "node_modules/*"]
#[exclude = "reports/*"]
#[exclude = "data/*"]
struct Base;

#[derive(RustEmbed)]
#[folder = "../../examples/shop/history"]
#[include = "*.patch"]
struct History;

#[derive(RustEmbed)]
#[folder = "advisories"]
#[include = "*.json"]
struct Advisories;

/// An advisory in the OSV format.
pub(crate) fn advisory(id: &str) -> Option<String> {
    Some(text(&Advisories::get(&format!("{id}.json"))?.data))
}

/// Between the message of a patch and its diff.
const SEPARATOR: &str = "\n---\n";

/// A commit to be: a message and a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// For example `01-free-delivery`.
    pub name: String,
    /// May have `{NAME}` where the commit of another patch is to be named.
    pub message: String,
    pub diff: String,
}

/// Every patch, in order of names.
pub fn patches() -> Vec<Patch> {
    let mut names: Vec<_> = History::iter().collect();
    names.sort();
    names.iter().filter_map(|file| parse(file.strip_suffix(".patch")?, &text(&History::get(file)?.data))).collect()
}

/// The patch called `name`.
pub(crate) fn patch(name: &str) -> Option<Patch> {
    parse(name, &text(&History::get(&format!("{name}.patch"))?.data))
}

/// Paths and contents of the first commit.
pub(crate) fn base() -> Vec<(String, Cow<'static, [u8]>)> {
    Base::iter().filter_map(|path| Some((path.to_string(), Base::get(&path)?.data))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn parse(name: &str, text: &str) -> Option<Patch> {
    let (message, diff) = text.split_once(SEPARATOR)?;
    Some(Patch { name: name.into(), message: message.into(), diff: diff.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_shop_without_its_history() {
        let paths: Vec<_> = base().into_iter().map(|(path, _)| path).collect();
        for needed in ["trunkline.yaml", ".gitignore", ".npmrc", "package-lock.json", "src/app.js", "infra/main.tf"] {
            assert!(paths.iter().any(|path| path == needed), "{needed} is missing in {paths:?}");
        }
        let unwanted = ["history/", "node_modules/", "reports/"];
        assert!(!paths.iter().any(|path| unwanted.iter().any(|folder| path.starts_with(folder))), "{paths:?}");
    }

    #[test]
    fn every_patch_has_a_message_and_a_diff() {
        assert!(patches().len() >= 7);
        for patch in patches() {
            assert!(!patch.message.is_empty() && patch.diff.starts_with("diff --git"), "{}", patch.name);
        }
    }
}
