//! Source code into words, texts and marks. Comments are dropped; a text is what its literal stands for, with [`HOLE`] where
//! something is put in at run time. Texts that are put together with `+`, or in Python by standing side by side, are one.
//!
//! This is no parser: whatever it is given, it ends, and what it does not know becomes marks.

use super::Language;

/// Stands in a text for what is only known at run time.
pub(crate) const HOLE: char = '\u{FFFC}';

/// Longest regular expression.
const EXPRESSION_CHARS_MAX: usize = 1_000;
/// Texts in holes of texts in holes: so deep. Deeper ones are text.
const HOLES_MAX: u32 = 4;
/// Raw texts of Rust that have no end: after so many no more are looked for.
const ENDLESS_MAX: u32 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// A token and the line where it begins, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) line: u32,
}

impl Placed {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(own) if own == word)
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.token == Token::Mark(mark)
    }
}

/// The tokens of a file.
pub(crate) fn tokens(text: &str, language: Language) -> Vec<Placed> {
    let mut lexer =
        Lexer { rest: text, line: 1, language, tokens: Vec::new(), word_ends_here: false, depth: 0, endless: 0 };
    if text.starts_with("#!") {
        lexer.skip_line();
    }
    while lexer.step() {}
    joined(lexer.tokens, language)
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    language: Language,
    tokens: Vec<Placed>,
    /// The last token is a word and ends where we stand: it may be the prefix of a text.
    word_ends_here: bool,
    /// In so many holes we are.
    depth: u32,
    /// Raw texts without an end so far.
    endless: u32,
}

/// How a text ends and what is in it.
#[derive(Debug, Clone, Copy)]
struct Quotes<'a> {
    end: &'a str,
    has_escapes: bool,
    is_long: bool,
    holes: Holes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holes {
    None,
    /// `${…}`
    Dollar,
    /// `{…}`, and `{{` for a brace
    Brace,
    /// `#{…}`
    Hash,
}

