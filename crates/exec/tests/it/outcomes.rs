//! How commands end, and what is left of them: nothing.

use std::fs;

use exec::{End, Priority, Spec};

use crate::bench::Bench;

#[tokio::test]
async fn a_command_runs_with_exactly_its_environment() {
    let bench = Bench::new();
    let mut spec = bench.shell("echo out; echo err >&2; env; pwd; tty; cat");
    spec.env.retain(|name, _| name == "PATH");
    spec.env.insert("GREETING".to_owned(), "hello there".to_owned());
    let outcome = bench.run(&spec).await;
    assert_eq!(outcome.end, End::Exited { code: 0 });
    assert!(outcome.succeeded());
    let log = bench.log();
    assert!(log.starts_with("out\nerr\n"), "{log}");
    let env: Vec<&str> =
        log.lines().filter(|line| line.contains('=')).map(|line| line.split('=').next().unwrap()).collect();
    let set_by_the_shell = ["PWD", "OLDPWD", "_", "SHLVL"];
    let own: Vec<&&str> = env.iter().filter(|name| !set_by_the_shell.contains(name)).collect();
    assert_eq!(own.len(), 2, "{log}");
    assert!(log.contains("GREETING=hello there"));
    assert!(log.contains(spec.directory.to_str().unwrap()));
    assert!(log.contains("not a tty"));
    assert_eq!(outcome.log_bytes, log.len() as u64);
}

#[tokio::test]
async fn statuses_and_signals_are_told_apart() {
    let bench = Bench::new();
    assert_eq!(bench.run(&bench.shell("exit 42")).await.end, End::Exited { code: 42 });
    assert_eq!(bench.run(&bench.shell("kill -SEGV $$")).await.end, End::Signalled { signal: 11 });
    assert_eq!(End::Signalled { signal: 11 }.to_string(), "ended by signal 11 (SIGSEGV)");
}

#[tokio::test]
async fn a_broken_pipe_ends_a_command_as_in_any_shell() {
    let bench = Bench::new();
    let outcome = bench.run(&bench.shell("yes | head -n 1")).await;
    assert_eq!((outcome.end, outcome.left_behind), (End::Exited { code: 0 }, 0));
    assert_eq!(bench.log(), "y\n");
}

#[tokio::test]
async fn no_new_privileges() {
    let bench = Bench::new();
    bench.run(&bench.shell("grep NoNewPrivs /proc/self/status")).await;
    assert_eq!(bench.log(), "NoNewPrivs:\t1\n");
}

#[tokio::test]
async fn what_runs_in_the_background_gives_way_with_all_that_it_starts() {
    let niceness = async |priority| {
        let bench = Bench::new();
        bench.run(&Spec { priority, ..bench.shell("sh -c nice") }).await;
        bench.log().trim().parse::<i32>().unwrap()
    };
    // These tests may give way themselves, and there is an end to it.
    let ours = niceness(Priority::Normal).await;
    assert_eq!(niceness(Priority::Background).await, (ours + 10).min(19));
}

#[tokio::test]
async fn a_slow_command_is_told_to_end() {
    let bench = Bench::new();
    let spec =
        Spec { timeout_seconds: Some(0.3), ..bench.shell("trap 'echo bye; exit 0' TERM; echo hi; sleep 600 & wait") };
    let outcome = bench.run(&spec).await;
    assert!(matches!(outcome.end, End::TimedOut { after_seconds } if after_seconds >= 0.3), "{outcome:?}");
    assert!(outcome.seconds < 4.0, "it left in good order: {outcome:?}");
    assert!(bench.log().starts_with("hi\nbye\n"), "{}", bench.log());
    assert!(bench.log().ends_with("it took too long\n"), "{}", bench.log());
}

#[tokio::test]
async fn a_command_that_ignores_sigterm_is_killed_after_the_grace() {
    let bench = Bench::new();
    let script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\nwhile True: time.sleep(1)";
    let spec = Spec { timeout_seconds: Some(1.0), grace_seconds: 0.2, ..bench.python(script) };
    let outcome = bench.run(&spec).await;
    assert!(matches!(outcome.end, End::TimedOut { .. }), "{outcome:?}");
    assert!(outcome.seconds >= 1.2, "{outcome:?}");
}

/// Leaves its session, its group and its parent, ignores SIGTERM, and keeps the output open.
const DAEMON: &str = r"
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        with open('daemon', 'w') as f: f.write(f'{os.getpid()}\n')
        while True: time.sleep(1)
    os._exit(0)
os.wait()
while not (os.path.exists('daemon') and open('daemon').read().endswith('\n')): pass
";

#[tokio::test]
async fn a_daemon_is_ended_with_the_command_that_started_it() {
    let bench = Bench::new();
    let spec = Spec { grace_seconds: 0.2, ..bench.python(DAEMON) };
    let outcome = bench.run(&spec).await;
    assert_eq!((&outcome.end, outcome.left_behind), (&End::Exited { code: 0 }, 1));
    assert!(bench.log().contains("1 process was left running and was ended"), "{}", bench.log());
    assert!(fs::metadata(bench.path("work/daemon")).is_ok());
}

#[tokio::test]
async fn a_daemon_is_ended_at_the_timeout_too() {
    let bench = Bench::new();
    let script = format!("{DAEMON}\nwhile True: time.sleep(1)");
    let spec = Spec { timeout_seconds: Some(1.5), grace_seconds: 0.2, ..bench.python(&script) };
    let outcome = bench.run(&spec).await;
    assert!(matches!(outcome.end, End::TimedOut { .. }), "{outcome:?}");
    assert!(fs::metadata(bench.path("work/daemon")).is_ok(), "the daemon ran");
}

#[tokio::test]
async fn a_process_that_keeps_the_output_open_does_not_keep_the_command() {
    let bench = Bench::new();
    let outcome = bench.run(&bench.shell("sleep 600 & echo done")).await;
    assert_eq!((&outcome.end, outcome.left_behind), (&End::Exited { code: 0 }, 1));
    assert!(outcome.seconds < 5.0, "{outcome:?}");
    assert!(bench.log().starts_with("done\n"));
}

#[tokio::test]
async fn processes_that_multiply_while_they_are_ended_are_ended() {
    let bench = Bench::new();
    // Each generation starts the next and dies: there is never a moment to catch the last one by a list made before.
    let script = "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('go', flush=True)\nfor _ in range(3): os.fork()\nwhile True:\n    if os.fork(): os._exit(0)\n    os.setsid()";
    let spec = Spec { timeout_seconds: Some(1.0), grace_seconds: 0.1, ..bench.python(script) };
    bench.run(&spec).await;
}

#[tokio::test]
async fn sane_limits_only() {
    let bench = Bench::new();
    for spec in [
        bench.spec(&[]),
        Spec { timeout_seconds: Some(f64::NAN), ..bench.shell("true") },
        Spec { grace_seconds: -1.0, ..bench.shell("true") },
        Spec { log_bytes_max: 0, ..bench.shell("true") },
        bench.detached(bench.shell("true")),
    ] {
        assert!(matches!(crate::bench::launcher().run(&spec).await, Err(exec::Error::Spec { .. })), "{spec:?}");
    }
}
