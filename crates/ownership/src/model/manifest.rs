//! What a product depends on, as its own manifests say it: `package.json`, `Cargo.toml`, `requirements*.txt`, `go.mod`.

use std::collections::{BTreeMap, HashMap};

use kernel::Problem;
use serde::Deserialize;
use serde_json::Value;

/// A package that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dependency {
    pub(crate) ecosystem: &'static str,
    pub(crate) name: String,
    /// From 1.
    pub(crate) line: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Npm {
    dependencies: BTreeMap<String, Value>,
    dev_dependencies: BTreeMap<String, Value>,
    optional_dependencies: BTreeMap<String, Value>,
    peer_dependencies: BTreeMap<String, Value>,
}

/// The dependencies of a manifest; none if `path` is not one.
pub(crate) fn dependencies(path: &str, text: &str) -> Result<Vec<Dependency>, Problem> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut found = match name {
        "package.json" => npm(path, text)?,
        "Cargo.toml" => cargo(text),
        "go.mod" => go(text),
        _ if is_requirements(name) => pypi(text),
        _ => vec![],
    };
    found.sort();
    found.dedup_by(|a, b| a.ecosystem == b.ecosystem && a.name == b.name);
    Ok(found)
}

/// `requirements.txt`, `requirements-dev.txt`
pub(crate) fn is_requirements(name: &str) -> bool {
    name.strip_prefix("requirements").is_some_and(|rest| rest.rsplit_once('.').is_some_and(|(_, end)| end == "txt"))
}

fn npm(path: &str, text: &str) -> Result<Vec<Dependency>, Problem> {
    let read: Npm = serde_json::from_str(text).map_err(|error| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let problem = Problem::invalid(format!("the manifest cannot be read: {message}"));
        problem.at(path, number(error.line()), number(error.column())).hint("npm cannot read it either; mend the JSON")
    })?;
    let sections = [read.dependencies, read.dev_dependencies, read.optional_dependencies, read.peer_dependencies];
    let names = sections.into_iter().flat_map(BTreeMap::into_keys);
    let lines = lines_of_keys(text);
    let line = |name: &str| lines.get(name).copied().unwrap_or(1);
    Ok(names.map(|name| Dependency { ecosystem: "npm", line: line(&name), name }).collect())
}

/// The lines of all keys; of two of one name the last, because what the manifest says before its dependencies may have the same.
fn lines_of_keys(text: &str) -> HashMap<&str, u32> {
    let mut lines = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let parts: Vec<&str> = line.split('"').collect();
        let keys = parts.windows(2).skip(1).step_by(2).filter(|pair| pair[1].trim_start().starts_with(':'));
        lines.extend(keys.map(|pair| (pair[0], number)));
    }
    lines
}

/// Tables whose name ends with `dependencies`; a table `dependencies.NAME` is one of them.
fn cargo(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut is_inside = false;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        let mut add = |name: &str| {
            let name = name.trim().trim_matches(['"', '\'']).to_owned();
            found.push(Dependency { ecosystem: "cargo", name, line });
        };
        if let Some(table) = content.strip_prefix('[').and_then(|table| table.split(']').next()) {
            is_inside = table.ends_with("dependencies");
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                add(name);
            }
        } else if is_inside && !content.starts_with('#') {
            let is_key = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_\"'".contains(c));
            let name = content.split(['=', '.']).next().map(str::trim).filter(|name| !name.is_empty() && is_key(name));
            if let Some(name) = name.filter(|_| content.contains('=')) {
                add(name);
            }
        }
    }
    found
}

fn pypi(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        let length = content.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(content.len());
        // Options and addresses begin otherwise, or go on with what no requirement has.
        if length > 0 && !content[length..].starts_with(['/', ':']) && !content.starts_with(['-', '.']) {
            found.push(Dependency {
                ecosystem: "pypi",
                name: content[..length].to_lowercase().replace('_', "-"),
                line,
            });
        }
    }
    found
}

fn go(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut is_inside = false;
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split("//").next().unwrap_or_default().trim();
        let required = content.strip_prefix("require").filter(|rest| rest.starts_with([' ', '(']));
        if required.is_some_and(|rest| rest.trim() == "(") {
            is_inside = true;
        } else if content == ")" {
            is_inside = false;
        } else if let Some(name) = required.or(is_inside.then_some(content)).and_then(|c| c.split_whitespace().next()) {
            found.push(Dependency { ecosystem: "go", name: name.to_owned(), line });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let all = dependencies(path, text).unwrap();
        all.into_iter().map(|found| format!("{}:{} {}", found.ecosystem, found.name, found.line)).collect()
    }

    #[test]
    fn manifests_of_four_ecosystems_are_read() {
        let npm = "{\n\t\"name\": \"shop\",\n\t\"dependencies\": { \"pg\": \"8\" },\n\t\"devDependencies\": {\n\t\t\"@types/pg\": \"8\"\n\t}\n}";
        assert_eq!(found("web/package.json", npm), ["npm:@types/pg 5", "npm:pg 3"]);
        let cargo = "[package]\nname = \"a\"\n[dependencies]\nserde = \"1\" # x\nb.workspace = true\n[target.'cfg(unix)'.dev-dependencies.c]\nversion = \"1\"\n[features]\nd = []\n";
        assert_eq!(found("Cargo.toml", cargo), ["cargo:b 5", "cargo:c 6", "cargo:serde 4"]);
        let pypi = "# x\nFlask_Login==1.0 ; python_version > '3'\n-r other.txt\nhttps://example.com/a.whl\nrequests\n";
        assert_eq!(found("requirements-dev.txt", pypi), ["pypi:flask-login 2", "pypi:requests 5"]);
        let go = "module a\nrequire example.com/b v1\nrequire (\n\texample.com/c v2 // indirect\n)\nreplace x => y\n";
        assert_eq!(found("go.mod", go), ["go:example.com/b 2", "go:example.com/c 4"]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_told() {
        let problem = dependencies("package.json", "{\n  \"dependencies\": [\n}").unwrap_err();
        assert!(problem.placed().starts_with("package.json:"), "{}", problem.placed());
    }
}
