//! Test data of others, which lies beside the project.

use std::path::PathBuf;

/// The folder `name` of the shared data; none if it may be skipped.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see it")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/flags").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "{} is not there", folder.display());
    eprintln!("skipped: {name}: {} is not there", folder.display());
    None
}
