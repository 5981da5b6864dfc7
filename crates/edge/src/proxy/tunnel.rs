//! Upgraded connections (WebSocket and any other protocol): bytes both ways until either side ends.

use std::time::Duration;

use http::{HeaderValue, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::body::ResponseBody;
use crate::proxy::exchange::Answer;
use crate::proxy::headers;

/// Both sides have agreed already; this only waits for the last bytes of their heads.
const SWITCH: Duration = Duration::from_secs(10);

/// The 101 for the client; the bytes begin to flow when it is sent. `held` is dropped at their end.
pub(crate) fn open<T: Send + 'static>(answer: Answer, client: OnUpgrade, held: T) -> Response<ResponseBody> {
    let Answer { mut response, connection } = answer;
    let instance = hyper::upgrade::on(&mut response);
    tokio::spawn(async move {
        let (_held, _connection) = (held, connection);
        if let Err(error) = flow(client, instance).await {
            tracing::debug!(%error, "upgraded connection ended");
        }
    });
    let (mut parts, _) = response.into_parts();
    let protocol = parts.headers.get(header::UPGRADE).cloned();
    headers::strip_hop_by_hop(&mut parts.headers);
    headers::set_upgrade(&mut parts.headers, protocol.unwrap_or(HeaderValue::from_static("websocket")));
    parts.status = StatusCode::SWITCHING_PROTOCOLS;
    Response::from_parts(parts, ResponseBody::empty())
}

async fn flow(client: OnUpgrade, instance: OnUpgrade) -> std::io::Result<()> {
    let switch = async { tokio::try_join!(client, instance) };
    let (client, instance) = tokio::time::timeout(SWITCH, switch).await?.map_err(std::io::Error::other)?;
    let (mut client, mut instance) = (TokioIo::new(client), TokioIo::new(instance));
    tokio::io::copy_bidirectional(&mut client, &mut instance).await.map(drop)
}
