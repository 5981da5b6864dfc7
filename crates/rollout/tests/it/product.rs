//! A product that answers every request, once the file that it waits for is there.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer than any test; a process that a failed test left does not stay.
const LIFE: Duration = Duration::from_mins(3);

/// The command that starts an instance.
pub(crate) fn command() -> String {
    let test = std::env::current_exe().unwrap();
    format!("{} --ignored --exact product::process", test.display())
}

#[test]
#[ignore = "other tests start this as an instance"]
fn process() {
    let ends = Instant::now() + LIFE;
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    if let Ok(gate) = std::env::var("WAITS_FOR") {
        while !Path::new(&gate).exists() && Instant::now() < ends {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    while Instant::now() < ends {
        let Ok((mut stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let _whatever_was_asked = stream.read(&mut [0; 4096]);
        let _client_left = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
}
