//! The small product with a flag and a journey, and customers who walk through it and keep books.

use std::collections::BTreeMap;
use std::path::Path;

use acceptance::{Connection, Installation, Repository, Sdk, products, sdk, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pets::Declaration;

pub(crate) const FLAG: &str = "new-checkout";

pub(crate) const FLAGS: &str = r#"
flags:
  new-checkout:
    state: ENABLED
    variants: { "on": true, "off": false }
    defaultVariant: "off"
    targeting: { fractional: [["on", 50], ["off", 50]] }
    metadata: { owner: sales, kind: experiment, expires: "2027-06-01" }
"#;

pub(crate) const JOURNEY: &str = r"
journey: checkout
domain: sales
within: 1h
order: ordered
steps:
  - { name: seen, event: product viewed }
  - { name: paid, event: order placed }
";

/// What is compared by [`FLAG`]; `rest` says for how long, with whom and by what.
pub(crate) fn experiment(rest: &str) -> String {
    format!(
        r#"
experiment: new-checkout
owner: sales
hypothesis: the new checkout brings more orders
flag: new-checkout
control: "off"
treatment: "on"
{rest}"#
    )
}

/// One that does not end by itself while a story is told.
pub(crate) fn long_experiment() -> String {
    experiment(
        "within: 1h
min_duration: 1h
min_persons: 50
planned_persons: 1000
metrics:
  - { name: paid, role: success, journey: checkout }
",
    )
}

/// The product, live, with its flag.
pub(crate) struct Shown {
    pub(crate) trunkline: Installation,
    pub(crate) repository: Repository,
    _root: Option<TempDir>,
}

impl Shown {
    pub(crate) fn live() -> Self {
        let root = tempfile::tempdir().unwrap();
        let shown = Self::live_below(root.path(), "data");
        Self { _root: Some(root), ..shown }
    }

    /// With its data folder at `data` below `root`.
    pub(crate) fn live_below(root: &Path, data: &str) -> Self {
        let repository = Repository::new(&root.join("pets"));
        products::python(&repository, "v1");
        repository.write("trunkline.yaml", &Declaration::default().text());
        repository.write("flags/checkout.yaml", FLAGS);
        repository.write("journeys/checkout.yaml", JOURNEY);
        repository.commit("first version");
        let trunkline = Installation::start(repository.folder(), &root.join(data));
        until("the first version is served", || trunkline.product("/").body.starts_with("v1"));
        let shown = Self { trunkline, repository, _root: None };
        let mut sdk = shown.sdk("server");
        until("its flag is served", || sdk.variant(FLAG, "nobody").is_some());
        shown
    }

    /// A program with a new token of this role, at the system address.
    pub(crate) fn sdk(&self, role: &str) -> Sdk {
        Sdk::new(&self.trunkline.url, &self.trunkline.token(role))
    }

    /// Somebody with a browser who came and came back, and who they are.
    pub(crate) fn visitor(&self) -> (Connection, String) {
        let mut browser = Connection::open(&self.trunkline.product_url).unwrap();
        let person = browser.get("/").unwrap().visitor().unwrap();
        assert_eq!(browser.get("/").unwrap().status, 200);
        (browser, person)
    }

    /// (entered, converted) by variant, as the journey's report says.
    pub(crate) fn reported(&self) -> BTreeMap<String, (u64, u64)> {
        let by = format!("variant:{FLAG}");
        let (_, report) = self.trunkline.cli(&["journey", "report", "checkout", "--by", &by]);
        let rows = report["breakdown"].as_array().cloned().unwrap_or_default();
        let persons = |row: &Value, step: usize| row["steps"][step]["persons"].as_u64().unwrap_or_default();
        let counted = rows
            .iter()
            .map(|row| (row["value"].as_str().unwrap_or_default().to_owned(), (persons(row, 0), persons(row, 1))));
        counted.collect()
    }
}

/// Customers with books: who was shown what, and who paid.
#[derive(Debug, Default)]
pub(crate) struct Customers {
    pub(crate) books: BTreeMap<String, (u64, u64)>,
    next: u64,
}

impl Customers {
    /// One customer comes, sees a product, and perhaps pays. `false` if an answer was not what a customer needs; then the
    /// books do not know them.
    pub(crate) fn walk(&mut self, sdk: &mut Sdk) -> bool {
        let person = format!("customer-{}", self.next);
        self.next += 1;
        let Some(variant) = sdk.variant(FLAG, &person) else { return false };
        let pays = self.next % 10 < if variant == "on" { 7 } else { 4 };
        let mut events = vec![sdk::event("product viewed", &person, &json!({ "shop": "one" }))];
        if pays {
            events.push(sdk::event("order placed", &person, &json!({ "total": 12.5 })));
        }
        if sdk.capture(&events).ok() != Some(200) {
            return false;
        }
        let row = self.books.entry(variant).or_default();
        row.0 += 1;
        row.1 += u64::from(pays);
        true
    }
}
