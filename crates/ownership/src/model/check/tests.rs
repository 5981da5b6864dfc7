//! For each check a product that keeps to it, and one that does not.

use std::sync::Arc;

use super::*;
use crate::model::{Brought, Files, Gate, Mode, Severity, judge, parse};

const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations:
    trunkline.dev/paths: /src/sales/, /flags/, /journeys/, package.json, catalog-info.yaml, principles/, waivers.yaml
    trunkline.dev/tables: orders
    trunkline.dev/events: order placed, checkout *
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: billing
  annotations:
    trunkline.dev/paths: /src/billing/
    trunkline.dev/tables: invoices
    trunkline.dev/surface: src/billing/index.js
spec: { owner: cashiers }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: sellers }
spec: { type: team, children: [], members: [ann] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: cashiers }
spec: { type: team, children: [], members: [bob] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann }
spec: { memberOf: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: bob }
spec: { memberOf: [] }
";
const FLAG: &str = "flags: { a: { metadata: { owner: sales, expires: 2027-01-01, journey: buy } } }";
const JOURNEY: &str = "journey: buy\ndomain: sales\nsteps: [{ name: paid, event: order placed }]";
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 24);

/// A product that keeps to everything, but for `files`.
fn product(files: &[(&str, &str)]) -> Product {
    let all = [("catalog-info.yaml", CATALOG), ("flags/a.yaml", FLAG), ("journeys/buy.yaml", JOURNEY)];
    let all = all.iter().chain(files);
    Product::new(all.map(|(path, text)| ((*path).to_owned(), Arc::new(parse(path, Some(text))))).collect::<Files>())
}

fn told(files: &[(&str, &str)]) -> Vec<String> {
    let product = product(files);
    assert_eq!(product.problems(), []);
    let line = |line: Option<u32>| line.map_or(String::new(), |line| format!(":{line}"));
    let told = |f: Finding| format!("{} {}{}: {}", f.check.name(), f.path, line(f.line), f.message);
    findings(&product).into_iter().map(told).collect()
}

#[test]
fn a_product_that_keeps_to_it_breaks_no_check() {
    let files = [
        (
            "src/sales/app.js",
            "import { bill } from '../billing/index.js'\nquery('UPDATE orders SET a = 1')\ncapture('checkout started'); capture('$pageview')",
        ),
        ("src/billing/index.js", "import './ledger.js'\n// import '../sales/app.js'\nlog('please DELETE FROM orders')"),
        ("src/billing/ledger.js", "query(`SELECT * FROM orders`); query(`INSERT INTO invoices SELECT 1 FROM orders`)"),
        (
            "src/billing/1.sql",
            "CREATE TABLE invoices (order_id int REFERENCES orders ON DELETE CASCADE) -- UPDATE orders SET a = 1",
        ),
        ("package.json", "{ \"dependencies\": { \"pg\": \"8\" } }"),
        (
            "principles/radar.md",
            "---\nstatement: Few tools.\nwhy: Each is learned by all.\nradar: { adopt: [pg] }\n---\n",
        ),
    ];
    assert_eq!(told(&files), [] as [&str; 0]);
}

#[test]
fn a_file_without_owner_is_found() {
    assert_eq!(told(&[("tools/a.sh", "")]), ["file-without-owner tools/a.sh: tools/a.sh has no owner"]);
    assert_eq!(told(&[("tools/a.sh", ""), ("CODEOWNERS", "* @acme/sellers")]), [] as [&str; 0]);
}

#[test]
fn an_owner_that_is_not_there_is_found() {
    let mut files = vec![(
        "src/sales/catalog-info.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: { name: a }\nspec:\n  type: service\n  owner: sallers\n",
    )];
    let wanted =
        "owner-exists src/sales/catalog-info.yaml:6: owner \"sallers\" of component:default/a is not in the catalog";
    assert_eq!(told(&files), [wanted]);
    files = vec![("CODEOWNERS", "/src/ @acme/sellers\n* @acme/gone\n")];
    assert_eq!(told(&files), ["owner-exists CODEOWNERS:2: owner @acme/gone is not in the catalog"]);
    files = vec![("journeys/b.yaml", "journey: b\ndomain: seles\nsteps: []")];
    assert_eq!(
        told(&files),
        ["owner-exists journeys/b.yaml:2: journey \"b\" is owned by \"seles\", which is no domain"]
    );
}

#[test]
fn what_two_domains_claim_is_found() {
    let product = Product::new(
        [
            ("catalog-info.yaml", CATALOG.replace("dev/tables: invoices", "dev/tables: orders").as_str()),
            ("src/sales/a.sql", "UPDATE orders SET a = 1"),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), Arc::new(parse(path, Some(text)))))
        .collect(),
    );
    let found = findings(&product);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message, "table \"orders\" is claimed by billing and sales");
}

