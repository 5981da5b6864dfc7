//! A small product: its map and what breaks its principles, in the shapes that scripts read.

use insta::assert_json_snapshot;
use jiff::civil::date;
use ownership::model::{Check, Gate, Map, Product, judge};

use crate::folder::product;

pub(crate) const CATALOG: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata:
  name: sales
  annotations:
    trunkline.dev/paths: /src/sales/, /flags/, /journeys/, /principles/, waivers.yaml, catalog-info.yaml
    trunkline.dev/tables: orders
    trunkline.dev/events: order placed
spec: { owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: { name: billing, annotations: { trunkline.dev/tables: invoices } }
spec: { owner: group:default/cashiers }
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
pub(crate) const PRINCIPLE: &str = "\
---
statement: A domain's tables are written by that domain alone.
why: Two writers of one table cannot both be right.
agreed_by: [ann, bob]
checks: [write-to-foreign-table]
mode: deny
---
";
const COMPONENT: &str = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: mailer }
spec: { type: service, lifecycle: production, owner: cashiers }
";
const WAIVERS: &str = "\
- { check: write-to-foreign-table, what: src/sales/old.sql, reason: until the report moves, expires: 2026-12-01, approver: bob, author: ann }
- { check: write-to-foreign-table, what: src/sales/new.sql, reason: in a hurry, expires: 2026-11-01, approver: bob, author: ann }
";

fn shop() -> Product {
    product(&[
        ("catalog-info.yaml", CATALOG.as_bytes()),
        ("CODEOWNERS", b"CODEOWNERS @acme/sellers\n/src/billing/ @acme/cashiers\n"),
        ("services/mailer/catalog-info.yaml", COMPONENT.as_bytes()),
        ("services/mailer/send.py", b"posthog.capture('mail sent')\n"),
        ("src/billing/ledger.js", b"query(`INSERT INTO invoices VALUES (1)`)\n"),
        ("src/sales/old.sql", b"UPDATE invoices SET paid = 1;\n"),
        ("src/sales/new.sql", b"-- in a hurry\nDELETE FROM invoices;\n"),
        ("src/sales/picture.png", b"\x89PNG\xff\xfe"),
        ("tools/run.sh", b"#!/bin/sh\n"),
        ("flags/gift.yaml", b"flags: { gift: { metadata: { owner: sellers, expires: 2027-01-01, journey: buy } } }"),
        ("journeys/buy.yaml", b"journey: buy\ndomain: sales\nsteps: [{ name: paid, event: order placed }]\n"),
        ("principles/own-data.md", PRINCIPLE.as_bytes()),
        ("waivers.yaml", WAIVERS.as_bytes()),
    ])
}

#[test]
fn the_map_is_what_the_contract_says() {
    assert_json_snapshot!(Map::of(&shop()));
}

#[test]
fn violations_are_what_the_contract_says() {
    let judgement = judge(&shop(), date(2026, 11, 24), Gate::Merge);
    let stops: Vec<_> = judgement.violations.iter().filter(|violation| violation.stops()).collect();
    assert_eq!(stops.len(), 1, "one is waived, and the other waiver is over");
    assert_json_snapshot!(judgement);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_stops_nothing_else() {
    let broken = CATALOG.replacen("kind: Domain", "kind: Domian", 1);
    let product = product(&[
        ("catalog-info.yaml", broken.as_bytes()),
        ("waivers.yaml", b"\xff"),
        ("package.json", b"{"),
        ("src/a.js", b"\xff"),
        ("CODEOWNERS", b"* @acme/sellers\n"),
    ]);
    let told: Vec<_> = product.problems().iter().map(kernel::Problem::placed).collect();
    assert_eq!(
        told,
        [
            "catalog-info.yaml:2:7: kind \"Domian\" is not known",
            "package.json:1:1: the manifest cannot be read: EOF while parsing an object",
            "waivers.yaml: the file is no text",
        ]
    );
    assert_eq!(product.unread().collect::<Vec<_>>(), ["src/a.js"]);
    let judgement = judge(&product, date(2026, 11, 24), Gate::Merge);
    assert!(judgement.violations.iter().all(|violation| violation.check != Check::FileWithoutOwner));
}
