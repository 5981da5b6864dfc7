//! The real advisories and the largest real lockfiles: reading a feed, reading a lockfile, judging it.
//!
//! `cargo bench -p security`. One thread, so the fastest round is close to its CPU time. The data lies beside the project; without
//! it there is nothing to measure.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks, and ends where it cannot go on")]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use security::model::inventory::{Inventory, Scanned};
use security::model::lockfile::{self, Format};
use security::model::place::Source;
use security::model::{Advisories, Report};
use security::offline;

const ROUNDS: usize = 20;
const FEED_ROUNDS: usize = 3;
const LOCKFILES: [&str; 2] =
    ["kellnr__kellnr/4566c49974/Cargo.lock", "featurevisor__featurevisor/79e297571c/package-lock.json"];

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/security");
    if !is_bench || !data.is_dir() {
        println!("skipped: a measurement needs --bench and the shared data");
        return;
    }
    let (took, advisories) = fastest(FEED_ROUNDS, || offline::advisories(&data.join("osv")).unwrap());
    println!("{} advisories read in {took:?}", advisories.len());
    for name in LOCKFILES {
        measure(name, &text(&data, name), &advisories);
    }
}

fn measure(name: &str, text: &str, advisories: &Advisories) {
    let format = Format::of(name.rsplit('/').next().unwrap(), None).unwrap();
    let read = || lockfile::read(format, Source { file: name, text }).unwrap().packages;
    let (reading, packages) = fastest(ROUNDS, read);
    let files = vec![Scanned::lockfile(name, packages)];
    let inventory = Inventory { files, ..Inventory::default() };
    let (judging, report) = fastest(ROUNDS, || Report::of(&inventory, advisories));
    let (packages, findings) = (report.packages.len(), report.findings.len());
    println!(
        "{name}: {} bytes, {packages} packages read in {reading:?}, {findings} findings in {judging:?}",
        text.len()
    );
}

/// The shortest time of so many rounds, and what came out last.
fn fastest<T>(rounds: usize, mut round: impl FnMut() -> T) -> (Duration, T) {
    let mut timed = || {
        let start = Instant::now();
        let result = round();
        (start.elapsed(), result)
    };
    let (mut best, mut last) = timed();
    for _ in 1..rounds {
        let (took, result) = timed();
        best = best.min(took);
        last = result;
    }
    (best, last)
}

fn text(data: &Path, name: &str) -> String {
    let packed = File::open(data.join("lockfiles/lockfiles-dev.tar.zst")).unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(packed).unwrap());
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let mut entry = entries.find(|entry| entry.path().unwrap().ends_with(name)).unwrap();
    let mut text = String::new();
    entry.read_to_string(&mut text).unwrap();
    text
}
