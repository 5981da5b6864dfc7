//! Reading flags.

use axum::Json;
use axum::extract::{Path, Query, State};
use kernel::Page;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::Flags;
use crate::explain::Explained;
use crate::view::{FlagItem, FlagView, Stale};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;
const STALE_DAYS: u32 = 14;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Words that are parts of key, owner, kind, journey or state; `key:value` too.
    q: Option<String>,
    cursor: Option<String>,
    /// 1 to 200
    limit: Option<usize>,
}

/// Flags, by key.
#[utoipa::path(get, operation_id = "list_flags", path = "/api/v1/flags", tag = "flags", params(ListQuery),
    responses((status = 200, body = Page<FlagItem>), (status = 400, body = web::ProblemBody)))]
pub(super) async fn list(
    State(flags): State<Flags>,
    Query(query): Query<ListQuery>,
) -> web::Result<Json<Page<FlagItem>>> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    Ok(Json(flags.list(query.q.as_deref(), query.cursor.as_deref(), limit).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StaleQuery {
    /// How long a flag must have been the same for everybody: 1 to 366.
    days: Option<u32>,
}

/// Flags that may be in the way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StaleList {
    items: Vec<Stale>,
    next: Option<String>,
}

/// Flags that may be in the way: retiring, past their day, the same for everybody, named nowhere.
#[utoipa::path(get, operation_id = "stale_flags", path = "/api/v1/stale-flags", tag = "flags", params(StaleQuery),
    responses((status = 200, body = StaleList), (status = 400, body = web::ProblemBody)))]
pub(super) async fn stale(State(flags): State<Flags>, Query(query): Query<StaleQuery>) -> web::Result<Json<StaleList>> {
    Ok(Json(StaleList { items: flags.stale(query.days.unwrap_or(STALE_DAYS)).await?, next: None }))
}

/// A flag: rules, split in force, testers, history, references and exposures.
#[utoipa::path(get, operation_id = "show_flag", path = "/api/v1/flags/{key}", tag = "flags", params(("key" = String, Path)),
    responses((status = 200, body = FlagView), (status = 404, body = web::ProblemBody)))]
pub(super) async fn show(State(flags): State<Flags>, Path(key): Path<String>) -> web::Result<Json<FlagView>> {
    Ok(Json(flags.show(&key).await?))
}

/// For whom a flag is to be evaluated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FlagQuestion {
    /// An OpenFeature evaluation context with a `targetingKey`.
    #[schema(value_type = Object)]
    context: Map<String, Value>,
}

/// What somebody would get, and why. It counts as no exposure.
#[utoipa::path(post, operation_id = "evaluate_flag", path = "/api/v1/flags/{key}/evaluate", tag = "flags",
    params(("key" = String, Path)), request_body = FlagQuestion,
    responses((status = 200, body = Explained), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
pub(super) async fn evaluate(
    State(flags): State<Flags>,
    Path(key): Path<String>,
    web::Body(question): web::Body<FlagQuestion>,
) -> web::Result<Json<Explained>> {
    Ok(Json(flags.evaluate(&key, question.context).await?))
}
