//! Patterns of paths, as GitHub reads them in CODEOWNERS; our annotations use the same.
//!
//! They are gitignore's, with these differences: no negation, no character ranges, and `docs/*` means the files in `docs` and
//! not those in folders below it. Matching goes back to the last star only, so it is linear in the path for each star.

use std::fmt;

/// Longest pattern.
const BYTES_MAX: usize = 1_000;

/// A pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
    literal_depth: usize,
}

/// What one part of a path may be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// Any number of parts, also none.
    Rest,
    /// One part, whatever it is.
    One,
    Literal(String),
    Glob(Vec<Piece>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Star,
    Any,
    Char(char),
}

impl Pattern {
    /// Reads a pattern; an error says what is wrong with it and what to do, with ` | ` between.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > BYTES_MAX {
            return Err("a pattern has 1 to 1000 bytes | write a path, for example /src/");
        }
        if text.starts_with('!') {
            return Err("a pattern cannot be negated | say who owns the others instead; the last match wins");
        }
        if text.contains(['[', ']']) {
            return Err("a pattern has no character ranges | write one line for each name, or `?` and `*`");
        }
        let segments = segments(text);
        let literal_depth = segments.iter().take_while(|segment| matches!(segment, Segment::Literal(_))).count();
        Ok(Self { text: text.to_owned(), segments, literal_depth })
    }

    /// The pattern of all that lies in `folder`; the top is the empty text.
    pub(crate) fn folder(folder: &str) -> Self {
        let parts = folder.split('/').filter(|part| !part.is_empty());
        let mut segments: Vec<_> = parts.map(|part| Segment::Literal(part.to_owned())).collect();
        let literal_depth = segments.len();
        segments.push(Segment::Rest);
        let text = if literal_depth == 0 { "*".to_owned() } else { format!("/{folder}/") };
        Self { text, segments, literal_depth }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many folders it names before the first star: of two patterns the one that names more is about less.
    pub fn literal_depth(&self) -> usize {
        self.literal_depth
    }

    /// Whether it is about the file `path`, which has no slash in front.
    pub fn matches(&self, path: &str) -> bool {
        self.fits(&path.split('/').collect::<Vec<_>>())
    }

    /// As [`Self::matches`], of the parts of a path.
    pub(crate) fn fits(&self, parts: &[&str]) -> bool {
        star_match(&self.segments, parts, |segment| *segment == Segment::Rest, |segment, part| segment.fits(part))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        match text {
            "**" => return Self::Rest,
            "*" => return Self::One,
            _ => {}
        }
        let mut pieces = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' => Piece::Star,
                '?' => Piece::Any,
                '\\' => Piece::Char(chars.next().unwrap_or('\\')),
                c => Piece::Char(c),
            });
        }
        let literal = pieces.iter().map(|piece| if let Piece::Char(c) = piece { Some(*c) } else { None });
        literal.collect::<Option<String>>().map_or(Self::Glob(pieces), Self::Literal)
    }

    fn fits(&self, part: &str) -> bool {
        match self {
            Self::Rest | Self::One => true,
            Self::Literal(name) => name == part,
            Self::Glob(pieces) => glob(pieces, part),
        }
    }
}

fn segments(text: &str) -> Vec<Segment> {
    let is_folder = text.ends_with('/');
    let names: Vec<&str> = text.split('/').filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        // A slash alone is no path's.
        return vec![];
    }
    let is_anchored = text.starts_with('/') || names.len() > 1;
    let mut segments: Vec<_> = names.iter().map(|name| Segment::new(name)).collect();
    if !is_anchored {
        segments.insert(0, Segment::Rest);
    }
    match segments.last() {
        // All below a folder, and not the folder's own name: a file of that name is none of it.
        Some(Segment::Rest) => segments.insert(segments.len() - 1, Segment::One),
        _ if is_folder => segments.extend([Segment::One, Segment::Rest]),
        Some(Segment::Literal(_) | Segment::Glob(_)) => segments.push(Segment::Rest),
        Some(Segment::One) | None => {}
    }
    segments
}

fn glob(pieces: &[Piece], part: &str) -> bool {
    let chars: Vec<char> = part.chars().collect();
    let fits = |piece: &Piece, c: &char| match piece {
        Piece::Char(wanted) => wanted == c,
        Piece::Any | Piece::Star => true,
    };
    star_match(pieces, &chars, |piece| *piece == Piece::Star, fits)
}

/// Names with `*` in them, for what is no path: `checkout *`.
pub(crate) fn name_matches(pattern: &str, name: &str) -> bool {
    let pieces: Vec<_> = pattern.chars().map(|c| if c == '*' { Piece::Star } else { Piece::Char(c) }).collect();
    glob(&pieces, name)
}

/// Whether `pattern` covers all of `items`, where a star stands for any number of them.
fn star_match<P, T>(pattern: &[P], items: &[T], is_star: impl Fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
    let (mut at, mut item) = (0, 0);
    // The last star, and the first item that it does not take.
    let mut back: Option<(usize, usize)> = None;
    while item < items.len() {
        if pattern.get(at).is_some_and(&is_star) {
            back = Some((at, item));
            at += 1;
        } else if pattern.get(at).is_some_and(|piece| fits(piece, &items[item])) {
            at += 1;
            item += 1;
        } else if let Some((star, taken)) = back {
            back = Some((star, taken + 1));
            at = star + 1;
            item = taken + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(path)
    }

    /// The examples of GitHub's page on CODEOWNERS.
    #[test]
    fn patterns_mean_what_github_documents() {
        for (pattern, path, wanted) in [
            ("*", "README.md", true),
            ("*", "a/b/c", true),
            ("*.js", "src/app.js", true),
            ("*.js", "src/app.ts", false),
            ("/build/logs/", "build/logs/today", true),
            ("/build/logs/", "build/logs/a/b", true),
            ("/build/logs/", "x/build/logs/today", false),
            ("/build/logs/", "build/logs", false),
            ("docs/*", "docs/getting-started.md", true),
            ("docs/*", "docs/build-app/troubleshooting.md", false),
            ("apps/", "apps/a", true),
            ("apps/", "x/apps/a/b", true),
            ("/docs/", "docs/a", true),
            ("/docs/", "x/docs/a", false),
            ("/scripts/", "scripts/run", true),
            ("**/logs", "build/logs/a", true),
            ("**/logs", "deeply/nested/logs", true),
            ("**/logs", "logs", true),
            ("/apps/github", "apps/github", true),
            ("/apps/github", "apps/github/a", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**", "a", false),
            ("a/**", "a/b/c", true),
            ("my\\ file", "my file", true),
            ("f?o", "src/foo", true),
            ("f?o", "src/f/o", false),
            ("/", "a", false),
        ] {
            assert_eq!(matches(pattern, path), wanted, "{pattern} {path}");
        }
    }

    #[test]
    fn what_github_does_not_read_is_refused() {
        for wrong in ["!a", "a[0-9]", ""] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(300);
        assert!(!matches(&pattern, &"a".repeat(299)));
        assert!(!matches(&format!("{}c", "**/a/".repeat(150)), &"a/b/".repeat(2_000)));
    }

    #[test]
    fn names_may_have_stars() {
        assert!(name_matches("checkout *", "checkout started"));
        assert!(!name_matches("checkout *", "order placed"));
    }
}
