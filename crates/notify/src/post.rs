//! One request to one receiver: bounded in time, size and reach.

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::model::event::CONTENT_TYPE;
use crate::model::retry::Outcome;
use crate::model::{address, signature};

const CONNECTS_WITHIN: Duration = Duration::from_secs(5);
/// From the first look at the name to the last byte of the answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);
/// Of the answer so much is kept.
const ANSWER_BYTES_MAX: u64 = 512;
const HEADER_BYTES_MAX: usize = 16 << 10;

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) url: String,
    pub(crate) allow_private: bool,
    pub(crate) secret: String,
    pub(crate) id: String,
    pub(crate) seconds: i64,
    pub(crate) body: String,
}

/// Sends it and waits for what comes of it. Blocks.
pub(crate) fn post(letter: &Letter) -> Outcome {
    let Some(signature) = signature::sign(&letter.secret, &letter.id, letter.seconds, &letter.body) else {
        return Outcome::Failed("the target's secret is not one of Standard Webhooks".into());
    };
    let call = agent(letter.allow_private)
        .post(&letter.url)
        .header("content-type", CONTENT_TYPE)
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", letter.seconds.to_string())
        .header("webhook-signature", signature);
    match call.send(letter.body.as_str()) {
        Ok(answer) => answered(answer),
        Err(error) => Outcome::Failed(failure(&error)),
    }
}

/// No redirects, no proxy from the environment, no connection that is kept: every message looks at its addresses anew.
fn agent(allow_private: bool) -> ureq::Agent {
    let config = Config::builder()
        .timeout_global(Some(ANSWERS_WITHIN))
        .timeout_resolve(Some(CONNECTS_WITHIN))
        .timeout_connect(Some(CONNECTS_WITHIN))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .max_response_header_size(HEADER_BYTES_MAX)
        .proxy(None)
        .user_agent(concat!("trunkline/", env!("CARGO_PKG_VERSION")))
        .build();
    if allow_private {
        config.new_agent()
    } else {
        ureq::Agent::with_parts(config, DefaultConnector::default(), Outside::default())
    }
}

fn answered(answer: ureq::http::Response<ureq::Body>) -> Outcome {
    let status = answer.status().as_u16();
    let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let mut bytes = Vec::new();
    // An answer that breaks off is as good as far as it came: its status counts.
    let _ = answer.into_body().into_reader().take(ANSWER_BYTES_MAX).read_to_end(&mut bytes);
    let text: String = String::from_utf8_lossy(&bytes).chars().map(printable).collect();
    Outcome::Answered { status, retry_after: asked.map(Duration::from_secs), answer: text }
}

/// What is shown in a terminal must not be able to drive it.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

fn failure(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve) => {
            format!("the name was not resolved within {} s", CONNECTS_WITHIN.as_secs())
        }
        ureq::Error::Timeout(ureq::Timeout::Connect) => {
            format!("no connection within {} s", CONNECTS_WITHIN.as_secs())
        }
        ureq::Error::Timeout(_) => {
            format!("no answer within {} s; it may have arrived", ANSWERS_WITHIN.as_secs())
        }
        ureq::Error::Other(refused) if refused.is::<Refused>() => refused.to_string(),
        other => format!("no answer: {other}"),
    }
}

/// A name that leads where messages may not go.
#[derive(Debug, thiserror::Error)]
#[error("refused: {address} is {why}; a target that may have it is added with --allow-private")]
struct Refused {
    address: IpAddr,
    why: &'static str,
}

/// Resolves a name once, looks at every address, and gives the same ones to connect to: a name cannot be one thing when it is
/// looked at and another when it is used.
#[derive(Debug, Default)]
struct Outside(DefaultResolver);

impl Resolver for Outside {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.0.resolve(uri, config, timeout)?;
        for address in found.iter().map(SocketAddr::ip) {
            if let Some(why) = address::refusal(address).or_else(|| ourselves(address)) {
                return Err(ureq::Error::Other(Box::new(Refused { address, why })));
            }
        }
        Ok(found)
    }
}

/// A public address of this machine: what would be sent there comes from it. Nothing is sent to find out.
fn ourselves(address: IpAddr) -> Option<&'static str> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect((address, 9)).ok()?;
    (socket.local_addr().ok()?.ip() == address).then_some("an address of the machine itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(url: &str, allow_private: bool) -> Letter {
        let secret = signature::secret(&[1; signature::SECRET_BYTES]);
        Letter { url: url.into(), allow_private, secret, id: "a".into(), seconds: 1, body: "{}".into() }
    }

    #[test]
    fn the_machine_itself_is_refused_by_what_a_name_resolves_to() {
        let Outcome::Failed(why) = post(&letter("https://localhost:1/", false)) else { panic!("it went out") };
        assert!(why.starts_with("refused: ") && why.contains("is the machine itself"), "{why}");
        let Outcome::Failed(why) = post(&letter("http://127.0.0.1:1/", true)) else { panic!("who answered?") };
        assert!(why.starts_with("no answer: "), "{why}");
    }

    #[test]
    fn an_address_of_the_machine_is_known_as_such() {
        assert_eq!(ourselves("127.0.0.1".parse().unwrap()), Some("an address of the machine itself"));
        assert_eq!(ourselves("192.0.2.1".parse().unwrap()), None);
    }
}
