//! What one file says by itself. It depends on path and text alone, so it is kept as long as the text is the same.

use kernel::Problem;

use super::Word;
use super::catalog::{self, Entity};
use super::code::{Import, Language, Token, events, imports, tokens};
use super::manifest::{Dependency, dependencies, is_requirements};
use super::sql::{Write, writes, writes_of_literal};
use super::{CodeOwners, Flag, Journey, Owned, Principle, Waiver, codeowners, declared, principle, waiver};

/// Longer sources are not read: nobody wrote them.
pub const SOURCE_BYTES_MAX: usize = 1 << 20;

/// What a file declares and what it does.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    pub(crate) declares: Declares,
    pub(crate) facts: Facts,
    pub(crate) problems: Vec<Problem>,
    /// It is source, and was not read.
    pub(crate) is_unread: bool,
}

/// What a file is there to say.
#[derive(Debug, Clone, Default)]
pub(crate) enum Declares {
    #[default]
    Nothing,
    Catalog(Vec<Entity>),
    CodeOwners(CodeOwners),
    Flags(Vec<Flag>),
    Journey(Journey),
    Experiment(Owned),
    Survey(Owned),
    Principle(Principle),
    Waivers(Vec<Waiver>),
}

/// What a file does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) writes: Vec<Write>,
    pub(crate) events: Vec<Word>,
    pub(crate) imports: Vec<Import>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// Whether the text of a file matters at all; of most files only the path does.
pub fn is_read(path: &str) -> bool {
    Kind::of(path) != Kind::Other
}

/// What `path` says. A text that is none, or too long, is not there.
pub fn parse(path: &str, text: Option<&str>) -> Parsed {
    let kind = Kind::of(path);
    let Some(text) = text else { return without_text(path, kind) };
    let is_source = matches!(kind, Kind::Manifest | Kind::Sql | Kind::Source(_));
    if is_source && text.len() > SOURCE_BYTES_MAX {
        return without_text(path, kind);
    }
    let mut parsed = Parsed::default();
    match kind {
        Kind::Catalog => parsed.take(catalog::read(text, path), Declares::Catalog),
        Kind::CodeOwners => parsed.take(CodeOwners::read(text, path), Declares::CodeOwners),
        Kind::Waivers => parsed.take(waiver::read(text, path), Declares::Waivers),
        Kind::Flags => parsed.take_or_tell(declared::flags(text, path), Declares::Flags),
        Kind::Journey => parsed.take_or_tell(declared::journey(text, path), Declares::Journey),
        Kind::Experiment => parsed.take_or_tell(declared::experiment(text, path), Declares::Experiment),
        Kind::Survey => parsed.take_or_tell(declared::survey(text, path), Declares::Survey),
        Kind::Principle => parsed.take_or_tell(principle::read(text, path), Declares::Principle),
        Kind::Manifest => match dependencies(path, text) {
            Ok(found) => parsed.facts.dependencies = found,
            Err(problem) => parsed.problems.push(problem),
        },
        Kind::Sql => parsed.facts.writes = writes(text),
        Kind::Source(language) => parsed.facts = facts(text, language),
        Kind::Other => {}
    }
    parsed
}

impl Parsed {
    /// Keeps what is wrong beside what could be read.
    fn take<T>(&mut self, (read, wrong): (T, Vec<Problem>), declares: impl FnOnce(T) -> Declares) {
        self.declares = declares(read);
        self.problems.extend(wrong);
    }

    fn take_or_tell<T>(&mut self, read: Result<T, Problem>, declares: impl FnOnce(T) -> Declares) {
        match read {
            Ok(read) => self.declares = declares(read),
            Err(problem) => self.problems.push(problem),
        }
    }
}

fn without_text(path: &str, kind: Kind) -> Parsed {
    match kind {
        Kind::Other => Parsed::default(),
        Kind::Sql | Kind::Source(_) | Kind::Manifest => Parsed { is_unread: true, ..Parsed::default() },
        _ => {
            let problem = Problem::invalid("the file is no text").hint("save it as UTF-8");
            Parsed { problems: vec![Problem { file: Some(path.to_owned()), ..problem }], ..Parsed::default() }
        }
    }
}

fn facts(text: &str, language: Language) -> Facts {
    let tokens = tokens(text, language);
    let sql = tokens.iter().flat_map(|placed| match &placed.token {
        Token::Text(text) => writes_of_literal(text, placed.line),
        _ => vec![],
    });
    Facts { writes: sql.collect(), events: events(&tokens), imports: imports(&tokens, language), dependencies: vec![] }
}

/// What kind of file a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Catalog,
    CodeOwners,
    Flags,
    Journey,
    Experiment,
    Survey,
    Principle,
    Waivers,
    Manifest,
    Sql,
    Source(Language),
    Other,
}

impl Kind {
    fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_yaml = matches!(extension, "yaml" | "yml");
        match path.rsplit_once('/').map(|(folder, _)| folder) {
            Some("flags") if is_yaml || extension == "json" => return Self::Flags,
            Some("journeys") if is_yaml => return Self::Journey,
            Some("experiments") if is_yaml => return Self::Experiment,
            Some("surveys") if is_yaml => return Self::Survey,
            Some("principles") if extension == "md" && !name.eq_ignore_ascii_case("readme.md") => {
                return Self::Principle;
            }
            _ => {}
        }
        match name {
            _ if catalog::FILES.contains(&name) => Self::Catalog,
            _ if codeowners::PLACES.contains(&path) => Self::CodeOwners,
            _ if path == waiver::FILE => Self::Waivers,
            "package.json" | "Cargo.toml" | "go.mod" => Self::Manifest,
            _ if is_requirements(name) => Self::Manifest,
            _ if extension == "sql" => Self::Sql,
            _ => Language::of(path).map_or(Self::Other, Self::Source),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATHS: [&str; 15] = [
        "catalog-info.yaml",
        "a/catalog-info.yaml",
        "CODEOWNERS",
        "flags/a.yaml",
        "journeys/a.yaml",
        "experiments/a.yaml",
        "surveys/a.yaml",
        "principles/a.md",
        "waivers.yaml",
        "package.json",
        "Cargo.toml",
        "go.mod",
        "requirements.txt",
        "a.sql",
        "src/a.rs",
    ];

    fn words() -> impl Strategy<Value = String> {
        let words = vec![
            "---\n",
            "- ",
            "{ ",
            " }",
            "[",
            "]",
            ": ",
            "check",
            "what",
            "kind: Domain\n",
            "apiVersion: backstage.io/v1alpha1\n",
            "metadata: { name: a }\n",
            "spec: { owner: b }\n",
            "statement: a\n",
            "why: b\n",
            "flags:\n",
            "  a: ",
            "\n",
            "ä",
            "\u{0}",
            "\"",
            "'",
            "#",
            "@a/b",
            "*",
            "&a ",
            "*a",
            "!",
            "|",
            "\t",
            "$a$",
            "${",
            "use crate::a;",
            "UPDATE a SET b",
        ];
        prop::collection::vec(prop::sample::select(words), 0..20).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_it_is_read_or_told(text in words()) {
            for path in PATHS {
                parse(path, Some(&text));
            }
        }
    }
}
