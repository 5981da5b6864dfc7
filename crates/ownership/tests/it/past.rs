//! What the checks would have stopped, and what one change brought.

use jiff::civil::date;
use ownership::model::{Check, Gate, judge};
use ownership::offline::{Commit, Figures, Reader, brought, history};

use crate::folder::Commits;
use crate::shop::{CATALOG, PRINCIPLE};

const WAIVER: &str = "- { check: write-to-foreign-table, what: src/sales/b.sql, reason: r, expires: 2026-11-03, approver: bob, author: ann }";

/// Five commits of November: only the last has a catalog and a principle.
fn commits() -> Commits {
    let foreign = "UPDATE invoices SET a = 1;\n";
    let own = "UPDATE orders SET a = 1;\n";
    let moved = format!("\n\n{foreign}");
    let trees: [(&str, Vec<(&str, &str)>); 5] = [
        ("1", vec![("src/sales/a.sql", own)]),
        ("2", vec![("src/sales/a.sql", foreign)]),
        ("3", vec![("src/sales/a.sql", &moved), ("src/sales/b.sql", foreign), ("waivers.yaml", WAIVER)]),
        ("4", vec![("src/sales/b.sql", own)]),
        (
            "5",
            vec![
                ("src/sales/b.sql", own),
                ("catalog-info.yaml", CATALOG),
                ("principles/own-data.md", PRINCIPLE),
                ("CODEOWNERS", "/src/billing/ @acme/cashiers\n"),
            ],
        ),
    ];
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    let trees = trees.iter().map(|(commit, files)| ((*commit).to_owned(), files.iter().map(own).collect()));
    let brought = ("ann".to_owned(), vec!["Bob <bob>".to_owned()]);
    Commits { trees: trees.collect(), brought, ..Commits::default() }
}

fn commit(number: u8) -> Commit {
    let at = format!("2026-11-0{number}T12:00:00Z").parse().unwrap();
    Commit { commit: number.to_string(), at, subject: format!("the {number}th") }
}

#[test]
fn history_is_judged_by_todays_principles_and_its_own_waivers() {
    let mut reader = Reader::new(commits());
    let today = reader.product(None).unwrap();
    let all: Vec<_> = (2..=5).map(commit).collect();
    let history = history(&mut reader, &today, Some("1"), &all).unwrap();
    assert_eq!(history.commits, 4);
    // The second brought a write; the third moved its line, and brought one more that was waived then.
    assert_eq!(history.principles["own-data"], Figures { commits: 1, violations: 2, waived: 1 });
    let writes = history.checks.iter().find(|check| check.check == Check::WriteToForeignTable).unwrap();
    assert_eq!(writes.figures, history.principles["own-data"]);
    let stopped: Vec<_> = history.stopped.iter().map(|stopped| stopped.commit.commit.as_str()).collect();
    assert_eq!(stopped, ["5", "3", "2"], "newest first; the fifth brought CODEOWNERS, which nobody owns");
    assert!(history.stopped[1].violations.iter().any(|violation| violation.waiver.is_some()));
}

#[test]
fn what_was_not_approved_then_was_not_waived() {
    let source = Commits { brought: ("ann".into(), vec![]), ..commits() };
    let mut reader = Reader::new(source);
    let today = reader.product(None).unwrap();
    let all: Vec<_> = (2..=5).map(commit).collect();
    let history = history(&mut reader, &today, Some("1"), &all).unwrap();
    assert_eq!(history.principles["own-data"], Figures { commits: 2, violations: 2, waived: 0 });
}

#[test]
fn a_text_is_read_once() {
    let mut reader = Reader::new(commits());
    for _ in 0..3 {
        reader.product(Some("2")).unwrap();
        reader.product(Some("3")).unwrap();
    }
    assert_eq!(reader.source().asked, 4);
}

#[test]
fn who_wrote_the_line_asks_where_a_waiver_does_not_say_it() {
    let stops = |author: &str, approved_by: &str| {
        let mut source = commits();
        let waiver = WAIVER.replace(", author: ann", "").replace("2026-11-03", "2026-12-03");
        let foreign = ("src/sales/b.sql".to_owned(), "UPDATE invoices SET a = 1;".to_owned());
        let mut tree = source.trees["5"].clone();
        tree.retain(|(path, _)| *path != foreign.0);
        tree.extend([foreign, ("waivers.yaml".into(), format!("# ours\n{waiver}"))]);
        source.trees.insert("6".into(), tree);
        source.brought = (author.to_owned(), vec![approved_by.to_owned()]);
        let product = Reader::new(source).product(None).unwrap();
        judge(&product, date(2026, 11, 24), Gate::Merge).violations.iter().filter(|violation| violation.stops()).count()
    };
    assert_eq!(stops("ann", "bob"), 0);
    assert_eq!(stops("ann", "eve"), 1, "who is named in the file did not approve");
    assert_eq!(stops("bob", "bob"), 1, "nobody approves their own");
}

#[test]
fn a_change_is_answered_for_what_it_brought() {
    let mut source = commits();
    let mut tree = source.trees["5"].clone();
    tree.push(("src/sales/a.sql".into(), "DELETE FROM invoices;".into()));
    source.trees.insert("6".into(), tree);
    let mut reader = Reader::new(source);
    let (before, after) = (reader.product(Some("5")).unwrap(), reader.product(Some("6")).unwrap());
    let found = brought(&before, &after, date(2026, 11, 24), Gate::Merge);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].stops() && found[0].path == "src/sales/a.sql");
    assert_eq!(brought(&after, &after, date(2026, 11, 24), Gate::Merge), []);
    assert_eq!(brought(&after, &before, date(2026, 11, 24), Gate::Merge), [], "to take something away brings nothing");
}
