//! A WebSocket and an event stream, held open and used all the time. One that breaks is counted and opened again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Connection;

/// Between two echoes, and before what broke is opened again.
const PAUSE: Duration = Duration::from_millis(50);
/// RFC 6455: FIN and text; masked.
const TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Both streams, in use until stopped.
#[derive(Debug)]
pub struct Streams {
    shared: Arc<Shared>,
    socket: JoinHandle<Vec<String>>,
    events: JoinHandle<Vec<String>>,
}

#[derive(Debug)]
struct Shared {
    address: String,
    stop: AtomicBool,
    echoes: AtomicU64,
    events: AtomicU64,
}

/// What the streams saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamsReport {
    /// Frames that came back as they were sent.
    pub echoes: u64,
    /// Events that came in their order.
    pub events: u64,
    /// How each stream that was cut ended.
    pub cuts: Vec<String>,
}

impl Streams {
    /// Opens `/socket` and `/events` at `address`.
    pub fn open(address: &str) -> Self {
        let (echoes, events) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Arc::new(Shared { address: address.to_owned(), stop: AtomicBool::new(false), echoes, events });
        let (one, other) = (Arc::clone(&shared), Arc::clone(&shared));
        let socket = std::thread::spawn(move || one.hold("the WebSocket", Shared::echo));
        let events = std::thread::spawn(move || other.hold("the event stream", Shared::listen));
        Self { shared, socket, events }
    }

    /// Whether both have been in use.
    pub fn are_open(&self) -> bool {
        self.shared.echoes.load(Ordering::Relaxed) > 0 && self.shared.events.load(Ordering::Relaxed) > 0
    }

    /// Closes them and gives the books.
    pub fn stop(self) -> StreamsReport {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut cuts = self.socket.join().expect("the WebSocket's thread does not panic");
        cuts.extend(self.events.join().expect("the event stream's thread does not panic"));
        StreamsReport {
            echoes: self.shared.echoes.load(Ordering::Relaxed),
            events: self.shared.events.load(Ordering::Relaxed),
            cuts,
        }
    }
}

impl Shared {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Uses a stream until the end; gives how often it broke.
    fn hold(&self, what: &str, use_it: fn(&Self) -> io::Result<()>) -> Vec<String> {
        let mut cuts = Vec::new();
        while !self.is_over() {
            if let Err(error) = use_it(self) {
                cuts.push(format!("{what}: {error}"));
                std::thread::sleep(PAUSE);
            }
        }
        cuts
    }

    fn echo(&self) -> io::Result<()> {
        let mut connection = Connection::open(&self.address)?;
        let upgrade = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
        connection.write(format!("GET /socket HTTP/1.1\r\nhost: {}\r\n{upgrade}\r\n\r\n", self.address).as_bytes())?;
        let head = connection.head()?;
        // The answer to this key that RFC 6455 gives.
        expect(
            head.status == 101 && head.header("sec-websocket-accept") == Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            &head.status,
        )?;
        let mut number = 0_u32;
        while !self.is_over() {
            let text = number.to_string();
            connection.write(&masked(text.as_bytes()))?;
            let back = connection.bytes(2 + text.len())?;
            expect(back[0] == TEXT && &back[2..] == text.as_bytes(), &back)?;
            self.echoes.fetch_add(1, Ordering::Relaxed);
            number += 1;
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn listen(&self) -> io::Result<()> {
        let mut connection = Connection::open(&self.address)?;
        connection.write(
            format!("GET /events HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n\r\n", self.address).as_bytes(),
        )?;
        let head = connection.head()?;
        expect(head.status == 200, &head.status)?;
        let mut number = 0_u64;
        while !self.is_over() {
            let line = connection.line()?;
            // Between events there are empty lines and the lengths of chunks; the last one has none.
            expect(line != "0", &line)?;
            if let Some(data) = line.strip_prefix("data: ") {
                expect(data == number.to_string(), &line)?;
                self.events.fetch_add(1, Ordering::Relaxed);
                number += 1;
            }
        }
        Ok(())
    }
}

fn masked(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a number is short");
    let data = text.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [TEXT, MASKED | length].into_iter().chain(MASK).chain(data).collect()
}

fn expect(holds: bool, got: &dyn std::fmt::Debug) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidData, format!("unexpected: {got:?}"))) }
}
