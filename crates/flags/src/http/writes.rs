//! What people decide at run time.

use std::collections::BTreeMap;

use access::Caller;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use kernel::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::facade::{By, Written};
use crate::{Error, Flags};

/// Why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FlagWish {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RampWish {
    /// Shares from 0 to 1 by variant, 1 in sum; a variant left out gets 0.
    split: BTreeMap<String, f64>,
    #[serde(default)]
    reason: Option<String>,
}

/// Either a revision or a variant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetWish {
    /// The flag becomes what it was then.
    #[serde(default)]
    revision: Option<u64>,
    /// Everybody whom no condition singles out gets it.
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TesterWish {
    variant: String,
    #[serde(default)]
    reason: Option<String>,
}

fn by(caller: &Caller, why: Option<String>) -> By {
    By { who: caller.name(), why: why.filter(|why| !why.trim().is_empty()) }
}

fn answer(written: Result<Written, Error>) -> web::Result<Json<Written>> {
    Ok(Json(written?))
}

/// Turns a flag off for everybody until it is cleared. The answer comes when the edge has it.
#[utoipa::path(post, operation_id = "kill_flag", path = "/api/v1/flags/{key}/kill", tag = "flags",
    params(("key" = String, Path)), request_body = FlagWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn kill(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<FlagWish>,
) -> web::Result<Json<Written>> {
    answer(flags.kill(&key, &by(&caller, wish.reason)).await)
}

/// Ends a kill.
#[utoipa::path(post, operation_id = "clear_flag", path = "/api/v1/flags/{key}/clear", tag = "flags",
    params(("key" = String, Path)), request_body = FlagWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn clear(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<FlagWish>,
) -> web::Result<Json<Written>> {
    answer(flags.clear_kill(&key, &by(&caller, wish.reason)).await)
}

/// New shares. Whoever is in a variant whose share grows stays in it.
#[utoipa::path(post, operation_id = "ramp_flag", path = "/api/v1/flags/{key}/ramp", tag = "flags",
    params(("key" = String, Path)), request_body = RampWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn ramp(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<RampWish>,
) -> web::Result<Json<Written>> {
    answer(flags.ramp(&key, &wish.split, &by(&caller, wish.reason)).await)
}

/// Back to an older revision, or everybody to one variant.
#[utoipa::path(post, operation_id = "set_flag", path = "/api/v1/flags/{key}/set", tag = "flags",
    params(("key" = String, Path)), request_body = SetWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn set(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<SetWish>,
) -> web::Result<Json<Written>> {
    let by = by(&caller, wish.reason);
    match (wish.revision, wish.variant) {
        (Some(revision), None) => answer(flags.set_revision(&key, revision, &by).await),
        (None, Some(variant)) => answer(flags.set_variant(&key, &variant, &by).await),
        _ => {
            let problem = Problem::invalid("either a revision or a variant is needed");
            Err(problem.hint("for example {\"revision\": 217} or {\"variant\": \"on\"}").into())
        }
    }
}

/// A flag that trunk no longer has ends.
#[utoipa::path(post, operation_id = "retire_flag", path = "/api/v1/flags/{key}/retire", tag = "flags",
    params(("key" = String, Path)), request_body = FlagWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn retire(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<FlagWish>,
) -> web::Result<Json<Written>> {
    answer(flags.retire(&key, &by(&caller, wish.reason)).await)
}

/// A targeting key gets a variant of its own; a kill still wins.
#[utoipa::path(put, operation_id = "add_tester", path = "/api/v1/flags/{key}/testers/{targeting_key}", tag = "flags",
    params(("key" = String, Path), ("targeting_key" = String, Path)), request_body = TesterWish,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn add_tester(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path((key, tester)): Path<(String, String)>,
    web::Body(wish): web::Body<TesterWish>,
) -> web::Result<Json<Written>> {
    answer(flags.add_tester(&key, &tester, &wish.variant, &by(&caller, wish.reason)).await)
}

/// The rules say again what the targeting key gets.
#[utoipa::path(delete, operation_id = "remove_tester", path = "/api/v1/flags/{key}/testers/{targeting_key}", tag = "flags",
    params(("key" = String, Path), ("targeting_key" = String, Path)),
    responses((status = 200, body = Written), (status = 404, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
pub(super) async fn remove_tester(
    State(flags): State<Flags>,
    Extension(caller): Extension<Caller>,
    Path((key, tester)): Path<(String, String)>,
) -> web::Result<Json<Written>> {
    answer(flags.remove_tester(&key, &tester, &by(&caller, None)).await)
}
