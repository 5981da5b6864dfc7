//! Test data of others, which lies beside the project.

use std::path::PathBuf;

/// The folder `name` of the shared data; none if it may be skipped.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/flags").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "{} is not there", folder.display());
    println!("skipped: {name}: {} is not there", folder.display());
    None
}
