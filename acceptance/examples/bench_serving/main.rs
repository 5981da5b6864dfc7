//! What the data plane costs, beside a floor in the same run: one flag over OFREP, beside a bare hyper server that reads the
//! body and answers a constant; and events in batches of 100, beside a bare hyper server that writes the same bytes to a file
//! and syncs it before it answers. Figures are requests (or events) per CPU second of the serving process, in alternating
//! rounds, so that whatever else the machine does falls on both.
//!
//! `cargo xtask bench flags|ingest`, or `cargo run --release -p acceptance --example bench_serving -- flags|ingest [--json]`

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use acceptance::{Connection, Installation, Repository, Sdk, cpu_seconds, products, until};
use serde_json::{Value, json};

mod floor;

const CONNECTIONS: u32 = 32;
const ROUNDS: usize = 5;
const PART: Duration = Duration::from_secs(3);
const BATCH: u64 = 100;
/// The argument with which the benchmark starts itself as a floor.
const AS_FLOOR: &str = "--floor";

/// The reference flag of the field's benchmarks: five rules of which none matches, then a split.
const FLAG: &str = r#"
flags:
  checkout-v2:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
    targeting:
      if:
        - { ends_with: [{ var: email }, "@corp.example"] }
        - "on"
        - and: [{ in: [{ var: country }, [AT, BE, BG, CY, CZ, DE, DK, EE, ES, FI, FR, GR, HR, HU, IE, IT, LT, LU, LV, MT]] }, { "==": [{ var: plan }, enterprise] }]
        - "on"
        - { sem_ver: [{ var: appVersion }, "<", "2.0.0"] }
        - "off"
        - { ">=": [{ var: age }, 90] }
        - "off"
        - { in_segment: [accounts, { var: accountId }] }
        - "on"
        - { fractional: [["on", 50], ["off", 50]] }
    metadata: { owner: sales, kind: release, expires: "2099-01-01" }
"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [AS_FLOOR, what, file] => floor::serve(what, Path::new(file)),
        [what, rest @ ..] if *what == "flags" || *what == "ingest" => measure(what, rest.contains(&"--json")),
        _ => panic!("say what to measure: flags or ingest"),
    }
}

fn measure(what: &str, as_json: bool) {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let installation = product(root.path());
    let token = installation.token("server");
    until("the flag is served", || Sdk::new(&installation.url, &token).variant("checkout-v2", "x").is_some());
    let edge = installation.edge_pid().and_then(|pid| u32::try_from(pid).ok()).expect("the edge runs");
    let (floor, address) = start_floor(what, &root.path().join("floor.log"));
    let mut ways = [Way::new("floor", &address, floor.0.id()), Way::new("trunkline", &installation.url, edge)];
    for _ in 0..ROUNDS {
        for way in &mut ways {
            way.visit(what, &token);
        }
    }
    let per_request = if what == "ingest" { BATCH } else { 1 };
    report(what, &ways, per_request, as_json);
}

/// A product with the flag, a segment of 100 accounts, and no traffic of its own.
fn product(root: &Path) -> Installation {
    let repository = Repository::new(&root.join("bench"));
    repository.write("flags/checkout.yaml", FLAG);
    let accounts: Vec<String> = (0..100).map(|n| format!("account-{n}")).collect();
    repository.write("segments/accounts.txt", &(accounts.join("\n") + "\n"));
    products::page(&repository);
    repository.commit("a flag");
    Installation::start(repository.folder(), &root.join("data"))
}

/// Ended with its owner.
struct Floor(Child);

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_floor(what: &str, file: &Path) -> (Floor, String) {
    let program = std::env::current_exe().expect("the path of a running program is known");
    let mut command = Command::new(program);
    let mut child =
        command.args([AS_FLOOR, what]).arg(file).stdout(Stdio::piped()).spawn().expect("the floor can be started");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says its address");
    (Floor(child), line.trim().to_owned())
}

/// A server and what was measured on it.
struct Way {
    name: &'static str,
    address: String,
    pid: u32,
    requests: u64,
    cpu_seconds: f64,
}

