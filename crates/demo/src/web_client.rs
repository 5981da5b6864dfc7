//! The HTTP client of both halves: of the customers, and of the director who asks the API.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub(crate) type WebClient = Client<HttpConnector, Full<Bytes>>;

/// An idle connection is given up after this, well before any server does.
const IDLE: Duration = Duration::from_secs(5);

/// Connections are kept alive, and no request is sent twice: a failure is seen as what it is.
pub(crate) fn new(idle_max: usize) -> WebClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(5)));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle_max)
        .retry_canceled_requests(false)
        .build(connector)
}
