//! Test data of others, which lies beside the project, packed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A file or folder of the shared data; none if it may be skipped.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see it")]
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/security").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("TRUNKLINE_REQUIRE_SUITES").is_none(), "{} is not there", path.display());
    eprintln!("skipped: {name}: {} is not there", path.display());
    None
}

/// The files of a packed suite, by path.
pub(crate) fn files(name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(unpacked(&path(name)?));
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            files.insert(entry.path().unwrap().display().to_string().trim_start_matches("./").to_owned(), bytes);
        }
    }
    assert!(!files.is_empty(), "{name}");
    Some(files)
}

/// A packed JSON document.
pub(crate) fn json(name: &str) -> Option<serde_json::Value> {
    let path = path(name)?;
    let is_packed = path.extension().is_some_and(|end| end == "zst");
    Some(if is_packed {
        serde_json::from_reader(unpacked(&path)).unwrap()
    } else {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    })
}

fn unpacked(path: &Path) -> zstd::Decoder<'static, std::io::BufReader<File>> {
    zstd::Decoder::new(File::open(path).unwrap()).unwrap()
}
