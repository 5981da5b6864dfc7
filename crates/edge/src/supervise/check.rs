//! Health checks: one request, and what a series of them says of a process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// One check may take so long.
const PATIENCE: Duration = Duration::from_secs(3);
/// A process that was healthy is unwell after so many failed checks in a row.
const FAILURES: u32 = 3;
/// Between checks of a process that is healthy.
const STEADY: Duration = Duration::from_secs(2);
/// Between checks of one that was healthy and fails.
const DOUBTFUL: Duration = Duration::from_millis(500);
/// Between checks of one that has yet to become healthy: growing from the first to the second.
const EAGER: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// `GET path` on loopback; where it was healthy, or why it is not. `known` is where it was healthy before.
pub(crate) async fn check(port: u16, path: &str, known: Option<IpAddr>) -> Result<IpAddr, String> {
    let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // Programs that listen on "localhost" may mean the other family.
    let addresses = known.map_or_else(|| vec![v4, IpAddr::V6(Ipv6Addr::LOCALHOST)], |ip| vec![ip]);
    let mut first = None;
    for ip in addresses {
        let outcome = timeout(PATIENCE, get(SocketAddr::new(ip, port), path)).await;
        let why = match outcome {
            Ok(Ok(status)) if status.is_success() || status.is_redirection() => return Ok(ip),
            Ok(Ok(status)) => return Err(format!("GET {path} answered {status}")),
            Ok(Err(why)) => format!("GET {path} on port {port} failed: {why}"),
            Err(_) => format!("GET {path} on port {port} gave no answer within {} s", PATIENCE.as_secs()),
        };
        first.get_or_insert(why);
    }
    Err(first.unwrap_or_default())
}

async fn get(address: SocketAddr, path: &str) -> Result<StatusCode, String> {
    let stream = TcpStream::connect(address).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        _ => e.to_string(),
    })?;
    let words = |e: hyper::Error| kernel::chain(&e);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(words)?;
    let request = Request::get(path)
        .header(header::HOST, address.to_string())
        .header(header::USER_AGENT, "trunkline-health")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|e| e.to_string())?;
    let answer = sender.send_request(request);
    tokio::pin!(answer);
    // The connection is driven here, so that it ends with this check; the body is not read.
    let answer = tokio::select! {
        answer = &mut answer => answer,
        _ = connection => answer.await,
    };
    answer.map(|answer| answer.status()).map_err(words)
}

/// What checks say of one process, from its start on.
#[derive(Debug)]
pub(crate) struct Series {
    within: Duration,
    was_healthy: bool,
    failures: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Healthy,
    /// Nothing new.
    Open,
    Unhealthy(String),
}

impl Series {
    /// `was_healthy`: the process is not new, and was healthy when it was last seen.
    pub(crate) fn new(within: Duration, was_healthy: bool) -> Self {
        Self { within, was_healthy, failures: 0 }
    }

    /// Takes the next check of a process that has run for `age`.
    pub(crate) fn note(&mut self, why: Option<String>, age: Duration) -> Verdict {
        let Some(why) = why else {
            (self.was_healthy, self.failures) = (true, 0);
            return Verdict::Healthy;
        };
        self.failures = self.failures.saturating_add(1);
        match self.was_healthy {
            true if self.failures >= FAILURES => Verdict::Unhealthy(why),
            false if age >= self.within => {
                Verdict::Unhealthy(format!("not healthy within {} s: {why}", self.within.as_secs_f64()))
            }
            _ => Verdict::Open,
        }
    }

    /// Until the next check.
    pub(crate) fn pause(&self) -> Duration {
        match (self.was_healthy, self.failures) {
            (true, 0) => STEADY,
            (true, _) => DOUBTFUL,
            (false, failures) => (EAGER.0 + EAGER.0 * failures / 4).min(EAGER.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails() -> String {
        "GET /up answered 500".into()
    }

    #[test]
    fn a_new_process_has_its_time_and_then_is_unhealthy_until_it_answers() {
        let mut series = Series::new(Duration::from_secs(30), false);
        assert_eq!(series.note(Some(fails()), Duration::from_secs(29)), Verdict::Open);
        let late = series.note(Some(fails()), Duration::from_secs(30));
        assert_eq!(late, Verdict::Unhealthy("not healthy within 30 s: GET /up answered 500".into()));
        assert_eq!(series.note(None, Duration::from_secs(31)), Verdict::Healthy);
    }

    #[test]
    fn one_that_was_healthy_may_fail_twice() {
        let mut series = Series::new(Duration::from_secs(1), true);
        let age = Duration::from_mins(10);
        assert_eq!([series.note(Some(fails()), age), series.note(Some(fails()), age)], [Verdict::Open, Verdict::Open]);
        assert_eq!(series.note(None, age), Verdict::Healthy);
        assert_eq!([series.note(Some(fails()), age), series.note(Some(fails()), age)], [Verdict::Open, Verdict::Open]);
        assert_eq!(series.note(Some(fails()), age), Verdict::Unhealthy("GET /up answered 500".into()));
    }

    #[test]
    fn checks_are_eager_at_first_and_never_further_apart_than_their_bound() {
        let mut series = Series::new(Duration::from_mins(10), false);
        assert_eq!(series.pause(), EAGER.0);
        for _ in 0..1_000 {
            series.note(Some(fails()), Duration::ZERO);
        }
        assert_eq!(series.pause(), EAGER.1);
    }
}
