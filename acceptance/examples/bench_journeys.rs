//! A funnel of three steps and exact persons by feature and day, over ten million events: Trunkline's control plane beside DuckDB
//! and chDB, on the same events in the same run.
//!
//! The events are imported as anybody would import them, and asked for over the API; what counts is the CPU time of the control
//! plane from the question to the answer, the first time (`cold`) and, as a page asks, again (`warm`, the mean of [`ROUNDS`]). Peers read what they would be given: DuckDB a table of its own, chDB a `MergeTree`'s order in Parquet, both
//! sorted by (event, person, time) as Trunkline's segments are. All answers must be equal.
//!
//! `cargo xtask bench journeys [--events N] [--json]`

use std::fmt::Debug;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use acceptance::{Installation, Repository, cpu_seconds, products, until_within};
use serde_json::{Value, json};

const EVENTS: u64 = 10_000_000;
const EVENTS_PER_PERSON: u64 = 10;
const NAMES: u64 = 200;
const DAYS: u64 = 60;
const DAY_MS: u64 = 86_400_000;
const SESSION_MS: u64 = 3 * DAY_MS;
const ROUNDS: u32 = 20;
/// Lines of one request.
const IMPORTED_AT_ONCE: usize = 100_000;
/// How many times less CPU than the better peer a funnel must take.
const BOUND: f64 = 5.0;

const JOURNEY: &str = "journey: checkout\nwithin: 1d\nsteps:\n  - { name: seen, event: e1 }\n  - { name: basket, event: e2 }\n  - { name: paid, event: e3 }\n";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.iter().skip_while(|argument| *argument != "--events").nth(1);
    let count = wanted.map_or(EVENTS, |text| text.parse().expect("--events takes a number"));
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let events = root.path().join("events.ndjson");
    let from = generate(count, &events);
    say(&format!("{count} events are made"));
    let peers = peers(&events, from);
    let installation = product(root.path());
    import(&installation, &events);
    let ours = ours(&installation, from);
    report(&ours, &peers, arguments.iter().any(|argument| argument == "--json"));
}

fn say(line: &str) {
    acceptance::say(line);
}

/// Events in the order of their times, as they would come, of persons with about ten each within three days; low names are
/// the frequent ones. Gives the first instant that may occur.
fn generate(count: u64, file: &Path) -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the installation has the machine's clock, and asks for days up to today"
    )]
    let now = jiff::Timestamp::now().as_millisecond();
    let today = u64::try_from(now).expect("it is after 1970") / DAY_MS;
    // Everything is over before today, so that no window is open any more.
    let from = (today - DAYS) * DAY_MS;
    let mut state = 1_u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut events: Vec<(u64, u32, u8)> = Vec::new();
    for person in 0..u32::try_from(count / EVENTS_PER_PERSON).expect("there are not that many persons") {
        let start = below((DAYS - 5) * DAY_MS);
        for _ in 0..EVENTS_PER_PERSON {
            let name = u8::try_from(below(NAMES) * below(NAMES) / NAMES).expect("there are 200 names");
            events.push((from + start + below(SESSION_MS), person, name));
        }
    }
    events.sort_unstable();
    let mut out = BufWriter::new(std::fs::File::create(file).expect("the events can be written"));
    for (n, (time, person, name)) in events.iter().enumerate() {
        let at = instant(*time);
        let country = ["de", "fr", "us", "jp"][*person as usize % 4];
        writeln!(
            out,
            r#"{{"uuid":"00000000-0000-7000-8000-{n:012x}","event":"e{name}","distinct_id":"p{person}","timestamp":"{at}","properties":{{"country":"{country}"}}}}"#
        )
        .expect("the events can be written");
    }
    out.flush().expect("the events can be written");
    from
}

fn instant(ms: u64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(i64::try_from(ms).expect("it is not that late")).expect("it is a time")
}

/// What somebody said to a question, and the CPU seconds that it took them.
struct Figures {
    name: String,
    funnel: Vec<u64>,
    /// Sum of persons over features and days.
    person_days: u64,
    funnel_cold: f64,
    funnel_warm: f64,
    days_cold: f64,
    days_warm: f64,
}

impl Figures {
    fn of(value: &Value) -> Self {
        let seconds = |key: &str| value[key].as_f64().expect("a peer's figure");
        let number = |value: &Value| value.as_u64().expect("a peer's count");
        Self {
            name: value["name"].as_str().expect("a peer's name").to_owned(),
            funnel: value["funnel"].as_array().expect("a peer's answer").iter().map(number).collect(),
            person_days: number(&value["person_days"]),
            funnel_cold: seconds("funnel_cold"),
            funnel_warm: seconds("funnel_warm"),
            days_cold: seconds("days_cold"),
            days_warm: seconds("days_warm"),
        }
    }

    fn to_value(&self) -> Value {
        json!({
            "name": self.name, "funnel": self.funnel, "person_days": self.person_days, "funnel_cold": self.funnel_cold,
            "funnel_warm": self.funnel_warm, "days_cold": self.days_cold, "days_warm": self.days_warm,
        })
    }
}

