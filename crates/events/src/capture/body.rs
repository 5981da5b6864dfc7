//! Bodies: read within bounds, and made plain.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::failure::Failure;
use super::limits::Limits;
use crate::wire::form;
use crate::wire::inflate::{Bounds, Encoding};

/// A body that is not here by then is given up.
const READ_WITHIN: Duration = Duration::from_mins(1);
/// A body that grows less than this is never a bomb.
const RATIO_FROM_BYTES: usize = 1 << 20;
/// One encoding by HTTP and one by the SDK.
const LAYERS: usize = 2;
const PERMIT_BYTES: usize = 1024;

/// Bytes that all requests may hold together.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// A part of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Held(OwnedSemaphorePermit);

impl Room {
    pub(super) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / PERMIT_BYTES).max(1))))
    }

    fn hold(&self, bytes: usize) -> Result<Held, Failure> {
        let permits = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX);
        let full = |_| Failure::unavailable("busy", "too many bytes are being taken at once", 1);
        Arc::clone(&self.0).try_acquire_many_owned(permits).map(Held).map_err(full)
    }
}

impl Held {
    fn and(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

/// The body as it was sent, and the room that it takes.
pub(super) async fn read(
    body: Body,
    headers: &HeaderMap,
    limits: &Limits,
    room: &Room,
) -> Result<(Bytes, Held), Failure> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > limits.body_bytes) {
        return Err(Failure::too_large(limits.body_bytes));
    }
    let held = room.hold(0)?;
    let slow =
        |_| Failure::invalid("slow_body", "the body did not come within a minute", "send fewer events in one request");
    tokio::time::timeout(READ_WITHIN, frames(body, held, limits.body_bytes, room)).await.map_err(slow)?
}

async fn frames(mut body: Body, mut held: Held, most: usize, room: &Room) -> Result<(Bytes, Held), Failure> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken = |_| Failure::invalid("broken_body", "the connection ended inside the body", "send it again");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > most {
            return Err(Failure::too_large(most));
        }
        held.and(room.hold(data.len())?);
        // Most bodies are one frame, which is never copied.
        match (first.is_empty(), all.is_empty()) {
            (true, true) => first = data,
            (false, _) => {
                all.extend_from_slice(&std::mem::take(&mut first));
                all.extend_from_slice(&data);
            }
            (true, false) => all.extend_from_slice(&data),
        }
    }
    Ok((if all.is_empty() { first } else { all.freeze() }, held))
}

/// Undoes what HTTP or the SDK did to make it smaller.
pub(super) fn plain(
    body: Bytes,
    headers: &HeaderMap,
    limits: &Limits,
    room: &Room,
    held: &mut Held,
) -> Result<Bytes, Failure> {
    let bounds = Bounds { bytes: limits.body_bytes, ratio: limits.ratio, ratio_from_bytes: RATIO_FROM_BYTES };
    let mut header = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let mut body = body;
    for _ in 0..LAYERS {
        let Some(encoding) = Encoding::of(&body, header.take())? else { break };
        body = encoding.inflate(&body, bounds)?.into();
        held.and(room.hold(body.len())?);
    }
    Ok(body)
}

/// Undoes what PostHog's older SDKs did besides: `data=` of a form, base64.
pub(super) fn unwrapped(body: &Bytes, query: &str) -> Result<Bytes, Failure> {
    let from_query = if body.is_empty() { form::value(query.as_bytes(), "data") } else { None };
    let from_form = from_query.or_else(|| body.starts_with(b"data=").then(|| form::value(body, "data")).flatten());
    let inner = match from_form {
        Some(data) => Bytes::from(data.into_owned()),
        None => body.clone(),
    };
    if matches!(inner.trim_ascii_start().first(), Some(b'{' | b'[') | None) {
        return Ok(inner);
    }
    let is_lz = form::value(query.as_bytes(), "compression").is_some_and(|word| word.as_ref() == b"lz64");
    if is_lz {
        let hint = "use an SDK of the last years, or set `compression` to gzip";
        return Err(Failure::invalid("unknown_encoding", "the encoding `lz64` is not known", hint));
    }
    let decoded = form::base64(&inner).filter(|plain| matches!(plain.as_slice(), [b'{' | b'[', ..] | [0x1f, 0x8b, ..]));
    Ok(decoded.map_or(inner, Bytes::from))
}
