//! Under strict isolation ordinary work goes on as ever.

use exec::{End, Level, isolation};

use crate::bench::Bench;

async fn works(script: &str) -> String {
    let bench = Bench::new();
    let outcome = bench.run(&bench.strict(bench.shell(&format!("set -e\n{script}")))).await;
    assert_eq!(outcome.end, End::Exited { code: 0 }, "{}", bench.log());
    bench.log()
}

#[test]
fn this_machine_can_isolate() {
    let report = isolation::in_force();
    assert_eq!(report.level, Level::Strict, "{report:?}");
    assert!(report.explanation.starts_with("isolation is strict"), "{report:?}");
    assert!(report.landlock_abi >= 6, "{report:?}");
}

#[tokio::test]
async fn files_in_its_own_folders() {
    works(
        r#"
        mkdir -p a/b c; echo one > a/b/file; mv a/b/file c/; ln c/file hard; ln -s c/file soft; cat hard soft; mkfifo pipe
        : > c/file; chmod 700 c; rm -r a hard; ls -la . "$TMPDIR" > /dev/null
        echo two > "$TMPDIR/two"; mv "$TMPDIR/two" .; cat two
        "#,
    )
    .await;
}

#[tokio::test]
async fn devices_shared_memory_and_standard_streams() {
    works(
        r"
        echo gone > /dev/null; head -c 8 /dev/urandom > random; head -c 8 /dev/zero >> random
        f=/dev/shm/trunkline-test-$$; echo x > $f; cat $f; rm $f
        echo out > /dev/stdout; echo err > /dev/stderr; cat < /dev/stdin; ls /dev > /dev/null
        cat /proc/self/status /proc/meminfo /etc/passwd > /dev/null
        ",
    )
    .await;
}

#[tokio::test]
async fn node() {
    let log = works(r#"node -e 'require("fs").writeFileSync("out", "from node"); console.log(require("fs").readFileSync("out", "utf8"))'"#).await;
    assert_eq!(log, "from node\n");
}

#[tokio::test]
async fn python_with_loopback_sockets_and_processes() {
    let script = r"
import multiprocessing, socket, subprocess, tempfile, os
server = socket.create_server(('127.0.0.1', 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].sendall(b'loopback\n')
print(client.recv(100).decode(), end='')
path = socket.socket(socket.AF_UNIX); path.bind('own.sock')
abstract = socket.socket(socket.AF_UNIX); abstract.bind('\0own-%d' % os.getpid()); abstract.listen()
socket.socket(socket.AF_UNIX).connect('\0own-%d' % os.getpid())
child = subprocess.Popen(['sleep', '600']); child.terminate(); print(child.wait())
with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, [-1, -2])))
with tempfile.NamedTemporaryFile() as f: f.write(b'x')
";
    let bench = Bench::new();
    let outcome = bench.run(&bench.strict(bench.python(script))).await;
    assert_eq!((outcome.end, bench.log().as_str()), (End::Exited { code: 0 }, "loopback\n-15\n3\n"));
}

#[tokio::test]
async fn git() {
    let log = works(
        r"
        git init -q -b main .; git config user.name a; git config user.email a@example.com; echo x > file; git add file
        git commit -q -m first; git clone -q . ../work/clone; git -C clone log --format=%s
        ",
    )
    .await;
    assert!(log.ends_with("first\n"), "{log}");
}

#[tokio::test]
async fn cargo() {
    assert!(works("cargo --version").await.starts_with("cargo "));
}

#[tokio::test]
async fn what_is_granted_inside_the_hidden_folder_can_be_read_and_not_written() {
    let bench = Bench::new();
    let artifact = bench.file("data/artifacts/abc/server.sh", "#!/bin/sh\necho served\n");
    let artifacts = artifact.parent().unwrap().to_owned();
    let script =
        format!("cat {0}; sh {0}; ls {1}; echo x > {0} || echo refused", artifact.display(), artifacts.display());
    let mut spec = bench.strict(bench.shell(&script));
    spec.isolation.read = vec![artifacts, bench.path("data/not-there")];
    bench.run(&spec).await;
    assert!(bench.log().contains("served\nserver.sh\n"), "{}", bench.log());
    assert!(bench.log().ends_with("refused\n"), "{}", bench.log());
}

#[tokio::test]
async fn what_is_beside_the_hidden_folder_can_be_read() {
    let bench = Bench::new();
    let beside = bench.file("toolchain/tool", "a tool\n");
    let spec = bench.strict(bench.spec(&["cat", beside.to_str().unwrap()]));
    bench.run(&spec).await;
    assert_eq!(bench.log(), "a tool\n");
}
