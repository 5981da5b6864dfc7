//! The configuration in a worktree, made ready: where its state is kept, and the commands for it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::verify::infrastructure::Error;
use crate::verify::infrastructure::folder::Folder;

/// Beside the configuration: an override file wins over what it overrides, and later names over earlier ones.
const OVERRIDE: &str = "zz_trunkline_override.tf";

/// Where the state of a configuration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// In our folder.
    Ours,
    /// Where the configuration says.
    Theirs,
}

/// Makes the configuration in `module` keep its state with us, unless it says where.
pub(crate) fn prepare(module: &Path, folder: &Folder) -> Result<Backend, Error> {
    if names_backend(module)? {
        return Ok(Backend::Theirs);
    }
    let file = module.join(OVERRIDE);
    let path = hcl_string(&folder.state().display().to_string());
    let text = format!("terraform {{\n  backend \"local\" {{\n    path = {path}\n  }}\n}}\n");
    fs::write(&file, text).map_err(Error::io("write", &file))?;
    Ok(Backend::Ours)
}

fn names_backend(module: &Path) -> Result<bool, Error> {
    for entry in fs::read_dir(module).map_err(Error::io("read", module))? {
        let path = entry.map_err(Error::io("read", module))?.path();
        let is_json = path.to_string_lossy().ends_with(".tf.json");
        if !is_json && path.extension().is_none_or(|extension| extension != "tf") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let is_there =
            if is_json { text.contains("\"backend\"") || text.contains("\"cloud\"") } else { declares_backend(&text) };
        if is_there {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A line `backend "s3" {` or `cloud {`, outside comments.
fn declares_backend(text: &str) -> bool {
    let mut is_comment = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("/*") {
            is_comment = true;
        }
        if !is_comment && !line.starts_with('#') && !line.starts_with("//") {
            let words: Vec<_> =
                line.split(|c: char| c.is_whitespace() || c == '{').filter(|word| !word.is_empty()).collect();
            let is_backend =
                |i: usize| words[i] == "backend" && words.get(i + 1).is_some_and(|name| name.starts_with('"'));
            let is_block = line.contains('{');
            if is_block && (0..words.len()).any(|i| is_backend(i) || (words[i] == "cloud" && words.len() <= i + 1)) {
                return true;
            }
        }
        if line.ends_with("*/") {
            is_comment = false;
        }
    }
    false
}

fn hcl_string(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{text}\"")
}

/// What Terraform is told by its environment, besides what every step is.
pub(crate) fn variables(folder: &Folder, data_folder: &Path) -> Vec<(String, String)> {
    let text = |path: &Path| path.display().to_string();
    vec![
        ("TF_CLI_CONFIG_FILE".into(), text(folder.settings())),
        ("TF_DATA_DIR".into(), text(data_folder)),
        ("TF_IN_AUTOMATION".into(), "1".into()),
        ("TF_INPUT".into(), "0".into()),
        ("CHECKPOINT_DISABLE".into(), "1".into()),
    ]
}

/// A word for the shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// The folder of the configuration, which must be a real one.
pub(crate) fn folder_in(worktree: &Path, dir: &str) -> Result<PathBuf, Error> {
    let mut module = worktree.to_owned();
    for part in Path::new(dir).components() {
        if let std::path::Component::Normal(name) = part {
            module.push(name);
        }
        let is_folder = fs::symlink_metadata(&module).is_ok_and(|data| data.is_dir());
        if !is_folder || matches!(part, std::path::Component::ParentDir | std::path::Component::RootDir) {
            return Err(Error::NoFolder(format!("infrastructure: {dir} is no folder of the repository")));
        }
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_of_its_own_is_seen() {
        assert!(declares_backend("terraform {\n  backend \"s3\" {\n  }\n}"));
        assert!(declares_backend("terraform { backend \"http\" {} }"));
        assert!(declares_backend("terraform {\n  cloud {\n    organization = \"x\"\n  }\n}"));
        assert!(!declares_backend("# backend \"s3\" {\n// cloud {\n/*\nbackend \"gcs\" {\n*/"));
        assert!(!declares_backend("resource \"terraform_data\" \"backend\" {\n  input = \"cloud {\"\n}"));
        assert!(!declares_backend("variable \"backend\" {\n}"));
    }

    #[test]
    fn a_path_is_quoted_for_hcl_and_the_shell() {
        assert_eq!(hcl_string(r#"/a"b/${c}"#), r#""/a\"b/$${c}""#);
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
