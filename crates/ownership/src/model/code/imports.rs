//! What a file imports from the same repository.

use super::{Language, Placed, Token};

/// Longest path; what follows names nothing that has a file.
const PARTS_MAX: usize = 32;
/// Deepest tree of a Rust `use`.
const DEPTH_MAX: usize = 16;

/// One import, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) from: From,
    /// From 1.
    pub(crate) line: u32,
}

/// What is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// `./a`, `../b/c`
    Script(String),
    /// `from ..a.b import c`: two dots, `a.b`, `c`.
    Python { dots: usize, module: Vec<String>, names: Vec<String> },
    /// `crate::a::b`, `super::c`
    Rust(Vec<String>),
}

/// The imports that stay in the repository. A package of that name is none of ours, so only what is relative is sure; Python's
/// absolute ones are looked for later.
pub(crate) fn imports(tokens: &[Placed], language: Language) -> Vec<Import> {
    match language {
        Language::Script => script(tokens),
        Language::Python => python(tokens),
        Language::Rust => rust(tokens),
        Language::Go | Language::Braces | Language::Php | Language::Ruby => vec![],
    }
}

fn script(tokens: &[Placed]) -> Vec<Import> {
    let mut imports = Vec::new();
    for (at, placed) in tokens.iter().enumerate() {
        let Token::Text(path) = &placed.token else { continue };
        if !path.starts_with("./") && !path.starts_with("../") {
            continue;
        }
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is_word =
            |back, words: &[&str]| before(back).is_some_and(|placed| words.iter().any(|word| placed.is_word(word)));
        let is_call = before(1).is_some_and(|placed| placed.is_mark('(')) && is_word(2, &["require", "import"]);
        if is_call || is_word(1, &["from", "import"]) {
            imports.push(Import { from: From::Script(path.clone()), line: placed.line });
        }
    }
    imports
}

fn python(tokens: &[Placed]) -> Vec<Import> {
    let mut imports = Vec::new();
    for (at, placed) in tokens.iter().enumerate() {
        let is_first = at == 0 || tokens[at - 1].line < placed.line || tokens[at - 1].is_mark(';');
        if !is_first {
            continue;
        }
        let rest = &tokens[at + 1..];
        if placed.is_word("import") {
            imports.extend(python_modules(rest, placed.line));
        } else if placed.is_word("from") {
            imports.extend(python_from(rest, placed.line));
        }
    }
    imports
}

/// `import a.b as c, d`
fn python_modules(tokens: &[Placed], line: u32) -> Vec<Import> {
    let mut imports = Vec::new();
    for item in tokens.split(|placed| placed.is_mark(',')) {
        let (module, _) = dotted(item);
        if module.is_empty() || item[0].line != line {
            break;
        }
        imports.push(Import { from: From::Python { dots: 0, module, names: vec![] }, line });
        if item.iter().any(|placed| placed.line != line) {
            break;
        }
    }
    imports
}

fn python_from(tokens: &[Placed], line: u32) -> Option<Import> {
    let dots = tokens.iter().take_while(|placed| placed.is_mark('.')).count();
    let (module, length) = dotted(&tokens[dots..]);
    let rest = &tokens[dots + length..];
    if !rest.first()?.is_word("import") {
        return None;
    }
    let in_brackets = rest.get(1).is_some_and(|placed| placed.is_mark('('));
    let ends = |placed: &&Placed| !placed.is_mark(')') && (in_brackets || placed.line == line);
    let names = rest[1..].iter().take_while(ends).filter_map(|placed| match &placed.token {
        Token::Word(name) => Some(name.clone()),
        _ => None,
    });
    let names: Vec<_> = names.collect();
    Some(Import { from: From::Python { dots, module, names }, line })
}

/// `a.b.c`, and of how many tokens it is.
fn dotted(tokens: &[Placed]) -> (Vec<String>, usize) {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(Placed { token: Token::Word(part), line }) = tokens.get(at) {
        if part == "import" || part == "as" || *line != tokens[0].line {
            break;
        }
        parts.push(part.clone());
        at += 1;
        if !tokens.get(at).is_some_and(|placed| placed.is_mark('.')) {
            break;
        }
        at += 1;
    }
    (parts, at)
}

