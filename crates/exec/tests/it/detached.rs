//! A detached command outlives its caller, is found again, and leaves nothing behind.

use std::fs;
use std::time::Duration;

use exec::{End, Error, Spec, detached};

use crate::bench::{Bench, PATIENCE, kill_9, launcher, pid_in, until, until_async};
use crate::life::start_caller;

#[test]
fn it_outlives_its_caller_and_is_found_by_the_next() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("echo $$ > ready; exec sleep 600"));
    let mut caller = start_caller(&spec);
    let pid = pid_in(&bench.path("work/ready"));
    until("the caller has its answer", || caller.try_wait().unwrap().is_some_and(|status| status.success()));
    let running = detached::observe(&bench.record(), &bench.lock()).expect("it runs without its caller");
    assert_eq!(running.pid, pid);
    assert_eq!(detached::outcome(&bench.record()), None);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(detached::terminate(&bench.record(), &bench.lock(), PATIENCE));
    assert!(ended.unwrap());
    bench.nothing_runs();
    assert_eq!(detached::observe(&bench.record(), &bench.lock()), None);
    assert_eq!(detached::outcome(&bench.record()).unwrap().end, End::Signalled { signal: 15 });
}

#[test]
fn a_caller_that_is_killed_while_it_starts_one_changes_nothing() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("echo $$ > ready; exec sleep 600"));
    let mut caller = start_caller(&spec);
    pid_in(&bench.path("work/ready"));
    caller.kill().unwrap();
    caller.wait().unwrap();
    until("it is found", || detached::observe(&bench.record(), &bench.lock()).is_some());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(runtime.block_on(detached::terminate(&bench.record(), &bench.lock(), PATIENCE)).unwrap());
    bench.nothing_runs();
}

#[tokio::test]
async fn a_second_start_is_refused_and_a_later_one_is_not() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("exec sleep 600"));
    for _ in 0..2 {
        let shim = launcher().spawn_detached(&spec).await.unwrap();
        assert_eq!(detached::observe(&bench.record(), &bench.lock()).unwrap().shim_pid, shim);
        let second = launcher().spawn_detached(&spec).await;
        assert!(matches!(second, Err(Error::AlreadyRunning { .. })), "{second:?}");
        assert_eq!(bench.processes().len(), 1);
        assert!(detached::terminate(&bench.record(), &bench.lock(), PATIENCE).await.unwrap());
        assert!(!detached::terminate(&bench.record(), &bench.lock(), PATIENCE).await.unwrap());
        bench.nothing_runs();
    }
}

#[tokio::test]
async fn its_end_is_noticed_and_recorded() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("read line < go; echo $line; exit 3"));
    fs::create_dir_all(&spec.directory).unwrap();
    let go = spec.directory.join("go");
    assert!(std::process::Command::new("mkfifo").arg(&go).status().unwrap().success());
    launcher().spawn_detached(&spec).await.unwrap();
    let running = detached::observe(&bench.record(), &bench.lock()).unwrap();
    tokio::task::spawn_blocking(move || fs::write(go, "on my way\n")).await.unwrap().unwrap();
    tokio::time::timeout(PATIENCE, running.ended()).await.unwrap().unwrap();
    assert_eq!(detached::observe(&bench.record(), &bench.lock()), None);
    assert_eq!(detached::outcome(&bench.record()).unwrap().end, End::Exited { code: 3 });
    assert_eq!(bench.log(), "on my way\n");
    running.ended().await.unwrap();
}

#[tokio::test]
async fn one_that_cannot_start_says_why() {
    let bench = Bench::new();
    let spec = bench.detached(bench.spec(&["no-such-program"]));
    let error = launcher().spawn_detached(&spec).await.unwrap_err();
    assert!(error.to_string().starts_with("no-such-program: not found on PATH ("), "{error}");
    assert_eq!(detached::observe(&bench.record(), &bench.lock()), None);
}

#[tokio::test]
async fn when_its_shim_is_killed_it_dies_and_the_next_start_clears_the_rest_away() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("echo $$ > ready; sleep 600 & wait"));
    let shim = launcher().spawn_detached(&spec).await.unwrap();
    let pid = pid_in(&bench.path("work/ready"));
    until_async("its child runs", || bench.processes().len() == 2).await;
    kill_9(shim);
    until_async("the command dies with its shim", || !bench.processes().contains(&pid)).await;
    until_async("the lock is free", || detached::observe(&bench.record(), &bench.lock()).is_none()).await;
    assert_eq!(bench.processes().len(), 1, "only the next start can know what else there was");
    launcher().spawn_detached(&bench.detached(bench.shell("exec sleep 600"))).await.unwrap();
    assert_eq!(bench.processes().len(), 1, "of the first start nothing is left");
    detached::terminate(&bench.record(), &bench.lock(), PATIENCE).await.unwrap();
    bench.nothing_runs();
}

#[tokio::test]
async fn one_that_is_deaf_is_killed_in_time() {
    let bench = Bench::new();
    let script = "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.fork()\nopen('ready', 'a').write('1\\n')\nwhile True: time.sleep(1)";
    let spec = Spec { grace_seconds: 600.0, ..bench.detached(bench.python(script)) };
    launcher().spawn_detached(&spec).await.unwrap();
    until_async("both run", || fs::read_to_string(bench.path("work/ready")).is_ok_and(|text| text == "1\n1\n")).await;
    assert!(detached::terminate(&bench.record(), &bench.lock(), Duration::from_millis(300)).await.unwrap());
    bench.nothing_runs();
}

#[tokio::test]
async fn those_who_look_do_not_keep_it_from_starting() {
    let bench = Bench::new();
    let spec = bench.detached(bench.shell("exec sleep 600"));
    let (record, lock) = (bench.record(), bench.lock());
    let looking = std::thread::spawn(move || {
        until("somebody sees it", || detached::observe(&record, &lock).is_some());
    });
    launcher().spawn_detached(&spec).await.unwrap();
    looking.join().unwrap();
    detached::terminate(&bench.record(), &bench.lock(), PATIENCE).await.unwrap();
}
