//! How long files and functions are.

use super::{Finding, Source};

const FILE: Limits = Limits { warn: 500, fail: 800 };
const FUNCTION: Limits = Limits { warn: 60, fail: 100 };

#[derive(Clone, Copy)]
struct Limits {
    warn: usize,
    fail: usize,
}

pub(super) fn findings(source: &Source) -> Vec<Finding> {
    let is_rust = source.extension() == "rs";
    if !is_rust && !matches!(source.extension(), "ts" | "tsx") {
        return Vec::new();
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let file = judge(source, 1, "the file", lines.len(), FILE);
    let functions = functions(&lines, if is_rust { rust_name } else { script_name });
    let functions =
        functions.into_iter().filter_map(|(line, name, length)| judge(source, line, &name, length, FUNCTION));
    file.into_iter().chain(functions).collect()
}

fn judge(source: &Source, line: usize, what: &str, length: usize, limits: Limits) -> Option<Finding> {
    let said = |limit| format!("{what} has {length} lines, more than {limit}");
    if length > limits.fail {
        return Some(source.finding(line, &said(limits.fail)));
    }
    (length > limits.warn).then(|| source.finding(line, &said(limits.warn)).warning())
}

/// First line, name and length of every function. Code is formatted: a function ends where a line as far to the right as its
/// first one begins with a brace.
fn functions(lines: &[&str], name: fn(&str) -> Option<String>) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        let Some(name) = name(line.trim_start()) else { continue };
        let indent = line.len() - line.trim_start().len();
        let end = lines[first..].iter().position(|line| ends(line, indent));
        found.extend(end.map(|end| (first + 1, name, end + 1)));
    }
    found
}

/// Whether a function that begins at this indent ends here: with its brace, or on its only line.
fn ends(line: &str, indent: usize) -> bool {
    let text = line.trim_start();
    let is_same = line.len() - text.len() == indent;
    is_same && (text.starts_with('}') || text.ends_with('}') || text.ends_with(';'))
}

fn rust_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let is_word = |word: &&str| matches!(*word, "const" | "async" | "unsafe" | "pub") || word.starts_with("pub(");
    let keyword = words.find(|word| !is_word(word))?;
    let name = words.next().filter(|_| keyword == "fn")?;
    Some(format!("fn {}", name.split(['(', '<']).next().unwrap_or(name)))
}

/// Functions by name, and arrow functions that are given one; a `describe` of tests is no function.
fn script_name(line: &str) -> Option<String> {
    let plain =
        ["export ", "default ", "async "].iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    let until = |text: &str| text.split(['(', '<', ':', ' ', '=']).next().unwrap_or_default().to_owned();
    if let Some(rest) = plain.strip_prefix("function ") {
        return Some(until(rest));
    }
    plain.strip_prefix("const ").filter(|rest| rest.ends_with("=> {")).map(until)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn rust(text: &str) -> Vec<(usize, String, usize)> {
        functions(&text.lines().collect::<Vec<_>>(), rust_name)
    }

    #[test]
    fn measures_functions() {
        let text = "impl A {\n    pub(crate) async fn long<T>(\n        x: T,\n    ) -> u8 {\n        if x {\n        }\n        1\n    }\n}\nfn short() { 1 }\nfn port();\n";
        let found = rust(text);
        assert_eq!(
            found,
            [(2, "fn long".to_owned(), 7), (10, "fn short".to_owned(), 1), (11, "fn port".to_owned(), 1)]
        );
    }

    #[test]
    fn measures_components() {
        let text = "export default function Page({ id }: Props) {\n  const go = async () => {\n    a();\n  };\n  return 1;\n}\n";
        let found = functions(&text.lines().collect::<Vec<_>>(), script_name);
        assert_eq!(found, [(1, "Page".to_owned(), 6), (2, "go".to_owned(), 3)]);
    }

    #[test]
    fn warns_before_it_fails() {
        let source = |lines: usize| {
            let body = "    x();\n".repeat(lines - 2);
            Source { path: PathBuf::from("a.rs"), text: format!("fn f() {{\n{body}}}\n") }
        };
        assert!(findings(&source(60)).is_empty());
        assert!(findings(&source(61))[0].is_warning);
        assert!(!findings(&source(101))[0].is_warning);
        assert_eq!(findings(&source(900)).len(), 2);
    }
}
