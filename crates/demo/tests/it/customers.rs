//! Simulated customers in the real shop.

use std::time::{Duration, Instant};

use demo::{Customers, Ledger, Pace};

use crate::history::BEFORE_THE_BAD_ONES;
use crate::shop::Sample;

const PACE: Pace = Pace { customers: 800, visits_per_second: 50 };

/// Lets customers in until they asked `requests` times.
async fn books_after(sample: &Sample, requests: u64) -> Ledger {
    let shop = sample.open();
    let mut customers = Customers::new(&shop.url, 7, PACE, demo::Treatment::Better).unwrap();
    customers.come();
    let began = Instant::now();
    while customers.books().ledger().requests < requests {
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", customers.books().ledger());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let books = std::sync::Arc::clone(customers.books());
    customers.close().await;
    books.ledger()
}

#[tokio::test]
async fn they_walk_the_shop_and_order_without_a_failure() {
    let ledger = books_after(&Sample::new().await, 1_000).await;
    assert_eq!(ledger.failures, 0, "{ledger:?}");
    assert!(ledger.customers > 100 && ledger.orders > 2, "{ledger:?}");
    assert!(ledger.requests > 3 * ledger.visits, "they look around: {ledger:?}");
    assert_eq!(ledger.release(Some(1)).requests, ledger.requests, "each answer says its release");
}

#[tokio::test]
async fn the_bad_version_fails_some_of_them_and_the_healthy_one_none() {
    let bad = Sample::with(&[BEFORE_THE_BAD_ONES.as_slice(), &["09-recently-viewed"]].concat()).await;
    let ledger = books_after(&bad, 1_000).await;
    let percent = 100 * ledger.failed_customers / ledger.customers;
    assert!((5..40).contains(&percent), "{percent} % of the customers met a failure: {ledger:?}");
    assert_eq!(ledger.broken, 0);

    let healthy = ["08-known-addresses.healthy", "09-recently-viewed.healthy"];
    let healthy = Sample::with(&[BEFORE_THE_BAD_ONES.as_slice(), &healthy].concat()).await;
    assert_eq!(books_after(&healthy, 1_000).await.failures, 0);
}

#[tokio::test]
async fn a_shop_that_is_closed_is_a_failure_without_an_answer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut customers = Customers::new(&url, 7, PACE, demo::Treatment::Better).unwrap();
    customers.come();
    let began = Instant::now();
    while customers.books().ledger().requests < 20 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ledger = customers.books().ledger();
    assert_eq!((ledger.broken, ledger.failures), (ledger.requests, ledger.requests));
}
