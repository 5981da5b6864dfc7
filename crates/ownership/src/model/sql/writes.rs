//! The tables that SQL writes to or changes: read from its tokens, so that comments, texts, `ON DELETE` and `FOR UPDATE` are no
//! writes. What is put together at run time is not known and not guessed.

use std::collections::BTreeSet;

use super::token::{Placed, Token, tokens};
use crate::model::code::HOLE;

/// Functions in functions: so deep.
const DEPTH_MAX: usize = 4;
/// Between a table and its `SET` there is at most an alias.
const ALIAS_TOKENS_MAX: usize = 3;
/// Columns of a COPY, with their commas.
const COLUMN_TOKENS_MAX: usize = 400;
/// A statement in a program begins with one of these.
const BEGINNINGS: [&str; 15] = [
    "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "ALTER", "CREATE", "DROP", "TRUNCATE", "COPY", "WITH", "SELECT",
    "BEGIN", "EXPLAIN", "DO",
];
/// After these `UPDATE` is no statement.
const NOT_BEFORE_UPDATE: [&str; 8] = ["FOR", "ON", "DO", "OR", "BEFORE", "AFTER", "OF", "KEY"];

/// One write to one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) verb: &'static str,
    /// As it is written, without quotes; with its schema, if that is there.
    pub(crate) table: String,
    /// From 1.
    pub(crate) line: u32,
}

/// The writes of a file of SQL.
pub(crate) fn writes(text: &str) -> Vec<Write> {
    let mut reader = Reader::default();
    reader.read(&tokens(text, 1), DEPTH_MAX);
    reader.finish()
}

/// The writes of a text in a program that begins in `line`: none unless it begins as SQL does. Prose has a capital first
/// letter, SQL has capitals or none.
pub(crate) fn writes_of_literal(text: &str, line: u32) -> Vec<Write> {
    if !may_be_sql(text) {
        return vec![];
    }
    let mut reader = Reader::default();
    reader.read(&tokens(text, line), DEPTH_MAX);
    reader.finish()
}

fn may_be_sql(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let is_comment = start.starts_with("--") || start.starts_with("/*");
    let word = &start[..start.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(start.len())];
    is_comment || BEGINNINGS.iter().any(|keyword| *keyword == word || keyword.to_ascii_lowercase() == word)
}

#[derive(Default)]
struct Reader {
    writes: Vec<Write>,
    /// Tables that are gone with the session.
    temporary: BTreeSet<String>,
}

impl Reader {
    fn finish(self) -> Vec<Write> {
        let temporary = self.temporary;
        self.writes.into_iter().filter(|write| !temporary.contains(&write.table.to_lowercase())).collect()
    }

    fn read(&mut self, tokens: &[Placed], depth: usize) {
        for (at, placed) in tokens.iter().enumerate() {
            match &placed.token {
                Token::Body(body) => {
                    if let Some(depth) = depth.checked_sub(1) {
                        self.read(&super::token::tokens(body, placed.line), depth);
                    }
                }
                Token::Word(_) => self.statement(at.checked_sub(1).map(|before| &tokens[before]), &tokens[at..]),
                _ => {}
            }
        }
    }

    /// The write that begins with the first of `tokens`, if one does.
    fn statement(&mut self, before: Option<&Placed>, tokens: &[Placed]) {
        let (first, rest) = (&tokens[0], &tokens[1..]);
        let line = first.line;
        if first.is("INSERT") || first.is("REPLACE") || first.is("MERGE") {
            // INSERT [OR IGNORE] INTO; a function `replace(` has no INTO.
            let into = rest.iter().take(3).position(|placed| placed.is("INTO"));
            let verb = if first.is("INSERT") {
                "INSERT"
            } else if first.is("MERGE") {
                "MERGE"
            } else {
                "REPLACE"
            };
            self.write(verb, line, into.and_then(|into| name(&rest[into + 1..])));
        } else if first.is("UPDATE") && !before.is_some_and(|before| before.is_any(&NOT_BEFORE_UPDATE)) {
            self.write("UPDATE", line, updated(rest));
        } else if first.is("DELETE") && rest.first().is_some_and(|placed| placed.is("FROM")) {
            self.write("DELETE", line, name(skip(&rest[1..], &["ONLY"])));
        } else if first.is("ALTER") && rest.first().is_some_and(|placed| placed.is("TABLE")) {
            self.write("ALTER", line, name(skip(&rest[1..], &["IF", "EXISTS", "ONLY"])));
        } else if first.is("DROP") && rest.first().is_some_and(|placed| placed.is("TABLE")) {
            self.list("DROP", line, skip(&rest[1..], &["IF", "EXISTS"]));
        } else if first.is("TRUNCATE") {
            self.list("TRUNCATE", line, skip(rest, &["TABLE", "ONLY"]));
        } else if first.is("CREATE") {
            self.create(line, rest);
        } else if first.is("COPY") {
            let table = name(rest).filter(|(_, after)| source_follows(after));
            self.write("COPY", line, table);
        }
    }