impl Lexer<'_> {
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        let follows_word = std::mem::take(&mut self.word_ends_here);
        if c.is_whitespace() {
            self.advance(c.len_utf8());
        } else if self.language.is_line_comment(self.rest) {
            self.skip_line();
        } else if self.language.has_block_comments() && self.rest.starts_with("/*") {
            self.skip_block();
        } else if matches!(c, '"' | '\'' | '`') {
            self.quoted(c, follows_word);
        } else if c == '#' && follows_word && self.language == Language::Rust {
            self.raw_rust();
        } else if c == '/' && self.language == Language::Script && self.may_be_expression() {
            self.regular_expression();
        } else if is_word(c) {
            let length = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
            self.push(Token::Word(self.rest[..length].to_owned()), self.line);
            self.advance(length);
            self.word_ends_here = true;
        } else {
            self.mark(c);
        }
        true
    }

    fn push(&mut self, token: Token, line: u32) {
        self.tokens.push(Placed { token, line });
    }

    fn mark(&mut self, c: char) {
        self.push(Token::Mark(c), self.line);
        self.advance(c.len_utf8());
    }

    /// Goes on by so many bytes.
    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        let lines = passed.bytes().filter(|byte| *byte == b'\n').count();
        self.line += u32::try_from(lines).unwrap_or(0);
        self.rest = rest;
    }

    fn skip_line(&mut self) {
        self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    fn skip_block(&mut self) {
        let is_nested = self.language == Language::Rust;
        let mut depth = 0_u32;
        let mut at = 0;
        while at < self.rest.len() {
            let here = &self.rest.as_bytes()[at..];
            if here.starts_with(b"/*") && (is_nested || depth == 0) {
                depth += 1;
                at += 2;
            } else if here.starts_with(b"*/") {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            } else {
                at += 1;
            }
        }
        self.advance(at);
    }

    /// A text in quotes, or the mark of a quote that begins none.
    fn quoted(&mut self, quote: char, follows_word: bool) {
        if quote == '\'' && self.language == Language::Rust && !self.is_rust_character() {
            return self.mark(quote);
        }
        if quote == '\'' && self.language == Language::Script && follows_word && !self.follows_keyword() {
            // The apostrophe of a word between tags.
            return self.mark(quote);
        }
        let prefix = self.prefix(follows_word);
        let triple = format!("{quote}{quote}{quote}");
        let single = quote.to_string();
        let is_triple = self.language.has_triple_quotes() && self.rest.starts_with(&triple);
        let is_template = quote == '`';
        let is_raw = prefix.contains(['r', 'R']) || is_template && self.language == Language::Go;
        let quotes = Quotes {
            end: if is_triple { &triple } else { &single },
            has_escapes: !is_raw,
            is_long: is_triple || is_template || self.language.has_long_strings(),
            holes: match self.language {
                Language::Script if is_template => Holes::Dollar,
                Language::Python if prefix.contains(['f', 'F']) => Holes::Brace,
                Language::Ruby if quote == '"' => Holes::Hash,
                _ => Holes::None,
            },
        };
        let before = self.tokens.len();
        let (begin, line) = (self.rest, self.line);
        self.advance(quotes.end.len());
        if let Some(text) = self.text(quotes) {
            self.tokens.insert(before, Placed { token: Token::Text(text), line });
        } else {
            // It did not end: the quote was none, as in text between tags.
            self.tokens.truncate(before);
            (self.rest, self.line) = (begin, line);
            self.mark(quote);
        }
    }

    /// The letters before a text that belong to it, taken from the tokens.
    fn prefix(&mut self, follows_word: bool) -> String {
        let known: &[&str] = match self.language {
            Language::Python => &["r", "b", "f", "u", "rb", "br", "fr", "rf"],
            Language::Rust => &["r", "b", "br", "c", "cr"],
            _ => &[],
        };
        let Some(Placed { token: Token::Word(word), .. }) = self.tokens.last().filter(|_| follows_word) else {
            return String::new();
        };
        let word = word.clone();
        if !known.contains(&word.to_lowercase().as_str()) {
            return String::new();
        }
        self.tokens.pop();
        word
    }

    /// The text up to its end; none if it has no end where it must.
    fn text(&mut self, quotes: Quotes<'_>) -> Option<String> {
        let mut text = String::new();
        let mut has_holes = false;
        loop {
            if self.rest.starts_with(quotes.end) {
                self.advance(quotes.end.len());
                return Some(text);
            }
            let next = self.rest.chars().next();
            let Some(c) = next.filter(|c| quotes.is_long || *c != '\n') else {
                // What may be long ends with the file at last, and code that was passed is not read twice.
                return (quotes.is_long || has_holes).then_some(text);
            };
            let hole = self.hole(quotes.holes);
            if hole > 0 {
                self.advance(hole);
                self.pass_hole();
                has_holes = true;
                text.push(HOLE);
            } else if c == '\\' && quotes.has_escapes {
                self.advance(1);
                let Some(escaped) = self.rest.chars().next() else { continue };
                text.push(if matches!(escaped, 'n' | 't' | 'r') { ' ' } else { escaped });
                self.advance(escaped.len_utf8());
            } else {
                text.push(c);
                let is_doubled =
                    quotes.holes == Holes::Brace && matches!(c, '{' | '}') && self.rest[1..].starts_with(c);
                self.advance(c.len_utf8() + usize::from(is_doubled));
            }
        }
    }

    /// The length of what opens a hole here.
    fn hole(&self, holes: Holes) -> usize {
        match holes {
            _ if self.depth == HOLES_MAX => 0,
            Holes::Dollar if self.rest.starts_with("${") => 2,
            Holes::Hash if self.rest.starts_with("#{") => 2,
            Holes::Brace if self.rest.starts_with('{') && !self.rest.starts_with("{{") => 1,
            _ => 0,
        }
    }

    /// Code within a text, up to the brace that closes it; its tokens, without that brace, follow the text.
    fn pass_hole(&mut self) {
        self.depth += 1;
        self.pass_code();
        self.depth -= 1;
    }

    fn pass_code(&mut self) {
        let mut depth = 1_u32;
        while depth > 0 {
            let before = self.tokens.len();
            if !self.step() {
                return;
            }
            for placed in &self.tokens[before.min(self.tokens.len())..] {
                match placed.token {
                    Token::Mark('{') => depth += 1,
                    Token::Mark('}') => depth -= 1,
                    _ => {}
                }
            }
        }
        self.tokens.pop();
    }

    /// `'a'` and not the lifetime `'a`.
    fn is_rust_character(&self) -> bool {
        let mut chars = self.rest.chars().skip(1);
        match chars.next() {
            Some('\\') => true,
            Some(_) => chars.next() == Some('\''),
            None => false,
        }
    }

    /// `r#"…"#`; the word before is its prefix, or the name of something else.
    fn raw_rust(&mut self) {
        let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
        let is_raw = matches!(self.tokens.last(), Some(Placed { token: Token::Word(word), .. }) if word.ends_with('r'));
        let end = format!("\"{}", "#".repeat(hashes));
        let body = self.rest[hashes..].strip_prefix('"').filter(|_| is_raw);
        let body = body.filter(|_| self.endless < ENDLESS_MAX);
        let Some(length) = body.and_then(|body| body.find(&end)) else {
            self.endless += u32::from(body.is_some());
            return self.mark('#');
        };
        self.tokens.pop();
        let begin = hashes + 1;
        self.push(Token::Text(self.rest[begin..begin + length].to_owned()), self.line);
        self.advance(begin + length + end.len());
    }

    /// Whether a slash begins a regular expression: after a value it divides.
    fn may_be_expression(&self) -> bool {
        match self.tokens.last().map(|placed| &placed.token) {
            Some(Token::Text(_) | Token::Mark(')' | ']' | '}')) => false,
            None | Some(Token::Mark(_)) => true,
            Some(Token::Word(_)) => self.follows_keyword(),
        }
    }

    /// Whether the last word is one that a value may follow.
    fn follows_keyword(&self) -> bool {
        const KEYWORDS: [&str; 12] =
            ["as", "await", "case", "default", "else", "from", "import", "in", "of", "return", "typeof", "yield"];
        self.tokens.last().is_some_and(|last| KEYWORDS.iter().any(|keyword| last.is_word(keyword)))
    }

    fn regular_expression(&mut self) {
        let mut is_class = false;
        let mut is_escaped = false;
        for (at, c) in self.rest.char_indices().take(EXPRESSION_CHARS_MAX).skip(1) {
            match c {
                '\n' => break,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => is_class = true,
                ']' => is_class = false,
                '/' if !is_class => return self.advance(at + 1),
                _ => {}
            }
        }
        self.mark('/');
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Puts texts together that are written in parts.
fn joined(tokens: Vec<Placed>, language: Language) -> Vec<Placed> {
    let mut all: Vec<Placed> = Vec::with_capacity(tokens.len());
    for placed in tokens {
        let is_text = matches!(placed.token, Token::Text(_));
        let plus = all.len().checked_sub(1).filter(|last| is_text && all[*last].is_mark('+'));
        let before = plus.unwrap_or(all.len()).checked_sub(1);
        match (before.map(|before| &mut all[before]), &placed.token) {
            (Some(Placed { token: Token::Text(first), line }), Token::Text(second))
                if plus.is_some() || language == Language::Python =>
            {
                append(first, *line, second, placed.line);
                all.truncate(plus.unwrap_or(all.len()));
            }
            _ => all.push(placed),
        }
    }
    all
}

/// Keeps the lines that lie between, unless that would cut a word in two.
fn append(first: &mut String, line: u32, second: &str, second_line: u32) {
    let ends = first.ends_with(char::is_whitespace) || second.starts_with(char::is_whitespace);
    let lines = u32::try_from(first.matches('\n').count()).unwrap_or(0);
    if ends {
        let missing = second_line.saturating_sub(line + lines);
        first.extend(std::iter::repeat_n('\n', missing as usize));
    }
    first.push_str(second);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(source: &str, language: Language) -> Vec<String> {
        let texts = tokens(source, language).into_iter().filter_map(|placed| match placed.token {
            Token::Text(text) => Some(text.replace(HOLE, "<>")),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn comments_and_quotes_fool_nobody() {
        for (language, source, wanted) in [
            (Language::Script, "a = 'x' // 'no'\n/* 'no' */ b = \"y\\\"z\"", vec!["x", "y\"z"]),
            (Language::Script, "`a ${b ? `c ${d}` : '}'} e`", vec!["a <> e", "c <>", "}"]),
            (Language::Script, "x = a / b; y = /'[/']/.test(\"t\")", vec!["t"]),
            (Language::Script, "<p>Don't</p>; a('x')", vec!["x"]),
            (Language::Script, "query('INSERT ' +\n  'INTO a')", vec!["INSERT \nINTO a"]),
            (Language::Python, "x = f'''a {b['c']} {{d}}''' # 'no'\ny = r'\\n'", vec!["a <> {d}", "c", "\\n"]),
            (Language::Python, "q = ('SELECT '\n     'x')", vec!["SELECT \nx"]),
            (
                Language::Rust,
                "fn a<'a>(b: &'a str) { c('\"', \"d\", r#\"e \"f\"\"#) } // \"no\"",
                vec!["\"", "d", "e \"f\""],
            ),
            (Language::Rust, "/* /* \"no\" */ \"no\" */ \"a\nb\"", vec!["a\nb"]),
            (Language::Go, "a := `b \\n` + \"c\" // `no`", vec!["b \\nc"]),
            (Language::Ruby, "a = \"b #{c('d')} e\" # 'no'", vec!["b <> e", "d"]),
            (Language::Php, "$a = 'b\nc'; # 'no'", vec!["b\nc"]),
            (Language::Braces, "var a = \"\"\"\n b \"c\" \"\"\"; char d = 'e';", vec!["\n b \"c\" ", "e"]),
        ] {
            assert_eq!(texts(source, language), wanted, "{source}");
        }
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let found = tokens("/*\n*/ a\n`\n${b}\n` c", Language::Script);
        let lines: Vec<_> = found.iter().map(|placed| placed.line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn hostile_sources_take_no_time() {
        for source in ["`${", "f'{", "\"#{", "r#\"", "/*", "'", "\\", "}", "${`", "f'''{", "/["] {
            for language in [Language::Script, Language::Python, Language::Rust, Language::Ruby, Language::Php] {
                tokens(&source.repeat(20_000), language);
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_it_is_given_it_ends(source in "[ab'\"`/*#${}\\\\\nr]{0,60}") {
            for language in [Language::Script, Language::Python, Language::Rust, Language::Ruby] {
                tokens(&source, language);
            }
        }
    }
}
