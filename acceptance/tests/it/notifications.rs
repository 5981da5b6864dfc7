//! Who owns something is told what happens to it, by a signed webhook, and can see what was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use acceptance::until;
use serde_json::{Value, json};

use crate::pets::{SOON, text};
use crate::shown::{FLAG, FLAGS, Shown, long_experiment};

const CATALOG: &str = r"
apiVersion: backstage.io/v1alpha1
kind: Domain
metadata: { name: sales }
spec: { owner: group:till }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: till }
spec: { type: team, children: [], members: [] }
";

/// Checks a message as a receiver in another language does, by the words of Standard Webhooks alone.
const CHECK: &str = r#"
import base64, hashlib, hmac, json, sys
got = json.load(sys.stdin)
key = base64.b64decode(got["secret"].removeprefix("whsec_"))
signed = f'{got["id"]}.{got["timestamp"]}.{got["body"]}'.encode()
mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
theirs = [s.removeprefix("v1,") for s in got["signature"].split(" ")]
sys.exit(0 if any(hmac.compare_digest(mine, s) for s in theirs) else 1)
"#;

/// One request: headers in lower case, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    headers: Vec<(String, String)>,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn verifies(&self, secret: &str) -> bool {
        let asked = json!({ "secret": secret, "id": self.header("webhook-id"), "timestamp": self.header("webhook-timestamp"),
            "signature": self.header("webhook-signature"), "body": self.body });
        let mut python = Command::new("python3").args(["-c", CHECK]).stdin(Stdio::piped()).spawn().unwrap();
        python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        python.wait().unwrap().success()
    }
}

/// Listens until the story ends, keeps books, and fails the first so many times.
pub(crate) fn receiver(fails: usize) -> (String, Arc<Mutex<Vec<Got>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let books: Arc<Mutex<Vec<Got>>> = Arc::default();
    let ours = Arc::clone(&books);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            take(stream, &ours, fails);
        }
    });
    (url, books)
}

fn take(stream: TcpStream, books: &Mutex<Vec<Got>>, fails: usize) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut got = Got { headers: vec![], body: String::new() };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim_end().split_once(':') {
            got.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut body = vec![0; got.header("content-length").parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    let mut books = books.lock().unwrap();
    books.push(got);
    let status = if books.len() <= fails { "503 Busy" } else { "204 Taken" };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes()).ok()
}

fn with_experiment() -> Shown {
    let shown = Shown::live();
    shown.repository.write("experiments/new-checkout.yaml", &long_experiment());
    shown.repository.write("catalog-info.yaml", CATALOG);
    let sha = shown.repository.commit("an experiment, and who owns it");
    shown.trunkline.until_phase(&sha, "live", SOON);
    until("it is declared", || shown.trunkline.cli(&["experiment", "show", FLAG]).1["state"] == "draft");
    shown
}

fn decide(shown: &Shown) {
    assert_eq!(shown.trunkline.cli(&["experiment", "start", FLAG]).0, 0);
    let (code, decided) = shown.trunkline.cli(&["experiment", "decide", FLAG, "ship", "--reason", "we know"]);
    assert_eq!(code, 0, "{decided}");
}

/// What the log says of messages of this kind.
fn told(shown: &Shown, kind: &str) -> Vec<Value> {
    let (_, log) = shown.trunkline.cli(&["notify", "log"]);
    let items = log["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().filter(|item| item["kind"] == kind).collect()
}

#[test]
fn the_owner_is_told_of_a_verdict_though_the_receiver_fails_twice() {
    let mut shown = with_experiment();
    let (url, books) = receiver(2);
    let add = ["notify", "add", &url, "--domain", "sales", "--events", "verdict,rollback"];
    let (code, refused) = shown.trunkline.cli(&add);
    assert_eq!((code, &refused["error"]["kind"]), (2, &json!("invalid_input")), "this machine is refused: {refused}");
    let (code, made) = shown.trunkline.cli(&[&add[..], &["--allow-private"]].concat());
    assert_eq!(code, 0, "{made}");
    decide(&shown);
    until("it was sent a first time", || !books.lock().unwrap().is_empty());
    // What waits survives.
    shown.trunkline.kill();
    shown.trunkline.up();
    until("it was taken", || {
        told(&shown, "verdict").first().is_some_and(|told| told["deliveries"][0]["state"] == "sent")
    });

    let got = books.lock().unwrap().clone();
    let secret = text(&made["secret"]);
    assert!(got.len() >= 3 && got.iter().all(|got| got.verifies(&secret)), "{got:?}");
    assert!(!got[0].verifies("whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhpcyB0YXJnZXQ="), "with another secret it does not");
    let attempts: Vec<u64> = got.iter().map(|got| got.event()["attempt"].as_u64().unwrap()).collect();
    assert!(attempts.windows(2).all(|pair| pair[0] < pair[1]), "what is sent again says so: {attempts:?}");
    let event = got[0].event();
    assert_eq!(event["type"], "dev.cdeventsx.trunkline-experiment.decided.0.1.0");
    assert_eq!((&event["domain"], &event["subject"]), (&json!("sales"), &json!("new-checkout")));
    assert!(text(&event["data"]["customData"]["sentence"]).ends_with("decided: we know"), "{event}");

    let told = told(&shown, "verdict").remove(0);
    let log = told["deliveries"][0]["attempts"].as_array().unwrap();
    // The kill may have met the first one before its answer came; then that is what the log says.
    let statuses: Vec<Option<u64>> = log.iter().map(|attempt| attempt["status"].as_u64()).collect();
    assert!(statuses.contains(&Some(503)) && statuses.last() == Some(&Some(204)), "{told}");
    assert!(log.iter().all(|attempt| attempt["status"].is_u64() != attempt["error"].is_string()), "{told}");
    assert_eq!(log.len(), got.len(), "every request is in the log: {told}");
    let (_, targets) = shown.trunkline.cli(&["notify", "list"]);
    assert_eq!(
        (&targets["items"][0]["waiting"], &targets["items"][0]["given_up"]),
        (&json!(0), &json!(0)),
        "{targets}"
    );
    assert!(!targets.to_string().contains("whsec_"), "a secret is shown once");
}

#[test]
fn a_flag_that_expired_is_told_once_and_that_nobody_listens_is_seen() {
    let mut shown = Shown::live();
    shown.repository.write("flags/checkout.yaml", &FLAGS.replace("2027-06-01", "2024-06-01"));
    let sha = shown.repository.commit("a flag that should be gone");
    shown.trunkline.until_phase(&sha, "live", SOON);
    until("it is told", || !told(&shown, "flag_expiring").is_empty());
    shown.trunkline.kill();
    shown.trunkline.up();
    let (url, books) = receiver(0);
    let (_, made) = shown.trunkline.cli(&["notify", "add", &url, "--allow-private"]);
    let (_, tried) = shown.trunkline.cli(&["notify", "test", &text(&made["id"])]);
    assert_eq!(tried["deliveries"][0]["state"], "sent", "{tried}");
    assert_eq!(books.lock().unwrap().len(), 1, "the test, and nothing of before");
    let told = told(&shown, "flag_expiring");
    assert_eq!((told.len(), &told[0]["deliveries"]), (1, &json!([])), "{told:?}");
    assert!(text(&told[0]["sentence"]).contains("(2024-06-01)"), "{told:?}");
}
