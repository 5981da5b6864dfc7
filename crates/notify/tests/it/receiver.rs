//! A receiver: takes requests over TCP, keeps books, and answers as it is told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn attempt(&self) -> u64 {
        self.event()["attempt"].as_u64().unwrap()
    }
}

/// What is answered to the nth request, from 0: a whole answer, or nothing and the connection ends.
type Answers = dyn Fn(usize) -> String + Send + Sync;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    books: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    /// Listens until the test ends.
    pub(crate) fn answering(answers: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, books: Arc::default() };
        let (books, answers): (_, Arc<Answers>) = (Arc::clone(&receiver.books), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (books, answers) = (Arc::clone(&books), Arc::clone(&answers));
                std::thread::spawn(move || take(stream, &books, &*answers));
            }
        });
        receiver
    }

    pub(crate) fn taking_all() -> Self {
        Self::answering(|_| answer(200, "", "taken"))
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.books.lock().unwrap().clone()
    }
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn take(stream: TcpStream, books: &Mutex<Vec<Got>>, answers: &Answers) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut got = Got { headers, body: String::new() };
    let mut body = vec![0; got.header("content-length").parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    let number = {
        let mut books = books.lock().unwrap();
        books.push(got);
        books.len() - 1
    };
    stream.get_mut().write_all(answers(number).as_bytes()).ok()
}

/// Waits until it holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_mins(1), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
