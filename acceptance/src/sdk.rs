//! What an SDK sends, without one: flags by OFREP, events in PostHog's shape. Stories with the real SDKs are in `clients`.

use std::io;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::{Answer, Connection};

/// One program with a token. Its connection is opened anew when it broke, as an SDK's is.
#[derive(Debug)]
pub struct Sdk {
    address: String,
    token: String,
    prefix: &'static str,
    source: Option<Ipv4Addr>,
    connection: Option<Connection>,
}

impl Sdk {
    /// For the system address.
    pub fn new(address: &str, token: &str) -> Self {
        Self { address: address.to_owned(), token: token.to_owned(), prefix: "", source: None, connection: None }
    }

    /// For the product's address, as a browser's scripts have it.
    pub fn first_party(address: &str, token: &str) -> Self {
        Self { prefix: "/_trunkline", ..Self::new(address, token) }
    }

    /// From an address of its own, see [`Connection::open_from`].
    #[must_use]
    pub fn from(self, source: Ipv4Addr) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The variant of a flag for somebody; `None` if there was no variant in the answer.
    pub fn variant(&mut self, flag: &str, person: &str) -> Option<String> {
        let answer = self.evaluate(flag, &json!({ "targetingKey": person })).ok()?;
        let body: Value = serde_json::from_str(&answer.body).ok()?;
        body["variant"].as_str().map(str::to_owned)
    }

    /// Evaluates one flag.
    pub fn evaluate(&mut self, flag: &str, context: &Value) -> io::Result<Answer> {
        let body = json!({ "context": context }).to_string();
        self.post(&format!("/ofrep/v1/evaluate/flags/{flag}"), &body)
    }

    /// Sends events; gives the status.
    pub fn capture(&mut self, events: &[Value]) -> io::Result<u16> {
        let body = json!({ "api_key": self.token, "batch": events }).to_string();
        Ok(self.post("/batch/", &body)?.status)
    }

    /// Any request of the data plane.
    pub fn post(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let mut connection = match (self.connection.take(), self.source) {
            (Some(connection), _) => connection,
            (None, Some(source)) => Connection::open_from(source, &self.address)?,
            (None, None) => Connection::open(&self.address)?,
        };
        let answer = connection.send("POST", &format!("{}{path}", self.prefix), &headers, body)?;
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

/// An event as PostHog's libraries send it.
pub fn event(name: &str, person: &str, properties: &Value) -> Value {
    json!({ "event": name, "distinct_id": person, "properties": properties })
}
