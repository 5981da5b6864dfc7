//! `CODEOWNERS`: which team answers for a path. GitHub's semantics: of the rules that match, the last one wins, and a rule
//! without owners takes a path from everybody. A line that GitHub would skip is skipped here too, and told.

use std::fmt;

use kernel::Problem;

use super::Pattern;

/// Where GitHub looks; the first that is there counts.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
/// GitHub reads no larger file.
const BYTES_MAX: usize = 3 << 20;

/// The rules of the file, first to last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeOwners {
    pub rules: Vec<Rule>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub pattern: Pattern,
    /// None: nobody.
    pub owners: Vec<Handle>,
    /// From 1.
    pub line: u32,
}

/// Whom a rule names, in GitHub's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handle {
    /// `@organisation/team`
    Team {
        organisation: String,
        team: String,
    },
    /// `@login`
    Login(String),
    Email(String),
}

impl Handle {
    fn new(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if let Some(name) = text.strip_prefix('@') {
            return match name.split_once('/') {
                Some((organisation, team)) if is_name(organisation) && is_name(team) => {
                    Some(Self::Team { organisation: organisation.to_owned(), team: team.to_owned() })
                }
                None if is_name(name) => Some(Self::Login(name.to_owned())),
                _ => None,
            };
        }
        let (name, host) = text.split_once('@')?;
        (!name.is_empty() && host.contains('.') && !host.contains('@')).then(|| Self::Email(text.to_owned()))
    }

    /// The name without organisation and `@`.
    pub fn name(&self) -> &str {
        match self {
            Self::Team { team, .. } => team,
            Self::Login(name) | Self::Email(name) => name,
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team { organisation, team } => write!(f, "@{organisation}/{team}"),
            Self::Login(login) => write!(f, "@{login}"),
            Self::Email(email) => f.write_str(email),
        }
    }
}

impl CodeOwners {
    /// Reads `file`; what is wrong is told with its place, and its line left out.
    pub fn read(text: &str, file: &str) -> (Self, Vec<Problem>) {
        if text.len() > BYTES_MAX {
            let problem =
                Problem::invalid("the file has more than 3 MiB").hint("GitHub does not read it, and says nothing");
            return (Self::default(), vec![Problem { file: Some(file.to_owned()), ..problem }]);
        }
        let mut rules = Vec::new();
        let mut problems = Vec::new();
        for (number, line) in (1..).zip(text.trim_start_matches('\u{FEFF}').lines()) {
            match rule(line, number) {
                Ok(rule) => rules.extend(rule),
                Err((column, problem)) => problems.push(problem.at(file, number, column)),
            }
        }
        (Self { rules }, problems)
    }

    /// The last rule that is about `path`.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        self.rules.iter().rev().find(|rule| rule.pattern.matches(path))
    }
}

/// The rule of a line, if it is none that is empty; or the column of what is wrong.
fn rule(line: &str, number: u32) -> Result<Option<Rule>, (u32, Problem)> {
    let words = words(line);
    let Some(&(column, pattern)) = words.first() else { return Ok(None) };
    if is_section(line.trim_start()) {
        let problem = Problem::invalid("sections are GitLab's, and GitHub skips this line");
        return Err((column, problem.hint("leave it out; the rules below it count without it")));
    }
    let pattern = Pattern::new(pattern).map_err(|wrong| {
        let (message, hint) = wrong.split_once(" | ").unwrap_or((wrong, ""));
        (column, Problem::invalid(message).hint(hint))
    })?;
    let mut owners = Vec::new();
    for &(column, word) in &words[1..] {
        let wrong = || {
            let problem = Problem::invalid(format!("{word:?} cannot be an owner, and GitHub skips this line"));
            (column, problem.hint("an owner is @organisation/team, @login or an address name@example.com"))
        };
        owners.push(Handle::new(word).ok_or_else(wrong)?);
    }
    Ok(Some(Rule { pattern, owners, line: number }))
}

fn is_section(line: &str) -> bool {
    let name = line.strip_prefix('^').unwrap_or(line);
    name.starts_with('[') && name.contains(']')
}

/// The words of a line with their columns, from 1, up to a comment. A space after a backslash is part of its word.
fn words(line: &str) -> Vec<(u32, &str)> {
    let mut words = Vec::new();
    let mut begin = None;
    let mut is_escaped = false;
    let column = |at: usize| u32::try_from(line[..at].chars().count()).unwrap_or(u32::MAX - 1) + 1;
    for (at, c) in line.char_indices() {
        if c == '#' && begin.is_none() {
            return words;
        }
        let ends = c.is_whitespace() && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        match begin {
            Some(from) if ends => {
                words.push((column(from), &line[from..at]));
                begin = None;
            }
            None if !ends => begin = Some(at),
            _ => {}
        }
    }
    words.extend(begin.map(|from| (column(from), &line[from..])));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners(text: &str, path: &str) -> Vec<String> {
        let (owners, problems) = CodeOwners::read(text, "CODEOWNERS");
        assert_eq!(problems, []);
        owners.rule(path).map_or(vec![], |rule| rule.owners.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_last_match_wins() {
        let text = "* @acme/all\n*.js @acme/web # browsers\n/apps/ @octocat\n/apps/github\n";
        assert_eq!(owners(text, "README.md"), ["@acme/all"]);
        assert_eq!(owners(text, "src/a.js"), ["@acme/web"]);
        assert_eq!(owners(text, "apps/a.js"), ["@octocat"]);
        assert_eq!(owners(text, "apps/github/a.js"), [] as [&str; 0], "a rule without owners takes the path from all");
        assert_eq!(owners("docs/my\\ file docs@example.com\n", "docs/my file"), ["docs@example.com"]);
    }

    #[test]
    fn every_mistake_has_its_place_and_stops_nothing_else() {
        let text = "* @acme/all\n[Database] @acme/data\n!src @a\na[bc] @a\n  src  payments\nlib @acme/lib\n";
        let (owners, problems) = CodeOwners::read(text, "CODEOWNERS");
        assert_eq!(owners.rules.len(), 2);
        let told: Vec<_> = problems.iter().map(Problem::placed).collect();
        assert_eq!(
            told,
            [
                "CODEOWNERS:2:1: sections are GitLab's, and GitHub skips this line",
                "CODEOWNERS:3:1: a pattern cannot be negated",
                "CODEOWNERS:4:1: a pattern has no character ranges",
                "CODEOWNERS:5:8: \"payments\" cannot be an owner, and GitHub skips this line",
            ]
        );
        assert!(problems.iter().all(|problem| problem.hint.is_some()));
    }
}
