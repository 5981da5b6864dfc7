//! A customer answers a survey that an unmodified posthog-js shows in a real browser, and the answer is on the change, the variant and
//! the journey that it belongs to.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Connection, Installation, Repository, program, say, skip, until, until_within};
use serde_json::{Value, json};

use crate::shown::{FLAG, FLAGS, Shown};
use crate::web_clients::DECLARATION;

const VISITORS: usize = 8;
/// From the answer in the browser to its place on the change.
const JOINED_WITHIN: Duration = Duration::from_secs(5);

const JOURNEY: &str = r"
journey: checkout
within: 1h
steps:
  - { name: seen, event: $pageview }
  - { name: paid, event: order placed }
";

const SURVEY: &str = r#"
survey: after-checkout
owner: sales
ends: 2999-12-31
shown: { url: "127.0.0.1", flag: new-checkout, variant: "on", journey: checkout }
thanks: Thank you
questions:
  - { id: ease, ask: How easy was it to pay?, type: rating, low: hard, high: easy }
  - { id: why, ask: What could be better?, type: open }
"#;

#[test]
fn an_answer_is_on_the_change_the_variant_and_the_journey_that_it_belongs_to() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/web");
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program) else {
        return skip("a survey in a browser", "Chromium is not on the PATH");
    };
    if !web.join("dist/page.js").exists() {
        return skip("a survey in a browser", "acceptance/clients/web is not built; `cargo xtask test` builds it");
    }
    let root = tempfile::tempdir().unwrap();
    let (trunkline, change) = shoes(&web, root.path());
    let mut visits = Command::new("node");
    visits.arg(web.join("answer.mjs")).arg(&trunkline.product_url).arg(VISITORS.to_string());
    let mut visits = visits.env("CHROMIUM", browser).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(visits.stdout.take().unwrap()).lines().map_while(Result::ok);
    let seen: Vec<Value> = lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
    let ended = Instant::now();
    assert!(visits.wait().unwrap().success());
    assert_eq!(seen.len(), VISITORS);

    for visitor in &seen {
        assert_eq!(visitor["wrong"], json!([]), "the page has no errors: {visitor}");
        assert_eq!(visitor["early"], 0, "nobody is asked before they paid: {visitor}");
        assert_eq!(visitor["shown"], visitor["variant"] == "on", "only who has the variant is asked: {visitor}");
        assert_eq!(visitor["unasked"], json!([]), "whom a survey is for is told to nobody: {visitor}");
        assert_eq!(visitor["told"], json!([FLAG]), "only what the page itself asked for: {visitor}");
    }
    let asked: Vec<&Value> = seen.iter().filter(|visitor| visitor["shown"] == true).collect();
    assert!(!asked.is_empty() && asked.len() < VISITORS, "some of each: {seen:?}");
    until("every answer is there", || total(&trunkline, "survey=after-checkout") == asked.len());
    until("and on the change", || trunkline.change(&change)["feedback"].as_array().map(Vec::len) == Some(asked.len()));
    say(&format!("the last answer was on its change {} ms after the browser ended", ended.elapsed().as_millis()));
    assert!(ended.elapsed() < JOINED_WITHIN, "after {:?}", ended.elapsed());

    let story = trunkline.change(&change);
    crate::shapes::hold("change-show", &story);
    crate::shapes::hold("feedback-list", &trunkline.cli(&["feedback", "list"]).1);
    for visitor in &asked {
        let all = story["feedback"].as_array().unwrap();
        let said = all.iter().find(|said| said["text"] == visitor["words"]).unwrap();
        assert_eq!(said["person"], visitor["person"]);
        assert_eq!(said["variants"][FLAG], "on", "{said}");
        assert_eq!(said["release"], 1, "{said}");
        assert_eq!(said["score"], json!({ "value": 4.0, "of": 5 }), "{said}");
        let checkout = json!({ "journey": "checkout", "step": "paid", "steps_done": 2, "steps": 2, "is_about": true });
        assert_eq!(said["journeys"], json!([checkout]), "{said}");
        assert_eq!(said["because"], json!(["variant on of new-checkout", "deployment 1"]), "{said}");
    }
    assert_eq!(total(&trunkline, "flag=new-checkout&variant=on"), asked.len());
    assert_eq!(total(&trunkline, "flag=new-checkout&variant=off"), 0);
    assert_eq!(total(&trunkline, "journey=checkout"), asked.len());
    assert_eq!(total(&trunkline, &format!("change={change}")), asked.len());
    nothing_of_its_own(&trunkline, &asked);
    forgotten(&trunkline, asked[0]);
}

