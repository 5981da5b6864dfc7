//! What a command prints reaches its log bounded and without secrets.

use std::fs;

use exec::{End, LogMode, Spec};

use crate::bench::Bench;

#[tokio::test]
async fn a_gigabyte_of_output_costs_a_bounded_log_and_ends() {
    let bench = Bench::new();
    let spec = Spec {
        log_bytes_max: 100_000,
        ..bench.shell("yes 'a line of output' | head -c 1000000000; echo; echo the end")
    };
    let outcome = bench.run(&spec).await;
    assert_eq!(outcome.end, End::Exited { code: 0 });
    assert!(outcome.log_truncated);
    let log = bench.log();
    assert!(log.len() < 150_000, "{}", log.len());
    assert!(log.contains("\ntrunkline: output was cut here: this log holds at most 100000 bytes\n"));
    assert!(log.contains("bytes were left out here; the end of the output follows\n"));
    assert!(log.ends_with("the end\n"));
    assert_eq!(exec::tail(&spec.log, 1).unwrap(), "the end");
}

#[tokio::test]
async fn a_rotating_log_keeps_the_end_in_two_files() {
    let bench = Bench::new();
    let spec = Spec { log_bytes_max: 10_000, log_mode: LogMode::Rotate, ..bench.shell("seq 1 100000") };
    let outcome = bench.run(&spec).await;
    assert!(!outcome.log_truncated);
    let before = fs::read_to_string(bench.path("logs/step.log.1")).unwrap();
    let both = format!("{before}{}", bench.log());
    assert!(before.len() <= 10_000 && bench.log().len() <= 10_000);
    let numbers: Vec<u32> = both.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "no line is missing or broken");
    assert_eq!(numbers.last(), Some(&100_000));
    assert_eq!(fs::read_dir(bench.path("logs")).unwrap().count(), 2);
    assert_eq!(exec::tail(&spec.log, 2).unwrap(), "99999\n100000");
}

#[tokio::test]
async fn secrets_do_not_reach_the_log_however_they_are_written() {
    let bench = Bench::new();
    let script = "import sys, time, os\nfor c in 'the sécret-key!': os.write(1, c.encode()[:1]); os.write(1, c.encode()[1:])\nprint()\nprint('abc sécret-key sécret-ke')";
    let mut spec = bench.python(script);
    spec.redact = vec!["sécret-key".to_owned(), "abc".to_owned()];
    bench.run(&spec).await;
    assert_eq!(bench.log(), "the ***!\nabc *** sécret-ke\n");
}

#[tokio::test]
async fn a_debug_print_of_a_specification_holds_no_secret() {
    let bench = Bench::new();
    let mut spec = bench.shell("true");
    spec.redact = vec!["hunter2".to_owned()];
    spec.env.insert("PASSWORD".to_owned(), "hunter2".to_owned());
    assert!(!format!("{spec:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_log_that_cannot_be_opened_is_said() {
    let bench = Bench::new();
    bench.file("logs", "a file where the folder should be");
    let outcome = bench.run(&bench.shell("true")).await;
    assert!(
        matches!(&outcome.end, End::FailedToStart { why } if why.starts_with("cannot open the log")),
        "{outcome:?}"
    );
}
