//! Routes of the control plane.

use access::Caller;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{StatusCode, header};
use kernel::{Page, Problem};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Deletion, Events, ImportReport, PersonView, RecentEvent, Rejections};

/// A larger file is sent in parts.
const IMPORT_BYTES_MAX: usize = 32 << 20;
const LISTED: usize = 50;
const LISTED_MAX: usize = 500;

/// Everything that events serve, with its documentation.
pub fn routes(events: Events) -> OpenApiRouter {
    let import = OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(recent))
        .routes(routes!(rejections))
        .merge(import)
        .routes(routes!(person, delete))
        .routes(routes!(export))
        .routes(routes!(link, unlink))
        .with_state(events)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Words, and `event:NAME`, `person:ID`, `source:WORD`, `aside:no|synthetic|bot`, `id:UUID`
    q: Option<String>,
    /// 1 to 500
    limit: Option<usize>,
}

impl Wanted {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(LISTED).clamp(1, LISTED_MAX)
    }
}

/// Events as they came, newest first.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(Wanted),
    responses((status = 200, body = Page<RecentEvent>)))]
async fn recent(State(events): State<Events>, Query(wanted): Query<Wanted>) -> web::Result<Json<Page<RecentEvent>>> {
    let items = events.recent(wanted.q.as_deref().unwrap_or_default(), wanted.limit()).await?;
    Ok(Json(Page { items, next: None }))
}

/// What was sent and not taken, newest first, with counts and reasons.
#[utoipa::path(get, path = "/api/v1/events/rejections", tag = "events", params(Wanted),
    responses((status = 200, body = Rejections)))]
async fn rejections(State(events): State<Events>, Query(wanted): Query<Wanted>) -> web::Result<Json<Rejections>> {
    Ok(Json(events.rejections(wanted.limit()).await?))
}

/// Takes events of a file: one JSON document a line, in PostHog's shape. What is there already is not taken twice.
#[utoipa::path(post, path = "/api/v1/events/import", tag = "events",
    request_body(content = Option<String>, content_type = "application/x-ndjson"),
    responses((status = 200, body = ImportReport), (status = 503, body = web::ProblemBody)))]
async fn import(State(events): State<Events>, lines: Bytes) -> web::Result<Json<ImportReport>> {
    Ok(Json(events.import(&lines).await?))
}

/// A person by any of their ids.
#[utoipa::path(get, path = "/api/v1/persons/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = PersonView), (status = 404, body = web::ProblemBody)))]
async fn person(State(events): State<Events>, Path(id): Path<String>) -> web::Result<Json<PersonView>> {
    Ok(Json(events.person(&id).await?.ok_or_else(|| unknown(&id))?))
}

/// Everything that is known of a person, one JSON document a line.
#[utoipa::path(get, path = "/api/v1/persons/{id}/export", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "application/x-ndjson"), (status = 404, body = web::ProblemBody)))]
async fn export(State(events): State<Events>, Path(id): Path<String>) -> web::Result<Response> {
    let lines = events.export(&id).await?;
    if lines.is_empty() {
        return Err(unknown(&id).into());
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// Forgets a person: gone from answers at once; from all files when `done` is true. Safe to repeat until then.
#[utoipa::path(delete, path = "/api/v1/persons/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = Deletion)))]
async fn delete(
    State(events): State<Events>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> web::Result<Json<Deletion>> {
    Ok(Json(events.delete(&id, &caller.name()).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Two {
    /// The id that is subsumed.
    from: String,
    /// The id that stays.
    into: String,
}

/// Says that two ids are one person. Undone by DELETE.
#[utoipa::path(post, path = "/api/v1/identities", tag = "events", request_body = Two,
    responses((status = 204), (status = 400, body = web::ProblemBody)))]
async fn link(
    State(events): State<Events>,
    Extension(caller): Extension<Caller>,
    web::Body(two): web::Body<Two>,
) -> web::Result<StatusCode> {
    events.link(&two.from, &two.into, &caller.name()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that two ids are two persons, whoever said otherwise.
#[utoipa::path(delete, path = "/api/v1/identities", tag = "events", request_body = Two,
    responses((status = 204), (status = 400, body = web::ProblemBody)))]
async fn unlink(
    State(events): State<Events>,
    Extension(caller): Extension<Caller>,
    web::Body(two): web::Body<Two>,
) -> web::Result<StatusCode> {
    events.unlink(&two.from, &two.into, &caller.name()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("nothing is known of {id}")).hint("any id of a person will do, written exactly")
}
