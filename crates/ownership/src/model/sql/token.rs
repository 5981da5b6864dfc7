//! SQL into tokens: PostgreSQL's, SQLite's, MySQL's and SQL Server's ways to quote. Comments are dropped.

use crate::model::code::HOLE;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a name without quotes.
    Word(String),
    /// A name in quotes.
    Name(String),
    Text,
    /// What stands between dollar quotes: the body of a function.
    Body(String),
    Mark(char),
}

/// A token and its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: u32,
}

impl Placed {
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(&self.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.token == Token::Mark(mark)
    }
}

/// Longest name in brackets, and longest tag.
const NAME_CHARS_MAX: usize = 200;
/// Bodies that have no end: after so many no more are looked for.
const ENDLESS_MAX: u32 = 100;
/// After these a bracket quotes a name; elsewhere it is an index.
const BEFORE_NAME: [&str; 7] = ["INTO", "UPDATE", "FROM", "TABLE", "ON", "EXISTS", "ONLY"];

/// The tokens of `text`, whose first line is `line`.
pub(super) fn tokens(text: &str, line: u32) -> Vec<Placed> {
    let mut lexer = Lexer { rest: text, line, tokens: Vec::new(), endless: 0 };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    tokens: Vec<Placed>,
    /// Bodies without an end so far.
    endless: u32,
}

impl Lexer<'_> {
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        if c.is_whitespace() {
            self.advance(c.len_utf8());
        } else if self.rest.starts_with("--") {
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip_block();
        } else if c == '\'' {
            let has_escapes = matches!(self.tokens.last(), Some(last) if last.is("E"));
            let length = self.quoted_length('\'', has_escapes);
            self.take(length, |_| Token::Text);
        } else if matches!(c, '"' | '`') {
            let length = self.quoted_length(c, false);
            self.take(length, |text| Token::Name(inner(text).replace(&format!("{c}{c}"), &c.to_string())));
        } else if c == '[' && self.is_before_name() {
            let mut near = self.rest.char_indices().take(NAME_CHARS_MAX);
            let length = near.find(|(_, c)| *c == ']').map_or(1, |(at, _)| at + 1);
            self.take(length, |text| Token::Name(inner(text).to_owned()));
        } else if let Some((opening, body)) = self.dollar_quoted() {
            let text = self.rest[opening..opening + body].to_owned();
            self.tokens.push(Placed { token: Token::Body(text), line: self.line });
            self.advance(opening + body + opening);
        } else if is_word(c) {
            let length = self.rest.find(|c| !is_word(c) && c != '$').unwrap_or(self.rest.len());
            self.take(length, |text| Token::Word(text.to_owned()));
        } else {
            self.take(c.len_utf8(), |_| Token::Mark(c));
        }
        true
    }

    fn take(&mut self, length: usize, token: impl FnOnce(&str) -> Token) {
        let token = token(&self.rest[..length]);
        self.tokens.push(Placed { token, line: self.line });
        self.advance(length);
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        let lines = passed.bytes().filter(|byte| *byte == b'\n').count();
        self.line += u32::try_from(lines).unwrap_or(0);
        self.rest = rest;
    }

    fn skip_block(&mut self) {
        let mut depth = 0_u32;
        let mut at = 0;
        let bytes = self.rest.as_bytes();
        while at < bytes.len() {
            let step = if bytes[at..].starts_with(b"/*") {
                depth += 1;
                2
            } else if bytes[at..].starts_with(b"*/") {
                depth -= 1;
                2
            } else {
                1
            };
            at += step;
            if depth == 0 {
                break;
            }
        }
        self.advance(at);
    }

    /// The length of what stands in quotes, with them; a quote that is doubled stands for itself.
    fn quoted_length(&self, quote: char, has_escapes: bool) -> usize {
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && has_escapes {
                chars.next();
            } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
                return at + 1;
            }
        }
        self.rest.len()
    }

    /// Lengths of the opening, `$$` or `$tag$`, and of what stands between it and the same again.
    fn dollar_quoted(&mut self) -> Option<(usize, usize)> {
        let tag = self.rest.strip_prefix('$')?;
        let length = tag.char_indices().take(NAME_CHARS_MAX).find(|(_, c)| !is_word(*c)).map(|(at, _)| at)?;
        let is_tag = tag[length..].starts_with('$') && !tag.starts_with(|c: char| c.is_ascii_digit());
        if !is_tag || self.endless == ENDLESS_MAX {
            return None;
        }
        let opening = length + 2;
        let body = self.rest[opening..].find(&self.rest[..opening]);
        self.endless += u32::from(body.is_none());
        Some((opening, body?))
    }

    fn is_before_name(&self) -> bool {
        self.tokens.last().is_some_and(|last| last.is_mark('.') || last.is_any(&BEFORE_NAME))
    }
}

fn inner(text: &str) -> &str {
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == HOLE
}
