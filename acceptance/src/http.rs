//! A customer's connection: HTTP/1.1, kept alive, with nothing hidden. No retries: what breaks is seen.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType};

const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
const BODY_BYTES_MAX: u64 = 64 << 20;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whom the edge's cookie makes of somebody who came for the first time.
    pub fn visitor(&self) -> Option<String> {
        let signed = self.header("set-cookie")?.strip_prefix("trunkline_id=")?;
        signed.split('.').next().map(str::to_owned)
    }
}

/// One connection to `host:port`.
#[derive(Debug)]
pub struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
    /// The visitor's cookie, kept as a browser would.
    cookie: Option<String>,
}

impl Connection {
    /// `address` with or without `http://`.
    pub fn open(address: &str) -> io::Result<Self> {
        let host = host(address);
        let stream = TcpStream::connect(&host)?;
        Self::over(stream, host)
    }

    /// As a customer with an address of their own, of which a machine has all of 127.0.0.0/8.
    pub fn open_from(source: Ipv4Addr, address: &str) -> io::Result<Self> {
        let host = host(address);
        let target: SocketAddrV4 = host.parse().map_err(io::Error::other)?;
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        rustix::net::bind(&socket, &SocketAddrV4::new(source, 0))?;
        rustix::net::connect(&socket, &target)?;
        Self::over(TcpStream::from(socket), host)
    }

    fn over(stream: TcpStream, host: String) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
        stream.set_write_timeout(Some(ANSWERS_WITHIN))?;
        Ok(Self { host, stream: BufReader::new(stream), cookie: None })
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.send("GET", path, &[], "")
    }

    /// Asks with headers and a body.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            text += &[name, ": ", value, "\r\n"].concat();
        }
        if let Some(cookie) = &self.cookie {
            text += &["cookie: ", cookie, "\r\n"].concat();
        }
        if !body.is_empty() {
            text += &["content-length: ", &body.len().to_string(), "\r\n"].concat();
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.stream.get_mut().write_all(text.as_bytes())?;
        let answer = self.answer()?;
        if let Some(set) = answer.header("set-cookie") {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        Ok(answer)
    }

    /// The head of an upgraded or streamed answer; what follows is read from [`Connection::line`].
    pub fn head(&mut self) -> io::Result<Answer> {
        let status =
            self.line()?.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| broken("no status line"))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(Answer { status, headers, body: String::new() });
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
    }

    /// A line without its end; the end of the connection is an error.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection ended"));
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Exactly so many bytes of an upgraded connection.
    pub fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes as is.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.head()?;
        let body = match (answer.header("content-length"), answer.header("transfer-encoding")) {
            _ if matches!(answer.status, 100..=199 | 204 | 304) => Vec::new(),
            (Some(length), _) => self.bytes(length.parse().map_err(|_| broken("content-length"))?)?,
            (None, Some("chunked")) => self.chunks()?,
            _ => self.rest()?,
        };
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)
                .map_err(|_| broken("chunk"))?;
            let chunk = self.bytes(size)?;
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }

    fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        (&mut self.stream).take(BODY_BYTES_MAX).read_to_end(&mut body)?;
        Ok(body)
    }
}

fn host(address: &str) -> String {
    address.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer is no HTTP: {what}"))
}

/// One request on its own connection.
pub fn get(address: &str, path: &str) -> io::Result<Answer> {
    let mut connection = Connection::open(address)?;
    connection.send("GET", path, &[("connection", "close")], "")
}
