//! The sample product keeps to its own principles, and they hold where they are turned on.

use std::fs;
use std::path::Path;

use jiff::civil::date;
use ownership::model::{Check, Gate, Map, Product, Violation, judge};
use ownership::offline::{Reader, brought};

use crate::folder::Folder;

const FOREIGN: &str = "// Courtesy\n\nexport const free = 'update orders set goods_cents = 0 where person = ?';\n";
const ENDLESS: &str = "flags:\n  gift-wrap:\n    state: ENABLED\n    variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"\n";
const AIMLESS: &str = "flags:\n  gift-wrap:\n    state: ENABLED\n    variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"\n    metadata: { owner: sales, expires: \"2027-12-31\" }\n";

/// The shop with these files more.
fn shop(more: &[(&str, &str)]) -> Product {
    let copy = tempfile::tempdir().unwrap();
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    for entry in fs::read_dir(&shop).unwrap() {
        copy_to(&entry.unwrap().path(), copy.path());
    }
    for (path, text) in more {
        let path = copy.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Reader::new(Folder(copy.path().to_owned())).product(None).unwrap()
}

/// Without its history and what tools leave.
fn copy_to(from: &Path, folder: &Path) {
    let name = from.file_name().unwrap();
    if ["history", "node_modules", "data", "reports"].iter().any(|left_out| name == *left_out) {
        return;
    }
    let to = folder.join(name);
    if from.is_dir() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            copy_to(&entry.unwrap().path(), &to);
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

fn stopped(more: &[(&str, &str)], gate: Gate) -> Vec<Violation> {
    let brought = brought(&shop(&[]), &shop(more), date(2026, 11, 25), gate);
    brought.into_iter().filter(Violation::stops).collect()
}

#[test]
fn the_shop_keeps_to_its_principles_and_owns_all_that_it_has() {
    let shop = shop(&[]);
    let judgement = judge(&shop, date(2026, 11, 25), Gate::Deployment);
    assert_eq!(judgement.problems, []);
    assert_eq!(judgement.violations, []);
    let map = Map::of(&shop);
    assert_eq!(map.unowned, []);
    let names: Vec<&str> = map.domains.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names, ["fulfilment", "sales"]);
}

#[test]
fn a_write_to_another_domains_table_is_stopped_with_its_line_whom_to_ask_and_the_waiver() {
    let stopped = stopped(&[("src/courtesy.js", FOREIGN)], Gate::Deployment);
    let [write] = stopped.as_slice() else { panic!("{stopped:?}") };
    assert_eq!(
        (write.check, write.line, write.team.as_deref()),
        (Check::WriteToForeignTable, Some(3), Some("couriers"))
    );
    assert!(write.hint.contains("ask couriers (domain fulfilment)"), "{}", write.hint);
    assert!(write.hint.contains("trunkline waiver add write-to-foreign-table src/courtesy.js"), "{}", write.hint);
}

#[test]
fn a_flag_without_owner_or_end_is_stopped_and_one_without_a_journey_is_held() {
    let checks = |more, gate| stopped(more, gate).into_iter().map(|stopped| stopped.check).collect::<Vec<_>>();
    let endless = [("flags/gift-wrap.yaml", ENDLESS)];
    assert_eq!(checks(&endless, Gate::Deployment), [Check::FlagWithoutOwner, Check::FlagWithoutExpiry]);
    let aimless = [("flags/gift-wrap.yaml", AIMLESS)];
    assert_eq!(checks(&aimless, Gate::Deployment), []);
    assert_eq!(checks(&aimless, Gate::Exposure), [Check::FlagWithoutJourney]);
}
