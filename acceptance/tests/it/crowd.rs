//! Customers who come and go while a story is told: witnessed by the edge, shown a variant, seen to look and perhaps to pay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use acceptance::{Connection, Installation, Sdk, sdk};
use serde_json::json;

/// What somebody got.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) variant: String,
    /// The page of the product.
    pub(crate) version: String,
}

/// Two of them at a time, until they are sent away.
pub(crate) struct Crowd {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Of a hundred who met the same, `pays` do.
    pub(crate) fn come(
        trunkline: &Installation,
        flag: &'static str,
        pays: impl Fn(&Met) -> u64 + Send + Sync + 'static,
    ) -> Self {
        let (over, number, pays) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(pays));
        let token = trunkline.token("server");
        let threads = (0..2).map(|_| {
            let (over, number, pays) = (Arc::clone(&over), Arc::clone(&number), Arc::clone(&pays));
            let (shop, mut sdk) = (trunkline.product_url.clone(), Sdk::new(&trunkline.url, &token));
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    // Spread evenly, whatever came before.
                    let mood = number.fetch_add(1, Ordering::Relaxed) * 37 % 100;
                    // Whoever meets an edge that is busy goes away, and is in no figure.
                    let _ = walk(&shop, &mut sdk, flag, |met| mood < pays(met));
                }
            })
        });
        Self { threads: threads.collect(), over }
    }

    pub(crate) fn leave(self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

/// Somebody comes, comes back with their cookie, looks, and pays or not.
fn walk(shop: &str, sdk: &mut Sdk, flag: &str, pays: impl Fn(&Met) -> bool) -> Option<()> {
    let mut browser = Connection::open(shop).ok()?;
    let person = browser.get("/page").ok()?.visitor()?;
    let version = browser.get("/page").ok()?.body;
    let met = Met { variant: sdk.variant(flag, &person)?, version };
    let mut events = vec![sdk::event("product viewed", &person, &json!({}))];
    if pays(&met) {
        events.push(sdk::event("order placed", &person, &json!({ "total": 10.0 })));
    }
    sdk.capture(&events).ok().map(drop)
}
