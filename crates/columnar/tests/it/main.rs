//! Kill -9 at any moment: what was acknowledged is there, once and in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use columnar::wal::{Options, Place, Reader, Writer};

const FOLDER: &str = "COLUMNAR_TEST_FOLDER";
const FROM: &str = "COLUMNAR_TEST_FROM";

fn options(folder: &Path) -> Options {
    Options { folder: folder.to_owned(), seal_bytes: 4_000, seal_after: Duration::from_secs(1), queue_bytes: 1 << 20 }
}

/// Not a test of its own: the process that is killed. Appends for ever and says what was acknowledged.
#[tokio::test]
#[ignore = "started by the test below"]
async fn appends_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let writer = Writer::open(options(Path::new(&folder))).unwrap();
    for n in from.. {
        writer.append(vec![Bytes::from(format!("{n} a")), Bytes::from(format!("{n} b"))]).await.unwrap();
        println!("acknowledged {n}");
    }
}

/// Lets a child append from `from` on and kills it after some acknowledgements; the last number it acknowledged.
fn append_and_kill(folder: &Path, from: u64, after: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "appends_until_it_is_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut last = from;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        // The harness's own words stand before the first one.
        let Some(n) = line.split("acknowledged ").nth(1) else { continue };
        last = n.parse().unwrap();
        if last == from + after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    last
}

#[test]
fn whatever_was_acknowledged_before_a_kill_is_there_once_and_in_order() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let (mut from, mut state, mut acknowledged) = (0, seed | 1, Vec::new());
    for _ in 0..10 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let last = append_and_kill(folder.path(), from, 1 + (state >> 33) % 60);
        acknowledged.extend(from..=last);
        // Numbers that were perhaps written and not acknowledged are not used again.
        from = last + 1_000;
    }
    let mut reader = Reader::open(folder.path());
    let (mut place, mut there) = (Place::default(), Vec::new());
    loop {
        let batch = reader.read(place, 500).unwrap();
        assert_eq!(batch.damaged, []);
        if batch.records.is_empty() {
            break;
        }
        place = batch.next;
        there.extend(batch.records.iter().map(|record| String::from_utf8(record.to_vec()).unwrap()));
    }
    assert!(there.chunks(2).all(|pair| pair[0].replace('a', "b") == pair[1]), "records of one append stay together");
    let numbers: Vec<u64> = there.iter().step_by(2).map(|text| text[..text.len() - 2].parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "in order and once");
    let missing: Vec<&u64> = acknowledged.iter().filter(|n| numbers.binary_search(n).is_err()).collect();
    assert!(missing.is_empty(), "seed {seed}: {missing:?} are not there");
    assert!(numbers.len() <= acknowledged.len() + 10, "at most one more for each kill");
}