/// Asking made no exposure, and is no feature unless somebody asks for it.
fn nothing_of_its_own(trunkline: &Installation, asked: &[&Value]) {
    let (_, flag) = trunkline.cli(&["flag", "show", FLAG]);
    assert_eq!(flag["exposed_persons"], VISITORS, "every visitor, by the page's own question: {flag}");
    let flags = trunkline.api("GET", "/api/v1/flags", "");
    let keys: Vec<_> = flags["items"].as_array().unwrap().iter().map(|flag| flag["key"].clone()).collect();
    assert_eq!(keys, [FLAG], "no flag of its own is listed");
    let persons = |path: &str| {
        let features = trunkline.api("GET", path, "");
        let items = features["items"].as_array().cloned().unwrap_or_default();
        items.iter().find(|item| item["event"] == "survey sent").and_then(|item| item["persons"].as_u64())
    };
    assert_eq!(persons("/api/v1/features?days=2"), None);
    assert_eq!(persons("/api/v1/features?days=2&surveys=true"), Some(asked.len() as u64));
    let survey = trunkline.api("GET", "/api/v1/surveys/after-checkout", "");
    assert_eq!(survey["figures"], json!({ "shown": asked.len(), "answered": asked.len(), "dismissed": 0 }));
    assert_eq!(survey["results"][0]["counts"], json!({ "4": asked.len() }));
}

/// Who is deleted has said nothing.
fn forgotten(trunkline: &Installation, visitor: &Value) {
    let before = total(trunkline, "");
    let (code, told) = trunkline.cli(&["person", "delete", visitor["person"].as_str().unwrap(), "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(total(trunkline, ""), before - 1);
    let words = visitor["words"].as_str().unwrap();
    let (_, left) = trunkline.cli(&["feedback", "list", words]);
    assert_eq!(left["total"], 0, "{left}");
}

#[test]
fn words_of_the_api_a_file_and_the_command_line_are_one_list() {
    let shown = Shown::live();
    let (mut browser, person) = shown.visitor();
    let token = shown.trunkline.token("client");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({ "text": "Where is my parcel?", "id": "0190a000-0000-7000-8000-000000000001" }).to_string();
    for _ in 0..2 {
        let answer = browser.send("POST", "/_trunkline/api/v1/feedback", &headers, &body).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let refused = browser.send("POST", "/_trunkline/api/v1/feedback", &headers, "{\"text\": \"\"}").unwrap();
    assert_eq!(refused.status, 400, "{}", refused.body);
    let reading = browser.send("GET", "/_trunkline/api/v1/feedback", &headers, "").unwrap();
    assert_eq!(reading.status, 404, "nothing is read on the product's address");
    let mut system = Connection::open(&shown.trunkline.url).unwrap();
    assert_eq!(system.send("GET", "/api/v1/feedback", &headers, "").unwrap().status, 403, "nor with a client token");

    let file = shown.repository.folder().join("said.ndjson");
    let line = json!({ "text": "By mail: too dear.", "at": "2026-01-02T03:04:05Z", "channel": "mail" });
    std::fs::write(&file, format!("{line}\n{{\"text\": 7}}\n")).unwrap();
    let (code, report) = shown.trunkline.cli(&["feedback", "import", file.to_str().unwrap()]);
    assert_eq!((code, &report["accepted"], &report["rejected"][0]["line"]), (0, &json!(1), &json!(2)), "{report}");

    until_within("both are there", JOINED_WITHIN, || total(&shown.trunkline, "") == 2);
    let (_, list) = shown.trunkline.cli(&["feedback", "list", "parcel"]);
    crate::shapes::hold("feedback-list", &list);
    let said = &list["items"][0];
    assert_eq!((said["person"].as_str(), said["release"].as_u64()), (Some(person.as_str()), Some(1)), "{list}");
    let (code, tagged) = shown.trunkline.cli(&["feedback", "tag", said["id"].as_str().unwrap(), "shipping"]);
    assert_eq!((code, &tagged["tags"]), (0, &json!(["shipping"])));
    assert_eq!(total(&shown.trunkline, "tag=shipping"), 1);
    let wrong = shown.trunkline.cli(&["feedback", "list", "--variant", "on"]);
    assert_eq!(wrong.0, 2, "{wrong:?}");
}

fn total(trunkline: &Installation, query: &str) -> usize {
    let total = trunkline.api("GET", &format!("/api/v1/feedback?{query}"), "")["total"].as_u64();
    usize::try_from(total.unwrap_or_default()).unwrap()
}

/// The product with the page, live, and its change.
fn shoes(web: &Path, root: &Path) -> (Installation, String) {
    let repository = Repository::new(&root.join("shoes"));
    for (to, from) in [("app.py", "app.py"), ("index.html", "index.html"), ("page.js", "dist/page.js")] {
        repository.write(to, &std::fs::read_to_string(web.join(from)).unwrap());
    }
    repository.write("trunkline.yaml", DECLARATION);
    repository.write("flags/checkout.yaml", FLAGS);
    repository.write("journeys/checkout.yaml", JOURNEY);
    repository.write("surveys/after-checkout.yaml", SURVEY);
    let change = repository.commit("a shop for shoes that asks");
    let trunkline = Installation::start(repository.folder(), &root.join("data"));
    until_within("it is served", Duration::from_mins(2), || trunkline.product("/").status == 200);
    until("the edge knows the survey", || {
        trunkline.product("/_trunkline/array/any/config").body.contains("\"surveys\":true")
    });
    (trunkline, change)
}
