//! Routes of guarded ramps.

use access::Caller;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use flags::By;
use kernel::{Page, Problem};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{RampView, RampWish, Ramps};
use crate::facade::{Error, Rollout};

const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 100;

fn problem(error: Error) -> web::Error {
    Problem::from(error).into()
}

fn ramps(rollout: &Rollout) -> web::Result<&Ramps> {
    rollout.ramps.as_ref().ok_or_else(|| Problem::unavailable("nothing is known of flags here").into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RampsQuery {
    /// Of this flag only
    flag: Option<String>,
    cursor: Option<String>,
    /// 1 to 100
    limit: Option<usize>,
}

/// Guarded ramps, the newest first.
#[utoipa::path(get, operation_id = "list_ramps", path = "/api/v1/ramps", tag = "ramps", params(RampsQuery),
    responses((status = 200, body = Page<RampView>), (status = 400, body = web::ProblemBody)))]
pub(crate) async fn list(
    State(rollout): State<Rollout>,
    Query(query): Query<RampsQuery>,
) -> web::Result<Json<Page<RampView>>> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let page = ramps(&rollout)?.list(query.flag.as_deref(), query.cursor.as_deref(), limit).await;
    Ok(Json(page.map_err(problem)?))
}

/// One guarded ramp: stages, evidence, and what became of it.
#[utoipa::path(get, operation_id = "show_ramp", path = "/api/v1/ramps/{number}", tag = "ramps", params(("number" = u64, Path)),
    responses((status = 200, body = RampView), (status = 404, body = web::ProblemBody)))]
pub(crate) async fn show(State(rollout): State<Rollout>, Path(number): Path<u64>) -> web::Result<Json<RampView>> {
    Ok(Json(ramps(&rollout)?.show(number).await.map_err(problem)?))
}

/// A flag's share grows by stages while customers do no worse.
#[utoipa::path(post, operation_id = "begin_ramp", path = "/api/v1/ramps", tag = "ramps", request_body = RampWish,
    responses((status = 200, body = RampView), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody)))]
pub(crate) async fn begin(
    State(rollout): State<Rollout>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<RampWish>,
) -> web::Result<Json<RampView>> {
    Ok(Json(ramps(&rollout)?.begin(&wish, &caller.name()).await.map_err(problem)?))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RampReason {
    /// Shown with the ramp, and in the audit log.
    reason: String,
}

fn by(caller: &Caller, reason: RampReason) -> By {
    By { who: caller.name(), why: Some(reason.reason).filter(|why| !why.trim().is_empty()) }
}

/// It stays where it is until somebody resumes it; the guard still turns back what does harm.
#[utoipa::path(post, operation_id = "pause_ramp", path = "/api/v1/ramps/{number}/pause", tag = "ramps",
    params(("number" = u64, Path)), request_body = RampReason,
    responses((status = 200, body = RampView), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody)))]
pub(crate) async fn pause(
    State(rollout): State<Rollout>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<u64>,
    web::Body(reason): web::Body<RampReason>,
) -> web::Result<Json<RampView>> {
    Ok(Json(ramps(&rollout)?.pause(number, &by(&caller, reason)).await.map_err(problem)?))
}

/// A ramp that holds goes on.
#[utoipa::path(post, operation_id = "resume_ramp", path = "/api/v1/ramps/{number}/resume", tag = "ramps",
    params(("number" = u64, Path)), request_body = RampReason,
    responses((status = 200, body = RampView), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody)))]
pub(crate) async fn resume(
    State(rollout): State<Rollout>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<u64>,
    web::Body(reason): web::Body<RampReason>,
) -> web::Result<Json<RampView>> {
    Ok(Json(ramps(&rollout)?.resume(number, &by(&caller, reason)).await.map_err(problem)?))
}

/// A ramp ends, and its flag stays as it is.
#[utoipa::path(post, operation_id = "cancel_ramp", path = "/api/v1/ramps/{number}/cancel", tag = "ramps",
    params(("number" = u64, Path)), request_body = RampReason,
    responses((status = 200, body = RampView), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody)))]
pub(crate) async fn cancel(
    State(rollout): State<Rollout>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<u64>,
    web::Body(reason): web::Body<RampReason>,
) -> web::Result<Json<RampView>> {
    Ok(Json(ramps(&rollout)?.cancel(number, &by(&caller, reason)).await.map_err(problem)?))
}
