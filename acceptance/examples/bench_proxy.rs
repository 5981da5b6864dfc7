//! What the edge costs, beside nginx: requests per CPU second of the proxy, and the latency it adds.
//!
//! One upstream, asked directly, through the edge and through nginx, in alternating rounds, so that whatever else the
//! machine does falls on all of them. Each visit has two parts: as fast as it goes (for the CPU), and at a steady rate
//! (for the latency). No bound; the figures are reported.
//!
//! `cargo build --release -p trunkline && cargo run --release -p acceptance --example bench_proxy [-- --json]`

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Connection, Installation, Nginx, Repository, cpu_seconds, quantile, until};
use serde_json::{Value, json};

const CONNECTIONS: u32 = 32;
const ROUNDS: usize = 5;
const PART: Duration = Duration::from_secs(3);
const STEADY_REQUESTS_PER_SECOND: f64 = 1_000.0;
const BODY_BYTES: usize = 1_024;
/// The argument with which the benchmark starts itself as the product.
const AS_UPSTREAM: &str = "--upstream";

fn main() {
    if std::env::args().any(|argument| argument == AS_UPSTREAM) {
        return upstream();
    }
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let installation = product(root.path());
    let port = instance_port(&installation);
    let nginx = Nginx::start(&root.path().join("nginx"), port);
    let edge = installation.edge_pid().and_then(|pid| u32::try_from(pid).ok()).expect("the edge runs");
    let mut ways = vec![
        Way::new("direct", &format!("127.0.0.1:{port}"), vec![]),
        Way::new("edge", &installation.product_url, vec![edge]),
    ];
    ways.extend(nginx.as_ref().map(|nginx| Way::new("nginx", &nginx.address, nginx.pids())));
    for _ in 0..ROUNDS {
        ways.iter_mut().for_each(Way::visit);
    }
    let figures: Vec<_> = ways.iter().map(|way| way.figures(&ways[0])).collect();
    report(&figures, nginx.is_some());
}

/// A product that is this program.
fn product(root: &Path) -> Installation {
    let program = std::env::current_exe().expect("the path of a running program is known");
    let repository = Repository::new(&root.join("bench"));
    repository.write(
        "trunkline.yaml",
        &format!(
            "product: bench\ntrunk: main\nservices:\n  bench:\n    start: exec {} {AS_UPSTREAM}\n",
            program.display()
        ),
    );
    repository.commit("the upstream");
    let installation = Installation::start(repository.folder(), &root.join("data"));
    until("the upstream is served", || installation.product("/").status == 200);
    installation
}

fn instance_port(installation: &Installation) -> u16 {
    let live = installation.api("GET", "/api/v1/deployments/1", "");
    let port = live["instances"][0]["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    port.expect("the live version has an instance")
}

/// Answers everything with the same page.
fn upstream() {
    let port: u16 = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).expect("PORT is a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
    let answer: &[u8] = Vec::leak([head.as_bytes(), &[b'.'; BODY_BYTES]].concat());
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || serve(&stream, answer));
    }
}

fn serve(stream: &TcpStream, answer: &[u8]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            (&mut &*stream).write_all(answer).ok()?;
        }
    }
}

/// A way to the upstream, and what was measured on it.
struct Way {
    name: &'static str,
    address: String,
    /// The proxy's processes.
    pids: Vec<u32>,
    requests: u64,
    cpu_seconds: f64,
    latencies: Vec<Duration>,
}

impl Way {
    fn new(name: &'static str, address: &str, pids: Vec<u32>) -> Self {
        Self { name, address: address.to_owned(), pids, requests: 0, cpu_seconds: 0.0, latencies: vec![] }
    }

    fn visit(&mut self) {
        let before = self.cpu_seconds_now();
        self.requests += as_fast_as_it_goes(&self.address);
        self.cpu_seconds += self.cpu_seconds_now() - before;
        self.latencies.extend(steadily(&self.address));
    }

