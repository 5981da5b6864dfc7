//! Unmodified clients in a real browser, first party: OpenFeature's web SDK with the OFREP provider, and posthog-js.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Installation, Repository, program, say, skip, until, until_within};
use serde_json::Value;

use crate::shown::{FLAG, FLAGS, JOURNEY};

const VISITORS: usize = 8;
/// From the kill's acknowledgement to the value on the page: an event, a request and a rendering on a busy machine.
const SEEN_WITHIN: Duration = Duration::from_secs(5);
pub(crate) const DECLARATION: &str = "product: shoes\ntrunk: main\nservices:\n  shoes:\n    path: .\n    build: { keep: [\"*\"] }\n    \
                           start: exec python3 app.py\n    health: { path: /up, within: 30s }\n";

#[test]
fn a_browser_reads_flags_and_sends_events_without_a_line_of_ours() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/web");
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program) else {
        return skip("clients in a browser", "Chromium is not on the PATH");
    };
    if !web.join("dist/page.js").exists() {
        return skip("clients in a browser", "acceptance/clients/web is not built; `cargo xtask test` builds it");
    }
    let root = tempfile::tempdir().unwrap();
    let trunkline = shoes(&web, root.path());
    let mut visits = Command::new("node");
    visits.arg(web.join("visit.mjs")).arg(&trunkline.product_url).arg(VISITORS.to_string());
    let mut visits = visits.env("CHROMIUM", browser).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(visits.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap_or_default()).unwrap_or_default();

    let seen: Vec<Value> = (0..VISITORS).map(|_| next()).collect();
    for visitor in &seen {
        // Who comes back is served from the provider's own cache first.
        assert!(visitor["reason"] == "SPLIT" || visitor["reason"] == "CACHED", "{visitor}");
        assert_eq!(visitor["wrong"], serde_json::json!([]), "the page has no errors: {visitor}");
    }
    let bought = seen.iter().filter(|visitor| visitor["buys"] == true).count() as u64;
    until("what they did is counted", || persons(&trunkline, "order placed") == bought);
    until("and that they saw the page, by posthog-js", || persons(&trunkline, "$pageview") == VISITORS as u64);

    assert_eq!(next()["open"], true, "one of them sees the new checkout: {seen:?}");
    let (code, killed) = trunkline.cli(&["flag", "kill", FLAG, "--reason", "a story"]);
    assert_eq!(code, 0, "{killed}");
    let began = Instant::now();
    assert_eq!(next()["changed"], true, "an open page follows without a reload");
    say(&format!("an open page followed a kill after {} ms", began.elapsed().as_millis()));
    assert!(began.elapsed() < SEEN_WITHIN, "after {:?}", began.elapsed());
    assert!(visits.wait().unwrap().success());
}

/// The product with the page, live.
fn shoes(web: &Path, root: &Path) -> Installation {
    let repository = Repository::new(&root.join("shoes"));
    for (to, from) in [("app.py", "app.py"), ("index.html", "index.html"), ("page.js", "dist/page.js")] {
        repository.write(to, &std::fs::read_to_string(web.join(from)).unwrap());
    }
    repository.write("trunkline.yaml", DECLARATION);
    repository.write("flags/checkout.yaml", FLAGS);
    repository.write("journeys/checkout.yaml", JOURNEY);
    repository.commit("a shop for shoes");
    let trunkline = Installation::start(repository.folder(), &root.join("data"));
    until_within("it is served", Duration::from_mins(2), || trunkline.product("/").status == 200);
    trunkline
}

fn persons(trunkline: &Installation, event: &str) -> u64 {
    let features = trunkline.api("GET", "/api/v1/features?days=2", "");
    let items = features["items"].as_array().cloned().unwrap_or_default();
    items.iter().find(|item| item["event"] == event).and_then(|item| item["persons"].as_u64()).unwrap_or_default()
}
