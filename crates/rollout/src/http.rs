//! Rollout's routes: the present moment, the list of changes, the story of one, and the stream of facts.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use delivery::view::change::ChangeRow;
use futures_util::{Stream, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use kernel::Page;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::facade::{Error, Rollout};
use crate::lineage::Lineage;
use crate::marks::Marks;
use crate::now::Now;
use crate::ramp::http as ramps;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;
/// As reports of journeys.
const MARKS_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Everything that rollout serves, with its documentation.
pub fn routes(rollout: Rollout) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(now))
        .routes(routes!(changes))
        .routes(routes!(change))
        .routes(routes!(stream))
        .routes(routes!(marks))
        .routes(routes!(ramps::list, ramps::begin))
        .routes(routes!(ramps::show))
        .routes(routes!(ramps::pause))
        .routes(routes!(ramps::resume))
        .routes(routes!(ramps::cancel))
        .with_state(rollout)
}

fn problem(error: Error) -> web::Error {
    kernel::Problem::from(error).into()
}

/// What is changing for customers this minute, and what needs somebody.
#[utoipa::path(get, path = "/api/v1/now", tag = "changes", responses((status = 200, body = Now)))]
async fn now(State(rollout): State<Rollout>) -> web::Result<Json<Now>> {
    Ok(Json(rollout.now().await.map_err(problem)?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    cursor: Option<String>,
    /// 1 to 100
    limit: Option<usize>,
    /// `state:failed author:ann` and words of the subject
    #[serde(default)]
    q: String,
}

/// Changes, newest first.
#[utoipa::path(get, path = "/api/v1/changes", tag = "changes", params(ListQuery),
    responses((status = 200, body = Page<ChangeRow>), (status = 400, body = web::ProblemBody)))]
async fn changes(State(rollout): State<Rollout>, Query(query): Query<ListQuery>) -> web::Result<Json<Page<ChangeRow>>> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let page = rollout.delivery.changes(query.cursor.as_deref(), limit, &query.q).await;
    Ok(Json(page.map_err(|error| problem(error.into()))?))
}

/// The story of a change, by its id or at least seven characters of it.
#[utoipa::path(get, path = "/api/v1/changes/{sha}", tag = "changes", params(("sha" = String, Path)),
    responses((status = 200, body = Lineage), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn change(State(rollout): State<Rollout>, Path(sha): Path<String>) -> web::Result<Json<Lineage>> {
    Ok(Json(rollout.lineage(&sha).await.map_err(problem)?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MarksQuery {
    /// RFC 3339; 28 days ago unless given
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// RFC 3339; now unless given
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
}

/// Points in time that explain a trend: versions that went live or were taken back, and changes of flags; oldest first.
#[utoipa::path(get, path = "/api/v1/marks", tag = "changes", params(MarksQuery),
    responses((status = 200, body = Marks), (status = 400, body = web::ProblemBody)))]
async fn marks(State(rollout): State<Rollout>, Query(query): Query<MarksQuery>) -> web::Result<Json<Marks>> {
    let to = query.to.unwrap_or_else(|| rollout.clock.now());
    let from = query.from.unwrap_or(to - MARKS_BACK);
    Ok(Json(rollout.marks(from, to).await.map_err(problem)?))
}

/// Facts as they happen: event `fact` with `{"kind", "id"}`. Who missed some looks again: event `missed`.
#[utoipa::path(get, path = "/api/v1/stream", tag = "changes", responses((status = 200, content_type = "text/event-stream")))]
async fn stream(State(rollout): State<Rollout>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Something goes out at once, so that nothing between us and the reader holds the head back.
    let greeting = futures_util::stream::iter([Ok(Event::default().comment("facts follow"))]);
    let both = (rollout.delivery.facts(), rollout.facts.subscribe());
    let events = futures_util::stream::unfold(both, |(mut facts, mut others)| async move {
        let heard = tokio::select! {
            heard = facts.recv() => heard,
            heard = others.recv() => heard,
        };
        let event = match heard {
            Ok(fact) => Event::default().event("fact").data(serde_json::to_string(&fact).ok()?),
            Err(RecvError::Lagged(_)) => Event::default().event("missed").data("{}"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), (facts, others)))
    });
    Sse::new(greeting.chain(events)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
