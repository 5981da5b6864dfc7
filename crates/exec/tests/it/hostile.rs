//! What a hostile command tries, and that it fails; and that without isolation the same attempts succeed, so that these tests can fail.

use std::collections::BTreeMap;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, Command};

use exec::{End, Spec, isolation};

use crate::bench::{Bench, findings};

/// Each attempt prints one line: `name: got …` or `name: ` and the name of the error.
const PRELUDE: &str = r"
import ctypes, errno, os, signal, socket, stat, sys
def attempt(name, act):
    try: print(f'{name}: got {act()!r}', flush=True)
    except OSError as e: print(f'{name}: {errno.errorcode.get(e.errno, e)}', flush=True)
def content(path):
    with open(path, 'rb') as f: return f.read(64)
def checked(result):
    if result < 0: raise OSError(ctypes.get_errno(), 'call')
    return result
libc = ctypes.CDLL(None, use_errno=True)
";

struct Victim(Child);

impl Victim {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").env("ADMIN_TOKEN", "tl_admin_secret").spawn().unwrap())
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Runs the attempts with isolation and without.
async fn attempts(bench: &Bench, script: &str) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let spec = bench.strict(bench.python(&format!("{PRELUDE}{script}")));
    let strict = findings_of(bench, &spec).await;
    std::fs::remove_file(&spec.log).unwrap();
    let open = Spec { isolation: exec::Isolation::off(), ..spec };
    (strict, findings_of(bench, &open).await)
}

async fn findings_of(bench: &Bench, spec: &Spec) -> BTreeMap<String, String> {
    let outcome = bench.run(spec).await;
    assert_eq!(outcome.end, End::Exited { code: 0 }, "{}", bench.log());
    findings(&bench.log())
}

/// Every attempt must fail with isolation, and all but `always_refused` must succeed without.
fn refused(strict: &BTreeMap<String, String>, open: &BTreeMap<String, String>) {
    assert!(!strict.is_empty());
    assert_eq!(strict.keys().collect::<Vec<_>>(), open.keys().collect::<Vec<_>>());
    for (name, found) in strict {
        assert!(["EACCES", "EPERM", "EXDEV"].contains(&found.as_str()), "isolated, {name}: {found}");
        assert!(open[name].starts_with("got"), "not isolated, {name}: {}", open[name]);
    }
}

#[tokio::test]
async fn reading_what_is_hidden() {
    let bench = Bench::new();
    let secret = bench.file("data/admin.token", "tl_admin_secret");
    let _held_open = std::fs::File::open(&secret).unwrap();
    let link = bench.path("beside");
    std::os::unix::fs::symlink(bench.path("data"), &link).unwrap();
    let script = format!(
        r"
secret, data, link, outside = {secret:?}, {data:?}, {link:?}, {outside}
attempt('open', lambda: content(secret))
attempt('list', lambda: os.listdir(data))
attempt('list services', lambda: os.listdir(os.path.dirname(os.getcwd())))
attempt('by a link beside', lambda: content(link + '/admin.token'))
os.symlink(secret, 'own-link')
attempt('by an own link', lambda: content('own-link'))
os.unlink('own-link')
attempt('by dots', lambda: content('../admin.token'))
attempt('hard link', lambda: (os.link(secret, 'own-hard'), content('own-hard'), os.unlink('own-hard')))
attempt('by the root of another process', lambda: content(f'/proc/{{outside}}/root{{secret}}'))
attempt('by the root of the shim', lambda: content(f'/proc/{{os.getppid()}}/root{{secret}}'))
attempt('by own root', lambda: content('/proc/self/root' + secret))
attempt('by a descriptor of another process', lambda: [os.readlink(f'/proc/{{outside}}/fd/{{fd}}') for fd in os.listdir(f'/proc/{{outside}}/fd')])
attempt('execute', lambda: os.close(os.open(secret, os.O_RDONLY)))
attempt('move away', lambda: (os.rename(secret, 'token'), os.rename('token', secret)))
attempt('write', lambda: os.close(os.open(data + '/new', os.O_CREAT | os.O_WRONLY)))
attempt('truncate', lambda: os.truncate(secret, 0))
",
        secret = secret.to_str().unwrap(),
        data = bench.path("data").to_str().unwrap(),
        link = link.to_str().unwrap(),
        outside = std::process::id(),
    );
    let (strict, open) = attempts(&bench, &script).await;
    refused(&strict, &open);
}

#[tokio::test]
async fn writing_elsewhere() {
    let bench = Bench::new();
    let elsewhere = bench.folder("elsewhere");
    let script = format!(
        r"
def make(path): os.close(os.open(path, os.O_CREAT | os.O_WRONLY)); os.unlink(path)
attempt('beside', lambda: make({elsewhere:?} + '/file'))
attempt('in the temporary folder of all', lambda: make('/tmp/trunkline-test-%d' % os.getpid()))
attempt('make a folder', lambda: (os.mkdir({elsewhere:?} + '/folder'), os.rmdir({elsewhere:?} + '/folder')))
"
    );
    let (strict, open) = attempts(&bench, &script).await;
    refused(&strict, &open);
}

#[tokio::test]
async fn connecting_to_an_abstract_socket() {
    let bench = Bench::new();
    let name = format!("trunkline-test-{}", bench.mark());
    let _edge = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let script = format!(
        r"
attempt('connect', lambda: socket.socket(socket.AF_UNIX).connect('\0{name}'))
attempt('send', lambda: socket.socket(socket.AF_UNIX).connect('\0{name}'))
"
    );
    let (strict, open) = attempts(&bench, &script).await;
    refused(&strict, &open);
}

