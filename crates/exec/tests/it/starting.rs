//! What cannot be started is said in words that tell how to mend it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use exec::{End, Spec};

use crate::bench::Bench;

async fn why(bench: &Bench, spec: &Spec) -> String {
    match bench.run(spec).await.end {
        End::FailedToStart { why } => {
            assert_eq!(bench.log().lines().last(), Some(format!("trunkline: did not start: {why}").as_str()));
            why
        }
        end => panic!("it started: {end}"),
    }
}

fn script(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_missing_command() {
    let bench = Bench::new();
    let mut spec = bench.spec(&["node", "server.js"]);
    spec.env.insert("PATH".to_owned(), "/nowhere:/nowhere/else".to_owned());
    assert_eq!(why(&bench, &spec).await, "node: not found on PATH (/nowhere:/nowhere/else)");
    spec.env.remove("PATH");
    assert_eq!(why(&bench, &spec).await, "node: not found, because its environment has no PATH");
}

#[tokio::test]
async fn a_missing_file() {
    let bench = Bench::new();
    let spec = bench.spec(&["./start.sh"]);
    assert!(why(&bench, &spec).await.ends_with("work/./start.sh does not exist"));
}

#[tokio::test]
async fn a_missing_directory() {
    let bench = Bench::new();
    let gone = bench.path("gone");
    let spec = Spec { directory: gone.clone(), ..bench.shell("true") };
    assert_eq!(why(&bench, &spec).await, format!("the directory {} does not exist", gone.display()));
    let file = bench.file("file", "");
    let spec = Spec { directory: file.clone(), ..spec };
    assert_eq!(why(&bench, &spec).await, format!("{} is not a directory", file.display()));
}

#[tokio::test]
async fn a_file_that_is_not_executable() {
    let bench = Bench::new();
    let spec = bench.spec(&["./start.sh"]);
    script(&spec.directory.join("start.sh"), "#!/bin/sh\n", 0o644);
    assert!(why(&bench, &spec).await.ends_with("start.sh is not executable (chmod +x mends it)"));
    let spec = bench.spec(&["/"]);
    assert_eq!(why(&bench, &spec).await, "/ is a directory, not a program");
}

#[tokio::test]
async fn a_missing_interpreter() {
    let bench = Bench::new();
    let spec = bench.spec(&["./start.sh"]);
    script(&spec.directory.join("start.sh"), "#!/usr/bin/no-such-thing -x\n", 0o755);
    assert!(
        why(&bench, &spec).await.ends_with("wants the interpreter /usr/bin/no-such-thing -x, which does not exist")
    );
    script(&spec.directory.join("start.sh"), "#!/bin/sh\r\n", 0o755);
    assert!(why(&bench, &spec).await.ends_with(r"wants the interpreter /bin/sh\r, which does not exist"));
}

#[tokio::test]
async fn a_script_without_an_interpreter_is_run_by_the_shell() {
    let bench = Bench::new();
    let spec = bench.spec(&["./start"]);
    script(&spec.directory.join("start"), "echo hello\n", 0o755);
    assert!(bench.run(&spec).await.succeeded());
    assert_eq!(bench.log(), "hello\n");
}

#[tokio::test]
async fn an_environment_that_is_too_large() {
    let bench = Bench::new();
    let mut spec = bench.shell("true");
    spec.env.insert("LARGE".to_owned(), "x".repeat(3_000_000));
    assert!(why(&bench, &spec).await.ends_with("larger than the system allows"));
}

#[tokio::test]
async fn a_shim_that_is_none() {
    let bench = Bench::new();
    let missing = exec::Launcher::new(bench.path("no-shim"));
    assert!(matches!(missing.run(&bench.shell("true")).await, Err(exec::Error::Launch { .. })));
    let mute = exec::Launcher::new("/bin/true".into());
    assert!(matches!(mute.run(&bench.shell("true")).await, Err(exec::Error::ShimLost { .. })));
}
