//! Steady load on kept connections: so many requests a second, whatever the answers take. Every failure is kept.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::Connection;

const FAILURES_KEPT: usize = 20;

/// Load that runs until it is stopped.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    address: String,
    path: fn(u64) -> String,
    stop: AtomicBool,
    requests: AtomicU64,
    failed: AtomicU64,
    failures: Mutex<Vec<String>>,
    is_good: fn(&crate::Answer) -> bool,
}

/// What the load saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub requests: u64,
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<String>,
}

impl Load {
    /// `rate` requests a second over `connections` kept connections; `path` gives the path of the n-th request, from 0.
    pub fn start(address: &str, connections: u32, rate: f64, path: fn(u64) -> String) -> Self {
        let shared = Arc::new(Shared {
            address: address.to_owned(),
            path,
            stop: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            failures: Mutex::default(),
            is_good: |answer| answer.status == 200,
        });
        let every = Duration::from_secs_f64(f64::from(connections) / rate);
        let began = Instant::now();
        let threads = (0..connections)
            .map(|i| {
                let shared = Arc::clone(&shared);
                let first = began + every.mul_f64(f64::from(i) / f64::from(connections));
                std::thread::spawn(move || shared.walk(first, every))
            })
            .collect();
        Self { shared, threads }
    }

    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Ends it and gives the books.
    pub fn stop(mut self) -> Report {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a walker does not panic");
        }
        Report {
            requests: self.requests(),
            failed: self.shared.failed.load(Ordering::Relaxed),
            failures: self.shared.failures.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    /// One connection. Late requests are sent at once, so that the rate holds over time.
    fn walk(&self, first: Instant, every: Duration) {
        let mut connection = None;
        let mut due = first;
        while !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += every;
            let path = (self.path)(self.requests.fetch_add(1, Ordering::Relaxed));
            if let Err(why) = self.ask(&mut connection, &path) {
                connection = None;
                self.failed.fetch_add(1, Ordering::Relaxed);
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                if failures.len() < FAILURES_KEPT {
                    failures.push(format!("{path}: {why}"));
                }
            }
        }
    }

    fn ask(&self, connection: &mut Option<Connection>, path: &str) -> Result<(), String> {
        let words = |error: std::io::Error| error.to_string();
        if connection.is_none() {
            *connection = Some(Connection::open(&self.address).map_err(words)?);
        }
        let Some(open) = connection else { return Ok(()) };
        let answer = open.get(path).map_err(words)?;
        if answer.header("connection") == Some("close") {
            *connection = None;
        }
        if (self.is_good)(&answer) {
            Ok(())
        } else {
            Err(format!("{} {}", answer.status, answer.body.chars().take(80).collect::<String>()))
        }
    }
}