/// DuckDB and chDB, from PyPI.
fn peers(events: &Path, from: u64) -> Vec<Figures> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/journeys");
    let output = Command::new(python(&folder))
        .arg(folder.join("peers.py"))
        .arg(events)
        .args([from.to_string(), ROUNDS.to_string()])
        .output()
        .expect("python can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.lines().map(|line| Figures::of(&serde_json::from_str(line).expect("a peer's figures are JSON"))).collect()
}

/// An interpreter that has the peers, installed beside the program if it is not there yet.
fn python(folder: &Path) -> PathBuf {
    let program = std::env::current_exe().expect("the path of a running program is known");
    let venv = program.parent().expect("it is in a folder").join("journeys-peers");
    let python = venv.join("bin/python3");
    let run = |command: &mut Command| assert!(command.status().expect("python3 can be started").success());
    if !python.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(folder.join("requirements.txt")));
    python
}

/// A product with the journey and no traffic of its own.
fn product(root: &Path) -> Installation {
    let repository = Repository::new(&root.join("bench"));
    repository.write("journeys/checkout.yaml", JOURNEY);
    products::page(&repository);
    repository.commit("a journey");
    Installation::start(repository.folder(), &root.join("data"))
}

/// Takes all events in, and waits until nothing is left to be put in order.
fn import(installation: &Installation, events: &Path) {
    let text = std::fs::read_to_string(events).expect("the events were written");
    let lines: Vec<&str> = text.lines().collect();
    let before = cpu_seconds(installation.pid());
    for part in lines.chunks(IMPORTED_AT_ONCE) {
        let answer = installation.api("POST", "/api/v1/events/import", &part.join("\n"));
        assert_eq!(answer["accepted"], part.len(), "{answer}");
    }
    until_within("the control plane has nothing to do", Duration::from_mins(30), || {
        let before = cpu_seconds(installation.pid());
        std::thread::sleep(Duration::from_secs(5));
        cpu_seconds(installation.pid()) - before < 0.2
    });
    say(&format!("imported and put in order in {:.0} CPU seconds", cpu_seconds(installation.pid()) - before));
}

fn ours(installation: &Installation, from: u64) -> Figures {
    let to = instant(from + DAYS * DAY_MS);
    let funnel = format!("/api/v1/journeys/checkout/report?who=everyone&from={}&to={to}", instant(from));
    let days = format!("/api/v1/features?days={}", DAYS + 1);
    let (funnel_cold, funnel_warm, funnel) = asked(installation, &funnel, persons_by_step);
    let (days_cold, days_warm, person_days) = asked(installation, &days, person_days);
    Figures { name: "trunkline".into(), funnel, person_days, funnel_cold, funnel_warm, days_cold, days_warm }
}

fn persons_by_step(report: &Value) -> Vec<u64> {
    let steps = report["steps"].as_array().expect("a report has steps");
    steps.iter().map(|step| step["persons"].as_u64().expect("a step has persons")).collect()
}

fn person_days(features: &Value) -> u64 {
    let features = features["items"].as_array().expect("features are items").iter();
    let by_day = features.flat_map(|feature| feature["by_day"].as_array().expect("a feature has days"));
    by_day.map(|day| day["persons"].as_u64().expect("a day has persons")).sum()
}

/// The first time and the mean of the times after it, in CPU seconds of the control plane, and what is read from the answers.
fn asked<T: PartialEq + Debug>(installation: &Installation, path: &str, read: fn(&Value) -> T) -> (f64, f64, T) {
    let pid = installation.pid();
    let begun = cpu_seconds(pid);
    let first = read(&installation.api("GET", path, ""));
    let known = cpu_seconds(pid);
    for _ in 0..ROUNDS {
        assert_eq!(read(&installation.api("GET", path, "")), first, "it says the same again");
    }
    (known - begun, (cpu_seconds(pid) - known) / f64::from(ROUNDS), first)
}

fn report(ours: &Figures, peers: &[Figures], as_json: bool) {
    for peer in peers {
        assert_eq!(peer.funnel, ours.funnel, "{} counts other persons", peer.name);
        assert_eq!(peer.person_days, ours.person_days, "{} counts other days", peer.name);
    }
    let best = |of: fn(&Figures) -> f64| peers.iter().map(of).fold(f64::INFINITY, f64::min);
    let ratio = best(|peer| peer.funnel_warm) / ours.funnel_warm;
    let mut out = std::io::stdout().lock();
    let written = if as_json {
        let all: Vec<Value> = std::iter::once(ours).chain(peers).map(Figures::to_value).collect();
        writeln!(
            out,
            "{}",
            json!({ "what": "journeys", "unit": "CPU seconds", "engines": all, "ratio": ratio, "bound": BOUND })
        )
    } else {
        let line = |of: &Figures| {
            format!(
                "{:<10} funnel {:>7.3} cold {:>7.3} warm; features by day {:>7.3} cold {:>7.3} warm\n",
                of.name, of.funnel_cold, of.funnel_warm, of.days_cold, of.days_warm
            )
        };
        let all: String = std::iter::once(ours).chain(peers).map(line).collect();
        writeln!(
            out,
            "CPU seconds; all answers equal: {:?}\n{all}funnel, warm: {ratio:.1} times less CPU than the better peer (bound: {BOUND})",
            ours.funnel
        )
    };
    written.expect("whoever measures reads the figures");
}