impl Way {
    fn new(name: &'static str, address: &str, pid: u32) -> Self {
        Self { name, address: address.to_owned(), pid, requests: 0, cpu_seconds: 0.0 }
    }

    fn visit(&mut self, what: &str, token: &str) {
        let before = cpu_seconds(self.pid);
        let answered = AtomicU64::new(0);
        let until = Instant::now() + PART;
        std::thread::scope(|scope| {
            for number in 0..CONNECTIONS {
                let (address, answered) = (self.address.as_str(), &answered);
                scope.spawn(move || {
                    let mut connection = Connection::open(address).expect("it listens");
                    let mut n = u64::from(number) << 40;
                    while Instant::now() < until {
                        n += 1;
                        ask(&mut connection, what, token, n);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        self.requests += answered.into_inner();
        self.cpu_seconds += cpu_seconds(self.pid) - before;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a minute are far below 2^52")]
    fn per_cpu_second(&self, per_request: u64) -> f64 {
        ((self.requests * per_request) as f64 / self.cpu_seconds).round()
    }
}

fn ask(connection: &mut Connection, what: &str, token: &str, n: u64) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let (path, body) = match what {
        // The same thousand customers come again, as they do.
        "flags" => ("/ofrep/v1/evaluate/flags/checkout-v2", context(n % 1_000)),
        _ => ("/batch/", batch(token, n)),
    };
    let answer = connection.send("POST", path, &headers, &body).expect("every request is answered");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn context(n: u64) -> String {
    json!({ "context": {
        "targetingKey": format!("user-{n}"), "email": format!("user{n}@example.org"), "country": "US", "plan": "pro",
        "appVersion": "2.4.1", "age": 34, "accountId": format!("account-x{n}"),
    } })
    .to_string()
}

/// A hundred events of about 650 bytes each, as posthog-js sends them.
fn batch(token: &str, n: u64) -> String {
    let events: Vec<Value> = (0..BATCH).map(|i| event(n, i)).collect();
    json!({ "api_key": token, "batch": events }).to_string()
}

fn event(n: u64, i: u64) -> Value {
    json!({
        "uuid": format!("{:08x}-{:04x}-4{:03x}-8000-{i:012x}", n >> 8, (n & 0xff) << 8, (n >> 40) & 0xfff),
        "event": "product viewed", "distinct_id": format!("person-{}", (n * BATCH + i) % 50_000),
        "properties": {
            "$lib": "web", "$lib_version": "1.449.2", "$browser": "Firefox", "$browser_version": 140, "$os": "Linux",
            "$current_url": "https://shop.example/products/blue-shoes?colour=blue", "$pathname": "/products/blue-shoes",
            "$host": "shop.example", "$screen_height": 1080, "$screen_width": 1920, "$viewport_height": 960,
            "$viewport_width": 1840, "$referrer": "https://search.example/", "$session_id": "0198c0de-0000-7000-8000-000000000001",
            "category": "shoes", "price": 89.5, "currency": "EUR", "position": i, "in_stock": true,
        },
    })
}

fn report(what: &str, ways: &[Way; 2], per_request: u64, as_json: bool) {
    let [floor, ours] = ways.each_ref().map(|way| way.per_cpu_second(per_request));
    let share = (ours / floor * 1000.0).round() / 1000.0;
    let (unit, bound) = if what == "ingest" { ("events", 0.4) } else { ("requests", 0.6) };
    let mut out = std::io::stdout().lock();
    let written = if as_json {
        let figures = json!({ "what": what, "unit": format!("{unit} per CPU second"), "floor": floor, "trunkline": ours, "share": share, "bound": bound });
        writeln!(out, "{figures}")
    } else {
        let line =
            |way: &Way| format!("{:<10} {:>12} {unit} per CPU second\n", way.name, way.per_cpu_second(per_request));
        writeln!(
            out,
            "{}{}share of the floor: {:.1} % (bound: {:.0} %)",
            line(&ways[0]),
            line(&ways[1]),
            share * 100.0,
            bound * 100.0
        )
    };
    written.expect("whoever measures reads the figures");
}