#[test]
fn a_table_without_owner_is_found() {
    assert_eq!(
        told(&[("src/sales/1.sql", "\nCREATE TABLE coupons (a int);\nALTER TABLE coupons ADD b int")]),
        ["table-without-owner src/sales/1.sql:2: table \"coupons\" has no owning domain"]
    );
}

#[test]
fn a_write_to_anothers_table_is_found_in_sql_and_in_code() {
    let message = "which billing owns, in a file of sales";
    for (path, text, wanted) in [
        (
            "src/sales/1.sql",
            "/* x */\nALTER TABLE invoices ADD a int",
            "src/sales/1.sql:2: ALTER of table \"invoices\", ",
        ),
        (
            "src/sales/a.js",
            "query(\n  `\n  update invoices\n set a = ${b}`)",
            "src/sales/a.js:3: UPDATE of table \"invoices\", ",
        ),
        ("src/sales/a.py", "q(\"DELETE \"\n  \"FROM invoices\")", "src/sales/a.py:1: DELETE of table \"invoices\", "),
        (
            "src/sales/a.rs",
            "q(r#\"INSERT INTO \"invoices\" VALUES (1)\"#)",
            "src/sales/a.rs:1: INSERT of table \"invoices\", ",
        ),
    ] {
        assert_eq!(told(&[(path, text)]), [format!("write-to-foreign-table {wanted}{message}")]);
    }
}

#[test]
fn flags_without_owner_expiry_or_journey_are_found() {
    let text = "flags:\n  x: { metadata: { owner: nobody, expires: 2027-01-01, journey: gone } }\n  y: { metadata: { kind: operations, owner: ann } }\n  z: {}";
    assert_eq!(
        told(&[("flags/b.yaml", text)]),
        [
            "flag-without-owner flags/b.yaml:2: flag \"x\" is owned by \"nobody\", whom the catalog does not know",
            "flag-without-owner flags/b.yaml:4: flag \"z\" has no owner",
            "flag-without-expiry flags/b.yaml:4: flag \"z\" has no day on which it should be gone",
            "flag-without-journey flags/b.yaml:2: flag \"x\" is to change journey \"gone\", which is not there",
            "flag-without-journey flags/b.yaml:4: flag \"z\" names no journey that it is to change",
        ]
    );
}

#[test]
fn an_event_without_owner_is_found_once() {
    let journey = "journey: b\ndomain: sales\nsteps:\n  - { name: seen, event: product viewed }\n";
    assert_eq!(
        told(&[("journeys/b.yaml", journey), ("src/sales/a.js", "capture('product viewed')\ncapture('coupon used')")]),
        [
            "event-without-owner journeys/b.yaml:4: event \"product viewed\" has no owner",
            "event-without-owner src/sales/a.js:2: event \"coupon used\" has no owner",
        ]
    );
}

#[test]
fn a_package_off_the_radar_is_found() {
    let radar = "---\nstatement: Few tools.\nwhy: Each is learned by all.\nradar: { adopt: [pg, moment], hold: [moment] }\n---\n";
    let manifest = "{\n\"dependencies\": {\n\"left-pad\": \"1\",\n\"moment\": \"2\", \"pg\": \"8\" } }";
    assert_eq!(
        told(&[("principles/radar.md", radar), ("package.json", manifest)]),
        [
            "dependency-off-radar package.json:3: npm package \"left-pad\" is not on the radar",
            "dependency-off-radar package.json:4: npm package \"moment\" is on hold",
        ]
    );
    assert_eq!(told(&[("package.json", manifest)]), [] as [&str; 0], "without a radar there is nothing to be off");
}

#[test]
fn an_import_past_the_surface_is_found() {
    assert_eq!(
        told(&[("src/sales/a.js", "\nimport { post } from '../billing/ledger'"), ("src/billing/ledger.js", "")]),
        [
            "import-across-surface src/sales/a.js:2: sales imports src/billing/ledger.js, which billing does not offer to others"
        ]
    );
}

const DENY: &str = "---\nstatement: Tables have one writer.\nwhy: Two cannot both be right.\nagreed_by: [ann]\nchecks: [write-to-foreign-table, file-without-owner]\nmode: deny\n---\n";
const WRITE: (&str, &str) = ("src/sales/a.js", "q('DELETE FROM invoices')");

/// Whose waivers one commit brought.
fn brought_by(files: &[(&str, &str)], author: &str, approved_by: &[&str]) -> Product {
    let approved_by = approved_by.iter().map(|by| (*by).to_owned()).collect();
    let brought = Brought { author: author.to_owned(), approved_by };
    let mut product = product(files);
    product.waivers_brought_by(&[(1, brought)].into());
    product
}

fn judged(files: &[(&str, &str)], gate: Gate) -> (Violation, Vec<String>) {
    let judgement = judge(&brought_by(files, "ann", &["bob"]), TODAY, gate);
    let [violation] = &judgement.violations[..] else { panic!("{judgement:?}") };
    (violation.clone(), judgement.unfit_waivers.iter().map(kernel::Problem::told).collect())
}

use crate::model::Violation;

