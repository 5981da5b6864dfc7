//! A command that lives with its parent dies with it.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use exec::{End, Spec};
use rustix::process::Signal;

use crate::bench::{Bench, kill_9, launcher, pid_in, until, until_async};

/// Deaf to SIGTERM, with a child and a daemon, all of which keep the output open.
const STUBBORN: &str = r"
import os, signal, time
for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(s, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
elif os.fork():
    with open('ready', 'w') as f: f.write(f'{os.getpid()}\n')
while True: time.sleep(1)
";

/// "Within a second", and a margin for a machine that runs other tests at the same time.
const SECOND: Duration = Duration::from_millis(1500);

/// A process of its own that calls the launcher with the specification on its standard input.
#[tokio::test]
#[ignore = "other tests start this as a process to kill"]
async fn caller() {
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    let spec: Spec = serde_json::from_str(&text).unwrap();
    let ran = match spec.life {
        exec::Life::WithParent => launcher().run(&spec).await.map(|_| ()),
        exec::Life::Detached { .. } => launcher().spawn_detached(&spec).await.map(|_| ()),
    };
    ran.unwrap();
}

pub(crate) fn start_caller(spec: &Spec) -> Child {
    start(Command::new(std::env::current_exe().unwrap()).args(["life::caller", "--exact", "--ignored"]), spec)
}

fn start(command: &mut Command, spec: &Spec) -> Child {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(spec).unwrap()).unwrap();
    child
}

#[test]
fn when_the_caller_is_killed_the_whole_tree_goes_within_a_second() {
    let bench = Bench::new();
    let spec = Spec { grace_seconds: 60.0, ..bench.python(STUBBORN) };
    let mut caller = start_caller(&spec);
    pid_in(&bench.path("work/ready"));
    until("the tree stands", || bench.processes().len() == 3);
    caller.kill().unwrap();
    caller.wait().unwrap();
    let took = until("the tree is gone", || bench.processes().is_empty());
    assert!(took < SECOND, "{took:?}");
    until("the log tells", || bench.log().ends_with("stopped because its caller went away\n"));
}

#[test]
fn when_the_caller_is_killed_during_the_grace_nobody_gets_the_rest_of_it() {
    let bench = Bench::new();
    let spec = Spec {
        grace_seconds: 60.0,
        timeout_seconds: Some(1.0),
        ..bench.shell("trap 'echo heard' TERM; while :; do sleep 0.1; done")
    };
    let mut caller = start_caller(&spec);
    until("the grace has begun", || bench.log().contains("heard"));
    caller.kill().unwrap();
    caller.wait().unwrap();
    let took = until("the tree is gone", || bench.processes().is_empty());
    assert!(took < SECOND, "{took:?}");
}

#[tokio::test]
async fn dropping_the_future_ends_the_tree() {
    let bench = Bench::new();
    let spec = Spec { grace_seconds: 60.0, ..bench.python(STUBBORN) };
    let running = tokio::spawn(async move { launcher().run(&spec).await });
    until_async("the tree stands", || bench.path("work/ready").exists() && bench.processes().len() == 3).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let took = until_async("the tree is gone", || bench.processes().is_empty()).await;
    assert!(took < SECOND, "{took:?}");
}

#[tokio::test]
async fn sigterm_to_the_shim_reaches_the_command() {
    let bench = Bench::new();
    let spec = bench.shell("trap 'echo bye; exit 7' TERM; echo $$ > ready; sleep 600 & wait");
    let running = tokio::spawn(async move { launcher().run(&spec).await });
    until_async("it runs", || fs::read_to_string(bench.path("work/ready")).is_ok_and(|text| text.ends_with('\n')))
        .await;
    let shim = parent_of(pid_in(&bench.path("work/ready")));
    let shim = rustix::process::Pid::from_raw(i32::try_from(shim).unwrap()).unwrap();
    rustix::process::kill_process(shim, Signal::TERM).unwrap();
    let outcome = running.await.unwrap().unwrap();
    assert_eq!(outcome.end, End::Exited { code: 7 });
    assert_eq!(bench.log(), "bye\n");
    bench.nothing_runs();
}

#[tokio::test]
async fn when_the_shim_is_killed_nothing_of_the_command_stays() {
    let bench = Bench::new();
    let spec = bench.shell("echo $$ > ready; sleep 600 & sleep 600 & wait");
    let running = tokio::spawn(async move { launcher().run(&spec).await });
    until_async("it runs", || bench.path("work/ready").exists() && bench.processes().len() == 3).await;
    // The shim says who runs a moment after it runs; killed in that moment nobody knows whom to end.
    tokio::time::sleep(Duration::from_millis(500)).await;
    kill_9(parent_of(pid_in(&bench.path("work/ready"))));
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(&error, exec::Error::ShimLost { detail } if detail.contains("signal: 9")), "{error}");
    until_async("the tree is gone", || bench.processes().is_empty()).await;
}

#[test]
fn files_that_the_caller_inherited_reach_neither_the_shim_nor_the_command() {
    let bench = Bench::new();
    let secret = bench.file("secret", "tl_admin_secret");
    let spec = bench.shell("ls -l /proc/self/fd /proc/$PPID/fd; cat <&9");
    let inherits = format!("exec 9<'{}'; exec \"$0\" life::caller --exact --ignored", secret.display());
    let mut caller = start(Command::new("sh").args(["-c", &inherits]).arg(std::env::current_exe().unwrap()), &spec);
    assert!(caller.wait().unwrap().success());
    let log = bench.log();
    assert!(log.contains("pipe:") && !log.contains("secret"), "{log}");
}

pub(crate) fn parent_of(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap().trim().parse().unwrap()
}
