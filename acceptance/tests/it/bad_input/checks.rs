//! Checks that do not end, say too much or do not listen.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::pets::{Declaration, Pets, processes, text};

#[test]
fn a_check_that_hangs_is_ended_with_all_it_started() {
    let pets = Pets::live();
    // Seconds that nobody else sleeps.
    let mark = format!("86399.{}", std::process::id());
    let line = format!("setsid sleep {mark} & nohup sleep {mark} & sleep {mark}");
    let hangs = pets.commit("v2", &Declaration::check(&format!("{{ name: unit, run: \"{line}\", timeout: 2s }}")));
    let step = Pets::step(&pets.verified(&hangs), "unit");
    assert_eq!(step["state"], "timed_out");
    assert!(text(&step["summary"]).contains("did not end within 2 s"), "{step}");
    assert_eq!(processes(&mark), Vec::<String>::new());
    assert!(pets.serves("v1"));
    pets.ships("v3");
}

#[test]
fn a_check_that_ignores_sigterm_is_ended_all_the_same() {
    let pets = Pets::live();
    let mark = format!("86398.{}", std::process::id());
    let line = format!("trap '' TERM; (trap '' TERM; while :; do sleep {mark}; done) & while :; do sleep {mark}; done");
    let deaf = pets.commit("v2", &Declaration::check(&format!("{{ name: unit, run: \"{line}\", timeout: 2s }}")));
    let step = Pets::step(&pets.verified(&deaf), "unit");
    assert_eq!(step["state"], "timed_out");
    assert!(text(&step["summary"]).contains("was ended"), "{step}");
    assert_eq!(processes(&mark), Vec::<String>::new());
    pets.ships("v3");
}

#[test]
fn a_check_that_prints_a_gigabyte_has_a_bounded_log() {
    let pets = Pets::live();
    let line = "head -c 1073741824 /dev/zero | tr '\\\\000' x; echo; echo the last words";
    let began = Instant::now();
    let loud = pets.commit("v2", &Declaration::check(&format!("{{ name: unit, run: \"{line}\" }}")));
    let change = pets.verified(&loud);
    let step = Pets::step(&change, "unit");
    assert_eq!(step["state"], "passed", "{step}");
    assert!(text(&step["summary"]).contains("its log was cut at 16 MiB"), "{step}");
    assert!(began.elapsed() < Duration::from_mins(2), "{:?}", began.elapsed());

    let runs = pets.trunkline.data().join("logs").join("runs").join(text(&change["run"]));
    assert!(bytes_in(&runs) < 17 << 20, "{} bytes of logs", bytes_in(&runs));
    let log = pets.trunkline.run(&["run", "log", &text(&change["run"]), "unit"]).stdout;
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains("trunkline: output was cut here"), "the cut is said in its place");
    assert!(log.trim_end().ends_with("the last words"), "the end is kept");
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| entry.metadata().unwrap().len()).sum()
}