#[test]
fn a_principle_observes_until_its_people_turn_it_on() {
    let (violation, _) = judged(&[WRITE], Gate::Merge);
    assert_eq!((violation.mode, violation.severity, violation.stops()), (Mode::Observe, Severity::Warn, false));
    let (violation, _) = judged(&[WRITE, ("principles/own-data.md", &DENY.replace("mode: deny\n", ""))], Gate::Merge);
    assert_eq!((violation.principle.as_deref(), violation.severity), (Some("own-data"), Severity::Warn));
    let (violation, _) = judged(&[WRITE, ("principles/own-data.md", DENY)], Gate::Merge);
    assert!(violation.stops());
    let (violation, _) = judged(&[WRITE, ("principles/own-data.md", DENY)], Gate::Exposure);
    assert!(!violation.stops(), "it guards merges only");
}

#[test]
fn a_violation_says_whom_to_ask_and_the_command_that_waives_it() {
    let (violation, _) = judged(&[WRITE], Gate::Merge);
    assert_eq!(
        violation.hint,
        "call what billing offers, or react to its events; ask cashiers (domain billing); or: trunkline waiver add \
         write-to-foreign-table src/sales/a.js --reason WHY --approver bob --expires 14d"
    );
}

#[test]
fn a_waiver_counts_if_someone_else_of_the_owning_domain_approved_it_and_while_it_lasts() {
    let waiver = "- { check: write-to-foreign-table, what: /src/sales/, reason: moving, expires: 2026-11-24, approver: bob, author: ann }";
    let with = |waiver: &str| judged(&[WRITE, ("principles/own-data.md", DENY), ("waivers.yaml", waiver)], Gate::Merge);
    let (violation, problems) = with(waiver);
    assert_eq!((violation.stops(), problems.len()), (false, 0));
    assert_eq!(violation.severity, Severity::Deny, "what it would be without stays");
    for (right, wrong, why) in [
        ("11-24", "11-23", "the waiver in waivers.yaml:1 expired on 2026-11-23 and counts as none"),
        ("approver: bob", "approver: ann", "counts as none: nobody approves their own"),
        ("approver: bob, author: ann", "approver: ann, author: eve", "counts as none: ann is nobody of domain billing"),
        ("approver: bob, author: ann", "approver: '@bob', author: 'user:default/bob'", "nobody approves their own"),
    ] {
        let (violation, problems) = with(&waiver.replace(right, wrong));
        assert!(violation.stops() && violation.hint.contains(why), "{}", violation.hint);
        assert!(problems.len() == 1 && problems[0].contains(why), "{problems:?}");
    }
    let (violation, problems) = with(&waiver.replace("/src/sales/", "/src/other/"));
    assert!(violation.stops() && problems[0].contains("waives nothing"), "{problems:?}");
    let (violation, problems) = with(&waiver.replace("2026-11-24", "2027-11-24"));
    assert!(!violation.stops() && problems[0].contains("lasts until 2027-11-24"), "{problems:?}");
}

#[test]
fn a_waiver_counts_only_if_the_commit_of_its_line_says_that_its_approver_approved() {
    let waiver = "- { check: write-to-foreign-table, what: /src/sales/, reason: moving, expires: 2026-11-24, approver: bob, author: ann }";
    let stopped = |author: &str, approved_by: &[&str], waiver: &str| {
        let files = [WRITE, ("principles/own-data.md", DENY), ("waivers.yaml", waiver)];
        let judgement = judge(&brought_by(&files, author, approved_by), TODAY, Gate::Merge);
        judgement.violations.into_iter().find(Violation::stops).map(|violation| violation.hint)
    };
    assert_eq!(stopped("ann", &["Bob B. <bob>"], waiver), None);
    assert_eq!(stopped("ann", &["cleo", "@bob"], waiver), None);
    assert_eq!(stopped("bob", &[], waiver), None, "whom ann asked wrote it");
    let made_up = waiver.replace("author: ann", "author: zoe");
    for (author, approved_by, waiver, why) in [
        ("ann", &[][..], waiver, "ann wrote the line, and its commit does not say that bob approved"),
        ("eve", &["Bob Other <rob>", "bobby"], waiver, "eve wrote the line"),
        ("bob", &[], &made_up, "zoe, who is to have asked, is in no catalog-info.yaml"),
        ("bob", &["bob"], &waiver.replace(", author: ann", ""), "nobody approves their own"),
    ] {
        let hint = stopped(author, approved_by, waiver).unwrap();
        assert!(hint.contains(why), "{hint}");
    }
    let files = [WRITE, ("principles/own-data.md", DENY), ("waivers.yaml", waiver)];
    let unknown = judge(&product(&files), TODAY, Gate::Merge);
    let [problem] = &unknown.unfit_waivers[..] else { panic!("{unknown:?}") };
    assert!(problem.message.contains("is not approved") && problem.message.contains("not known which commit"));
    assert!(problem.hint.as_ref().unwrap().contains("`Approved-by: bob`"), "{problem:?}");
}