fn rust(tokens: &[Placed]) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut depth = 0_u32;
    // Depths of the modules that stand in the file itself: there `super` is the file.
    let mut inline: Vec<u32> = Vec::new();
    for (at, placed) in tokens.iter().enumerate() {
        if placed.is_mark('{') {
            if at.checked_sub(2).is_some_and(|before| tokens[before].is_word("mod")) {
                inline.push(depth);
            }
            depth += 1;
        } else if placed.is_mark('}') {
            depth = depth.saturating_sub(1);
            inline.pop_if(|own| *own == depth);
        } else if placed.is_word("use") {
            let mut paths = Vec::new();
            rust_tree(&tokens[at + 1..], &[], DEPTH_MAX, &mut paths);
            let own = paths.into_iter().filter_map(|path| of_file(path, inline.len()));
            imports.extend(own.map(|path| Import { from: From::Rust(path), line: placed.line }));
        }
    }
    imports
}

/// The path of a `use` in so many modules of the file, as the file itself would write it; none if it stays in the file or leaves
/// the crate.
fn of_file(mut path: Vec<String>, inline: usize) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path[0].as_str() {
        "crate" => Some(path),
        "self" => (inline == 0).then_some(path),
        "super" if ups > inline => Some(path.split_off(inline)),
        _ => None,
    }
}

/// The paths of a `use` and how many tokens it took: up to `;`, `,` or the brace that closes it.
fn rust_tree(tokens: &[Placed], before: &[String], depth: usize, paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(placed) = tokens.get(at) {
        match &placed.token {
            Token::Word(word) if word == "as" => at += 1,
            Token::Word(word) if path.len() < PARTS_MAX => path.push(word.clone()),
            Token::Mark('{') if depth > 0 => {
                at += 1;
                while !tokens.get(at).is_none_or(|placed| placed.is_mark('}')) {
                    at += rust_tree(&tokens[at..], &path, depth - 1, paths).max(1);
                    at += usize::from(tokens.get(at).is_some_and(|placed| placed.is_mark(',')));
                }
                return at + 1;
            }
            Token::Word(_) | Token::Mark(':' | '*') => {}
            _ => break,
        }
        at += 1;
    }
    if path.len() > before.len() || path.len() > 1 {
        paths.push(path);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::code::tokens;

    fn found(text: &str, language: Language) -> Vec<String> {
        let of = |import: Import| match import.from {
            From::Script(path) => path,
            From::Rust(path) => path.join("::"),
            From::Python { dots, module, names } => {
                format!("{}{} {}", ".".repeat(dots), module.join("."), names.join(" "))
            }
        };
        imports(&tokens(text, language), language).into_iter().map(of).collect()
    }

    #[test]
    fn scripts_import_in_four_ways() {
        let text = "import a from './a.js'\nexport * from '../b'\nconst c = require('./c')\nawait import('./d')\n\
                    import './e'\nimport f from 'f'\n// from './no'\nlog('./no')\nconst from = './no'";
        assert_eq!(found(text, Language::Script), ["./a.js", "../b", "./c", "./d", "./e"]);
    }

    #[test]
    fn python_imports_by_dots_and_names() {
        let text = "from . import a\nfrom ..b.c import (d,\n  e)\nimport f.g as h, i\nraise X from y\n# import no\n";
        assert_eq!(found(text, Language::Python), [". a", "..b.c d e", "f.g ", "i "]);
    }

    #[test]
    fn rust_imports_in_trees() {
        let text = "use crate::a::{b, c::{self, D}, E as F};\nuse super::g::*;\nuse std::fmt;\nfn a() {}";
        assert_eq!(
            found(text, Language::Rust),
            ["crate::a::b", "crate::a::c::self", "crate::a::c::D", "crate::a::E", "super::g"]
        );
    }

    #[test]
    fn a_rust_module_in_the_file_is_none_of_its_own() {
        let text = "use super::a;\nmod tests {\n use super::*; use super::super::b; use self::c;\n fn d() { if x {} }\n}\nuse super::e;";
        assert_eq!(found(text, Language::Rust), ["super::a", "super::b", "super::e"]);
    }

    #[test]
    fn hostile_trees_take_no_time() {
        for text in ["a::", "a::{", "{", "a,", "a::{b,"] {
            found(&format!("use crate::{}{}", text.repeat(20_000), "{a,b}".repeat(20_000)), Language::Rust);
        }
    }

    #[test]
    fn what_is_broken_ends() {
        for text in ["use crate::{{{", "}}} mod a { use", "use {,,", "from", "import ,", "from . import ("] {
            for language in [Language::Script, Language::Python, Language::Rust] {
                found(text, language);
            }
        }
    }
}