    fn write(&mut self, verb: &'static str, line: u32, table: Option<(String, &[Placed])>) {
        if let Some((table, _)) = table {
            self.writes.push(Write { verb, table, line });
        }
    }

    fn list(&mut self, verb: &'static str, line: u32, mut tokens: &[Placed]) {
        while let Some((table, rest)) = name(tokens) {
            self.writes.push(Write { verb, table, line });
            let Some((comma, rest)) = rest.split_first() else { return };
            if !comma.is_mark(',') {
                return;
            }
            tokens = rest;
        }
    }

    /// `CREATE TABLE`, and what is put onto a table: an index, a trigger.
    fn create(&mut self, line: u32, tokens: &[Placed]) {
        let kinds = ["TABLE", "INDEX", "TRIGGER"];
        let Some(at) = tokens.iter().take(5).position(|placed| placed.is_any(&kinds)) else { return };
        let rest = &tokens[at + 1..];
        if !tokens[at].is("TABLE") {
            let statement = rest.iter().take_while(|placed| !placed.is_mark(';')).take(40);
            let on = statement.enumerate().find(|(_, placed)| placed.is("ON")).map(|(on, _)| on);
            return self.write("CREATE", line, on.and_then(|on| name(skip(&rest[on + 1..], &["ONLY"]))));
        }
        let table = name(skip(rest, &["IF", "NOT", "EXISTS"]));
        if tokens[..at].iter().any(|placed| placed.is_any(&["TEMP", "TEMPORARY"])) {
            self.temporary.extend(table.map(|(table, _)| table.to_lowercase()));
        } else {
            self.write("CREATE", line, table);
        }
    }
}

/// The table of `UPDATE …`: it is one only if `SET` follows.
fn updated(tokens: &[Placed]) -> Option<(String, &[Placed])> {
    let tokens = match tokens.first() {
        // UPDATE OR IGNORE
        Some(first) if first.is("OR") => tokens.get(2..)?,
        _ => skip(tokens, &["ONLY"]),
    };
    name(tokens).filter(|(_, after)| after.iter().take(ALIAS_TOKENS_MAX).any(|placed| placed.is("SET")))
}

/// `COPY table [(columns)] FROM`; with `TO` it only reads.
fn source_follows(after: &[Placed]) -> bool {
    let after = match after.first() {
        Some(first) if first.is_mark('(') => {
            let columns = after.iter().take(COLUMN_TOKENS_MAX);
            let end = columns.enumerate().find(|(_, placed)| placed.is_mark(')')).map_or(0, |(end, _)| end);
            &after[end + 1..]
        }
        _ => after,
    };
    after.first().is_some_and(|placed| placed.is("FROM"))
}

fn skip<'a>(mut tokens: &'a [Placed], keywords: &[&str]) -> &'a [Placed] {
    while let Some((first, rest)) = tokens.split_first() {
        if !first.is_any(keywords) {
            break;
        }
        tokens = rest;
    }
    tokens
}

