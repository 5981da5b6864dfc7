//! The order of versions is that of the tools which made the suite.

use std::cmp::Ordering;

use security::model::version::Scheme;

use crate::suites;

/// Compares every line of a file of the suite, both ways; gives how many there were.
fn compare(scheme: Scheme, text: &[u8]) -> usize {
    let text = std::str::from_utf8(text).unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '/'])) {
        let [a, operator, b] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let wanted = match operator {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        compared += 1;
        let (a, b) = (scheme.key(a), scheme.key(b));
        if a.cmp(&b) != wanted || b.cmp(&a) != wanted.reverse() {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} wrong: {wrong:#?}", wrong.len());
    compared
}

#[test]
fn every_comparison_of_the_suite_holds() {
    let Some(files) = suites::files("suites/version-order.tar.zst") else { return };
    let file = |name: &str| files[&format!("semantic/testdata/{name}")].as_slice();
    assert_eq!(compare(Scheme::SemVer, file("semver-versions.txt")), 86);
    assert_eq!(compare(Scheme::Pep440, file("pypi-versions.txt")), 37);
    assert_eq!(compare(Scheme::Pep440, file("pypi-versions-generated.txt")), 12_375);
}
