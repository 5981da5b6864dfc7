//! Logs of steps: read from a place on, or followed while the step runs.

use std::convert::Infallible;
use std::path::Path as FilePath;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use utoipa::IntoParams;

use crate::Delivery;

/// The most that one answer or one event carries.
const CHUNK_BYTES_MAX: u64 = 1 << 20;
const EVENT_BYTES_MAX: u64 = 64 << 10;
/// How often a growing log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct From {
    /// The byte to begin at.
    #[serde(default)]
    from: u64,
}

/// At most a MiB of a step's log from a byte on; the headers say how long the log is now (`x-log-bytes`) and where what
/// was not sent yet begins (`x-log-next`).
#[utoipa::path(get, operation_id = "read_step_log", path = "/api/v1/runs/{id}/steps/{step}/log", tag = "runs", params(("id" = String, Path), ("step" = String, Path), From),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = web::ProblemBody)))]
pub(super) async fn read(
    State(delivery): State<Delivery>,
    Path((id, step)): Path<(String, String)>,
    Query(query): Query<From>,
) -> web::Result<Response> {
    let (path, _) = delivery.step_log(&id, &step).await?;
    Ok(answer(&path, &query).await)
}

/// A piece of a log, with the headers that say where the next one begins.
pub(super) async fn answer(path: &FilePath, query: &From) -> Response {
    let (bytes, length) = chunk(path, query.from, CHUNK_BYTES_MAX).await;
    let whole = whole_characters(&bytes);
    // What is left of a character at the end of the log never gets its rest.
    let sent = if whole.is_empty() { &bytes[..] } else { whole };
    let headers = [
        ("x-log-bytes", length.to_string()),
        ("x-log-next", (query.from + sent.len() as u64).to_string()),
        ("content-type", "text/plain; charset=utf-8".to_owned()),
    ];
    (headers, String::from_utf8_lossy(sent).into_owned()).into_response()
}

/// Follows a step's log: events `lines` with `{"from", "text"}`, then one event `end`.
#[utoipa::path(get, operation_id = "follow_step_log", path = "/api/v1/runs/{id}/steps/{step}/log/stream", tag = "runs", params(("id" = String, Path), ("step" = String, Path), From),
    responses((status = 200, content_type = "text/event-stream"), (status = 404, body = web::ProblemBody)))]
pub(super) async fn stream(
    State(delivery): State<Delivery>,
    Path((id, step)): Path<(String, String)>,
    Query(query): Query<From>,
) -> web::Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    delivery.step_log(&id, &step).await?;
    let start = Follow { delivery, id, step, from: query.from, is_over: false };
    let events = futures_util::stream::unfold(start, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok(event), follow))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

struct Follow {
    delivery: Delivery,
    id: String,
    step: String,
    from: u64,
    is_over: bool,
}

impl Follow {
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            // Whether it runs is asked before the log is read, so that the last lines are not missed.
            let (path, running) = self.delivery.step_log(&self.id, &self.step).await.ok()?;
            let (bytes, _) = chunk(&path, self.from, EVENT_BYTES_MAX).await;
            let whole = whole_characters(&bytes);
            if !whole.is_empty() {
                let from = self.from;
                self.from += whole.len() as u64;
                let data = json!({ "from": from, "text": String::from_utf8_lossy(whole) });
                return Some(Event::default().event("lines").data(data.to_string()));
            }
            if !running {
                self.is_over = true;
                return Some(Event::default().event("end").data("{}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// The bytes without a character that is cut at the end.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    }
}

/// At most `most` bytes of a file from `from` on, and its length; a log that is not there yet is empty.
async fn chunk(path: &FilePath, from: u64, most: u64) -> (Vec<u8>, u64) {
    let Ok(mut file) = tokio::fs::File::open(path).await else { return (Vec::new(), 0) };
    let length = file.metadata().await.map_or(0, |m| m.len());
    let mut bytes = Vec::new();
    if from < length && file.seek(std::io::SeekFrom::Start(from)).await.is_ok() {
        let _ = file.take(most).read_to_end(&mut bytes).await;
    }
    (bytes, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_character_waits_for_its_rest() {
        assert_eq!(whole_characters("a✓".as_bytes()), "a✓".as_bytes());
        assert_eq!(whole_characters(&"a✓".as_bytes()[..2]), b"a");
        assert_eq!(whole_characters(b"a\xffb"), b"a\xffb", "what is no text is shown as far as it can be");
    }
}
