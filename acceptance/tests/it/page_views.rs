//! A page without any SDK: the edge counts what visitors look at, suggests the way they go, and can be told not to.

use std::collections::{BTreeMap, BTreeSet};

use acceptance::{Connection, Installation, Repository, until};
use serde_json::Value;
use tempfile::TempDir;

use crate::pets::{Declaration, text};

const EVENT: &str = "page viewed";
const VISITORS: usize = 12;
/// Of them, so many go on to the offer.
const TO_THE_OFFER: usize = 8;
const BROWSER: (&str, &str) = (
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
);

/// A product of pages and nothing else. Each page is one file; what is asked for decides only the words on it.
const SITE: &str = r#"
import http.server, os


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        is_page = not self.path.endswith(".css")
        body = f"<!doctype html><title>{self.path}</title>".encode() if is_page else b"body {}"
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8" if is_page else "text/css")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Site).serve_forever()
"#;

struct Site {
    trunkline: Installation,
    _root: TempDir,
}

impl Site {
    /// `more` are lines of the service.
    fn live(more: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let repository = Repository::new(&root.path().join("site"));
        repository.write("app.py", SITE);
        let declaration = Declaration { service: more.into(), ..Declaration::default() };
        repository.write("trunkline.yaml", &declaration.text());
        repository.commit("pages");
        let trunkline = Installation::start(repository.folder(), &root.path().join("data"));
        until("the pages are served", || trunkline.product("/").status == 200);
        Self { trunkline, _root: root }
    }

    /// A visitor who keeps cookies looks at these pages, one after another.
    fn visit(&self, agent: (&str, &str), paths: &[&str]) {
        let mut visitor = Connection::open(&self.trunkline.product_url).unwrap();
        for path in paths {
            assert_eq!(visitor.send("GET", path, &[agent], "").unwrap().status, 200, "{path}");
        }
    }

    fn items(&self, path: &str) -> Vec<Value> {
        self.trunkline.api("GET", path, "")["items"].as_array().cloned().unwrap_or_default()
    }

    /// (persons, views) of each page, by its template.
    fn page_views(&self) -> BTreeMap<String, (u64, u64)> {
        let features = self.items("/api/v1/features");
        let of_pages = features.iter().filter(|feature| feature["event"] == EVENT);
        let counts = |page: &Value| (page["persons"].as_u64().unwrap(), page["events"].as_u64().unwrap());
        of_pages.map(|page| (text(&page["page"]), counts(page))).collect()
    }

    fn everybody_comes(&self) {
        for n in 0..VISITORS {
            let animal = format!("/animals/{n}");
            let all = ["/", "/site.css", &animal, "/offer"];
            self.visit(BROWSER, if n < TO_THE_OFFER { &all } else { &all[..3] });
        }
        // A client that keeps no cookie is no visitor, and a robot that does is none either.
        let answer = self.trunkline.product("/animals/77");
        assert_eq!(answer.status, 200);
        self.visit(("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)"), &["/", "/animals/78", "/offer"]);
    }
}

#[test]
fn pages_without_any_sdk_are_counted_and_the_way_through_them_is_suggested() {
    let site = Site::live("");
    site.everybody_comes();
    let (persons, offer) = (VISITORS as u64, TO_THE_OFFER as u64);
    let seen = || site.page_views().values().map(|(_, views)| views).sum::<u64>();
    until("pages are features", || seen() >= 2 * persons + offer);
    let each = [("/", persons), ("/animals/:id", persons), ("/offer", offer)];
    let expected = each.map(|(page, persons)| (page.to_owned(), (persons, persons))).into();
    assert_eq!(site.page_views(), expected, "each view of a visitor once, and nobody else's");

    let views = site.items("/api/v1/events?q=page&limit=100");
    let of_visitors = views.iter().filter(|view| view["event"] == EVENT && view["aside"].is_null());
    let templates: BTreeSet<String> = of_visitors.map(|view| text(&view["properties"]["template"])).collect();
    assert_eq!(templates, ["/", "/animals/:id", "/offer"].map(str::to_owned).into());

    let suggestions = site.items("/api/v1/journeys/suggestions");
    let first = suggestions.first().unwrap();
    let steps = first["steps"].as_array().unwrap().iter();
    let way: Vec<_> = steps.map(|step| (text(&step["page"]), step["persons"].as_u64().unwrap())).collect();
    assert_eq!(way, [("/".to_owned(), persons), ("/animals/:id".to_owned(), persons), ("/offer".to_owned(), offer)]);
}

#[test]
fn a_service_that_says_so_has_no_page_views() {
    let site = Site::live("    pageviews: false\n");
    site.everybody_comes();
    // An event that is sent after them is there: so would they be.
    let mut sdk = acceptance::Sdk::new(&site.trunkline.url, &site.trunkline.token("server"));
    let late = acceptance::sdk::event("signed up", "ann", &serde_json::json!({}));
    assert_eq!(sdk.capture(&[late]).ok(), Some(200));
    until("the event is a feature", || site.items("/api/v1/features").iter().any(|f| f["event"] == "signed up"));
    assert_eq!(site.page_views(), BTreeMap::new());
}