/// The name that stands first, and what follows it; none if it is only known at run time. A schema that is not known is left
/// out.
fn name(tokens: &[Placed]) -> Option<(String, &[Placed])> {
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = tokens;
    while let Some((Placed { token: Token::Word(part) | Token::Name(part), .. }, after)) = rest.split_first() {
        parts.push(part);
        rest = after;
        match rest.split_first() {
            Some((dot, after)) if dot.is_mark('.') => rest = after,
            _ => break,
        }
    }
    let table = *parts.last()?;
    if table.contains(HOLE) || table.is_empty() || table.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let known = parts.iter().filter(|part| !part.contains(HOLE)).copied().collect::<Vec<_>>();
    Some((known.join("."), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<String> {
        writes(text).iter().map(|write| format!("{} {}:{}", write.verb, write.table, write.line)).collect()
    }

    #[test]
    fn every_way_to_write_is_found() {
        for (text, wanted) in [
            ("INSERT INTO orders (a) VALUES (1)", "INSERT orders:1"),
            ("insert or ignore into Orders values (1)", "INSERT Orders:1"),
            ("REPLACE INTO `orders` VALUES (1)", "REPLACE orders:1"),
            ("WITH a AS (SELECT 1) UPDATE ONLY \"billing\".\"orders\" AS o SET a = 1", "UPDATE billing.orders:1"),
            ("DELETE FROM orders WHERE a = 'x;'", "DELETE orders:1"),
            ("ALTER TABLE IF EXISTS ONLY orders ADD b int", "ALTER orders:1"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON orders (a)", "CREATE orders:1"),
            ("CREATE TRIGGER t AFTER UPDATE ON orders BEGIN SELECT 1; END", "CREATE orders:1"),
            ("TRUNCATE TABLE ONLY orders", "TRUNCATE orders:1"),
            ("COPY orders (a, b) FROM stdin", "COPY orders:1"),
            ("MERGE INTO [dbo].[orders] USING x ON 1 = 1", "MERGE dbo.orders:1"),
            ("DO $$ BEGIN\n UPDATE orders SET a = 1; END $$", "UPDATE orders:2"),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
        assert_eq!(found("DROP TABLE IF EXISTS a, b.c CASCADE"), ["DROP a:1", "DROP b.c:1"]);
    }

    #[test]
    fn what_only_looks_like_a_write_is_none() {
        for text in [
            "-- INSERT INTO orders VALUES (1)",
            "/* DELETE /* */ FROM orders; DELETE FROM orders */ SELECT 1",
            "SELECT 'DELETE FROM orders'",
            "SELECT E'it\\'s; DELETE FROM orders'",
            "SELECT * FROM orders FOR UPDATE OF orders",
            "SELECT replace(a, 'b', 'c') FROM orders",
            "COPY orders TO stdout",
            "GRANT INSERT, UPDATE ON orders TO a",
            "CREATE VIEW v AS SELECT 1 FROM orders",
            "SELECT a AS \"update\" FROM orders",
        ] {
            assert_eq!(found(text), [] as [&str; 0], "{text}");
        }
        let keys = "CREATE TABLE a (b int REFERENCES orders ON DELETE CASCADE ON UPDATE SET NULL)";
        assert_eq!(found(keys), ["CREATE a:1"]);
        assert_eq!(found("INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET b = 1"), ["INSERT a:1"]);
        assert_eq!(found("CREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1); DROP TABLE t"), [] as [&str; 0]);
    }

    #[test]
    fn in_a_program_a_text_must_begin_as_sql_does() {
        let verbs = |text: &str| {
            writes_of_literal(text, 7).into_iter().map(|write| (write.table, write.line)).collect::<Vec<_>>()
        };
        assert_eq!(verbs("\n  update orders set a = 1"), [("orders".into(), 8)]);
        assert_eq!(verbs("Delete from orders"), [], "prose");
        assert_eq!(verbs("cannot DELETE FROM orders"), []);
        assert_eq!(verbs(&format!("INSERT INTO {HOLE} VALUES (1)")), [], "known at run time only");
        assert_eq!(verbs(&format!("INSERT INTO orders_{HOLE} VALUES (1)")), []);
        assert_eq!(verbs(&format!("INSERT INTO {HOLE}.orders VALUES (1)")), [("orders".into(), 7)]);
    }

    #[test]
    fn hostile_files_take_no_time() {
        let texts = [
            "$a$",
            "$1,",
            "INTO [",
            "/*",
            "'",
            "\"",
            "DROP TABLE a,",
            "UPDATE ",
            "COPY a (",
            "CREATE INDEX ",
            "INSERT ",
            "a.",
        ];
        for text in texts {
            writes(&text.repeat(20_000));
        }
        let tags: Vec<String> = (0..20_000).map(|n| format!("$t{n}$ ")).collect();
        writes(&tags.concat());
    }

    proptest! {
        #[test]
        fn whatever_it_is_given_it_ends(text in "[a$'\"`/*;.,( \n\\-]{0,40}(CREATE|INSERT INTO|UPDATE|COPY|DROP TABLE)? [a$'\"().,]{0,20}") {
            writes(&text);
        }

        #[test]
        fn a_write_in_a_text_or_comment_is_none(inside in "[a-zA-Z ;(),]{0,40}") {
            let alone = format!("SELECT '{inside}' /* {inside} */ -- {inside}");
            prop_assert_eq!(writes(&alone), []);
        }
    }
}