    fn cpu_seconds_now(&self) -> f64 {
        self.pids.iter().map(|pid| cpu_seconds(*pid)).sum()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a minute are far below 2^52")]
    fn figures(&self, direct: &Self) -> Value {
        let latency = |way: &Self, share| quantile(&way.latencies, share).as_secs_f64();
        let added = |share| milliseconds(latency(self, share) - latency(direct, share));
        let per_cpu_second =
            if self.cpu_seconds > 0.0 { (self.requests as f64 / self.cpu_seconds).round() } else { f64::NAN };
        json!({
            "way": self.name,
            "requests_per_second": (self.requests as f64 / (PART.as_secs_f64() * ROUNDS as f64)).round(),
            "requests_per_cpu_second": per_cpu_second,
            "p50_ms": milliseconds(latency(self, 0.5)),
            "p99_ms": milliseconds(latency(self, 0.99)),
            "added_p50_ms": added(0.5),
            "added_p99_ms": added(0.99),
        })
    }
}

/// On every connection the next request follows the answer; gives how many were answered.
fn as_fast_as_it_goes(address: &str) -> u64 {
    let answered = AtomicU64::new(0);
    let until = Instant::now() + PART;
    on_all_connections(address, |_, connection| {
        while Instant::now() < until {
            ask(connection);
            answered.fetch_add(1, Ordering::Relaxed);
        }
        vec![]
    });
    answered.into_inner()
}

/// At a rate that leaves room; gives how long each answer took.
fn steadily(address: &str) -> Vec<Duration> {
    let every = Duration::from_secs_f64(f64::from(CONNECTIONS) / STEADY_REQUESTS_PER_SECOND);
    let begin = Instant::now();
    on_all_connections(address, |number, connection| {
        let mut due = begin + every.mul_f64(f64::from(number) / f64::from(CONNECTIONS));
        let mut latencies = Vec::new();
        while due < begin + PART {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = Instant::now();
            ask(connection);
            latencies.push(sent.elapsed());
            due += every;
        }
        latencies
    })
}

fn on_all_connections(address: &str, work: impl Fn(u32, &mut Connection) -> Vec<Duration> + Sync) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let work = &work;
        let open = || Connection::open(address).expect("it listens");
        let threads: Vec<_> = (0..CONNECTIONS).map(|number| scope.spawn(move || work(number, &mut open()))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("every request is answered")).collect()
    })
}

fn ask(connection: &mut Connection) {
    let answer = connection.get("/").expect("every request is answered");
    assert_eq!((answer.status, answer.body.len()), (200, BODY_BYTES));
}

/// To the microsecond.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e3
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn report(figures: &[Value], has_nginx: bool) {
    if std::env::args().any(|argument| argument == "--json") {
        println!(
            "{}",
            json!({ "connections": CONNECTIONS, "rounds": ROUNDS, "steady_requests_per_second": STEADY_REQUESTS_PER_SECOND, "ways": figures })
        );
        return;
    }
    println!(
        "{:<8} {:>12} {:>18} {:>9} {:>9} {:>13} {:>13}",
        "", "requests/s", "requests/CPU s", "p50 ms", "p99 ms", "added p50 ms", "added p99 ms"
    );
    for way in figures {
        let number = |key: &str, digits: usize| {
            way[key].as_f64().map_or_else(|| "-".into(), |value| format!("{value:.digits$}"))
        };
        println!(
            "{:<8} {:>12} {:>18} {:>9} {:>9} {:>13} {:>13}",
            way["way"].as_str().unwrap_or_default(),
            number("requests_per_second", 0),
            number("requests_per_cpu_second", 0),
            number("p50_ms", 3),
            number("p99_ms", 3),
            number("added_p50_ms", 3),
            number("added_p99_ms", 3)
        );
    }
    if !has_nginx {
        println!("There is no nginx to compare with: apt-get install nginx-light");
    }
}