#[tokio::test]
async fn signalling_others() {
    let bench = Bench::new();
    let mut victims: Vec<Victim> = (0..4).map(|_| Victim::start()).collect();
    let pids: Vec<u32> = victims.iter().map(|victim| victim.0.id()).collect();
    let script = format!(
        r"
attempt('kill', lambda: os.kill({0}, signal.SIGTERM))
attempt('kill its group', lambda: os.killpg(os.getpgid({1}), 0))
attempt('by descriptor', lambda: signal.pidfd_send_signal(os.pidfd_open({2}), signal.SIGTERM))
attempt('queue', lambda: checked(libc.sigqueue({3}, signal.SIGTERM, None)))
attempt('the shim', lambda: os.kill(os.getppid(), 0))
",
        pids[0], pids[1], pids[2], pids[3]
    );
    let strict = findings_of(&bench, &bench.strict(bench.python(&format!("{PRELUDE}{script}")))).await;
    assert_eq!(strict.len(), 5);
    assert!(strict.values().all(|found| found == "EPERM"), "{strict:?}");
    assert!(victims.iter_mut().all(Victim::lives));
    std::fs::remove_file(bench.path("logs/step.log")).unwrap();
    let open = findings_of(&bench, &bench.python(&format!("{PRELUDE}{script}"))).await;
    refused(&strict, &open);
}

#[tokio::test]
async fn signalling_a_sibling_that_is_isolated_too() {
    let bench = Bench::new();
    let sibling = Bench::new();
    let spec = sibling.detached(sibling.strict(sibling.shell("exec sleep 600")));
    crate::bench::launcher().spawn_detached(&spec).await.unwrap();
    let pid = exec::detached::observe(&sibling.record(), &sibling.lock()).unwrap().pid;
    let script = format!(
        "attempt('kill', lambda: os.kill({pid}, signal.SIGTERM))\nattempt('environment', lambda: content('/proc/{pid}/environ'))"
    );
    let strict = findings_of(&bench, &bench.strict(bench.python(&format!("{PRELUDE}{script}")))).await;
    assert_eq!((strict["kill"].as_str(), strict["environment"].as_str()), ("EPERM", "EACCES"));
    assert!(exec::detached::observe(&sibling.record(), &sibling.lock()).is_some());
    exec::detached::terminate(&sibling.record(), &sibling.lock(), crate::bench::PATIENCE).await.unwrap();
}

#[tokio::test]
async fn looking_into_other_processes() {
    let bench = Bench::new();
    let victim = Victim::start();
    let script = format!(
        r"
pid = {}
attempt('environment', lambda: content(f'/proc/{{pid}}/environ'))
attempt('environment of the shim', lambda: content(f'/proc/{{os.getppid()}}/environ'))
attempt('memory', lambda: os.close(os.open(f'/proc/{{pid}}/mem', os.O_RDONLY)))
attempt('working directory', lambda: os.readlink(f'/proc/{{pid}}/cwd'))
",
        victim.0.id()
    );
    let (strict, open) = attempts(&bench, &script).await;
    refused(&strict, &open);
    let script = format!(
        "attempt('trace', lambda: (checked(libc.ptrace(16, {0}, 0, 0)), os.waitpid({0}, 0), libc.ptrace(17, {0}, 0, 0)))",
        victim.0.id()
    );
    let strict = findings_of(&bench, &bench.strict(bench.python(&format!("{PRELUDE}{script}")))).await;
    assert_eq!(strict["trace"], "EPERM");
}

#[tokio::test]
async fn going_round_the_rules_as_root() {
    let bench = Bench::new();
    let data = bench.folder("data");
    let script = format!(
        r"
attempt('mount', lambda: checked(libc.mount({data:?}.encode(), os.getcwd().encode(), None, 4096, None)))
attempt('own mounts', lambda: checked(libc.unshare(0x10020000)) or checked(libc.mount({data:?}.encode(), os.getcwd().encode(), None, 4096, None)))
attempt('disk', lambda: os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(254, 0)))
attempt('kernel memory', lambda: content('/proc/kcore'))
attempt('core pattern', lambda: os.close(os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)))
",
        data = data.to_str().unwrap()
    );
    let spec = bench.strict(bench.python(&format!("{PRELUDE}{script}")));
    let strict = findings_of(&bench, &spec).await;
    assert!(strict.values().all(|found| !found.starts_with("got")), "{strict:?}");
}

#[tokio::test]
async fn turning_a_granted_folder_into_a_link_for_the_next_step() {
    let bench = Bench::new();
    bench.file("data/admin.token", "tl_admin_secret");
    let cache = bench.folder("data/cache");
    let mut first = bench.strict(bench.shell("rm -rf ../cache/tmp; ln -s ../../data ../cache/tmp"));
    first.isolation.write.push(cache.clone());
    assert!(bench.run(&first).await.succeeded());
    let mut second = bench.strict(bench.shell("cat ../admin.token"));
    second.isolation.write.push(cache.join("tmp"));
    let outcome = bench.run(&second).await;
    assert!(
        matches!(&outcome.end, End::FailedToStart { why } if why.ends_with("a part of this path is a symbolic link")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_grant_that_would_open_what_is_hidden_is_refused() {
    let bench = Bench::new();
    let mut spec = bench.strict(bench.shell("true"));
    spec.isolation.write.push(bench.path(""));
    let outcome = bench.run(&spec).await;
    assert!(
        matches!(&outcome.end, End::FailedToStart { why } if why.ends_with("it leads to a hidden folder")),
        "{outcome:?}"
    );
}

#[test]
fn the_report_is_true_here() {
    assert!(isolation::in_force().explanation.contains("neither signal"));
}
