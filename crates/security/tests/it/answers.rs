//! What osv.dev answered is found here too, of the advisories that are here.

use std::collections::BTreeSet;

use security::model::matching::{Judgement, judge};
use security::model::{Advisories, Ecosystem, Package};
use security::offline;

use crate::suites;

/// Ids of what affects a package.
fn affecting(advisories: &Advisories, package: &Package) -> BTreeSet<String> {
    let found = advisories.of(package).into_iter();
    let is_affected = |judgement: Judgement| matches!(judgement, Judgement::Affected { .. });
    let found = found.filter(|(_, parts)| is_affected(judge(parts, &package.version)));
    found.map(|(advisory, _)| advisory.id.to_string()).collect()
}

/// Counts what osv.dev told of an ecosystem: found here, missed here, told here only.
fn compare(ecosystem: &str) -> Option<(usize, usize, usize)> {
    let answers = suites::json("suites/osv-dev-answers.json.zst")?;
    let advisories = offline::advisories(&suites::path("osv")?.join(ecosystem)).unwrap();
    let known: BTreeSet<&str> = advisories.ids().collect();
    let (mut found, mut missed, mut more) = (0, 0, 0);
    for answer in answers.as_array().unwrap().iter().filter(|answer| answer["ecosystem"] == ecosystem) {
        let (Some(name), Some(version)) = (answer["name"].as_str(), answer["version"].as_str()) else { continue };
        let here = affecting(&advisories, &Package::registered(Ecosystem::named(ecosystem), name, version));
        let there = answer["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
        let there: BTreeSet<String> = there.filter(|id| known.contains(id)).map(str::to_owned).collect();
        found += here.intersection(&there).count();
        missed += there.difference(&here).count();
        more += here.difference(&there).count();
    }
    Some((found, missed, more))
}

#[test]
fn nothing_is_missed_that_osv_dev_found() {
    let Some(go) = compare("Go") else { return };
    let Some(python) = compare("PyPI") else { return };
    // Told here only: Go's newer advisories, and PYSEC-2021-108, which osv.dev has corrected since this feed.
    assert_eq!((go, python), ((347, 0, 39), (25, 0, 1)));
}
