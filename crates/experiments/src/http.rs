//! Experiments' routes.

use access::Caller;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use kernel::Page;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{By, Choice, ExperimentRow, ExperimentView, Experiments, LookView, RunView};

/// Everything that experiments serve, with its documentation.
pub fn routes(experiments: Experiments) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(run))
        .routes(routes!(looks))
        .routes(routes!(start))
        .routes(routes!(stop))
        .routes(routes!(decide))
        .with_state(experiments)
}

/// Experiments by name.
#[utoipa::path(get, operation_id = "list_experiments", path = "/api/v1/experiments", tag = "experiments",
    responses((status = 200, body = Page<ExperimentRow>)))]
async fn list(State(experiments): State<Experiments>) -> web::Result<Json<Page<ExperimentRow>>> {
    Ok(Json(Page { items: experiments.list().await?, next: None }))
}

/// One experiment: arms, metrics with intervals, and the verdict of its newest look.
#[utoipa::path(get, operation_id = "show_experiment", path = "/api/v1/experiments/{key}", tag = "experiments",
    params(("key" = String, Path)),
    responses((status = 200, body = ExperimentView), (status = 404, body = web::ProblemBody)))]
async fn show(State(experiments): State<Experiments>, Path(key): Path<String>) -> web::Result<Json<ExperimentView>> {
    Ok(Json(experiments.show(&key).await?))
}

/// One of its runs as it stands or ended: what it was decided by, and what was decided.
#[utoipa::path(get, operation_id = "show_experiment_run", path = "/api/v1/experiments/{key}/runs/{run}", tag = "experiments",
    params(("key" = String, Path), ("run" = u64, Path, description = "1 is the first")),
    responses((status = 200, body = RunView), (status = 404, body = web::ProblemBody)))]
async fn run(
    State(experiments): State<Experiments>,
    Path((key, run)): Path<(String, u64)>,
) -> web::Result<Json<RunView>> {
    Ok(Json(experiments.run(&key, run).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LooksWish {
    /// Of which run, 1 is the first; the newest else.
    #[serde(default)]
    run: Option<u64>,
}

/// The looks of a run, oldest first: what each saw and said. Of more than 500 the first, the newest, the ones that decided and an
/// even spread.
#[utoipa::path(get, operation_id = "list_experiment_looks", path = "/api/v1/experiments/{key}/looks", tag = "experiments",
    params(("key" = String, Path), LooksWish),
    responses((status = 200, body = Page<LookView>), (status = 404, body = web::ProblemBody)))]
async fn looks(
    State(experiments): State<Experiments>,
    Path(key): Path<String>,
    Query(wish): Query<LooksWish>,
) -> web::Result<Json<Page<LookView>>> {
    Ok(Json(Page { items: experiments.looks(&key, wish.run).await?, next: None }))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExperimentWish {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DecisionWish {
    decision: Choice,
    reason: String,
}

fn by(caller: &Caller, why: Option<String>) -> By {
    By { who: caller.name(), why: why.filter(|why| !why.trim().is_empty()) }
}

/// From now on persons are counted, from nobody on; what earlier runs counted and said stays with them.
#[utoipa::path(post, operation_id = "start_experiment", path = "/api/v1/experiments/{key}/start", tag = "experiments",
    params(("key" = String, Path)), request_body = ExperimentWish,
    responses((status = 200, body = ExperimentView), (status = 400, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn start(
    State(experiments): State<Experiments>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<ExperimentWish>,
) -> web::Result<Json<ExperimentView>> {
    Ok(Json(experiments.begin(&key, &by(&caller, wish.reason)).await?))
}

/// Ends it without a decision.
#[utoipa::path(post, operation_id = "stop_experiment", path = "/api/v1/experiments/{key}/stop", tag = "experiments",
    params(("key" = String, Path)), request_body = ExperimentWish,
    responses((status = 200, body = ExperimentView), (status = 400, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn stop(
    State(experiments): State<Experiments>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<ExperimentWish>,
) -> web::Result<Json<ExperimentView>> {
    Ok(Json(experiments.stop(&key, &by(&caller, wish.reason)).await?))
}

/// Ends it as a person says, whatever the figures do; the reason is shown beside the verdict.
#[utoipa::path(post, operation_id = "decide_experiment", path = "/api/v1/experiments/{key}/decide", tag = "experiments",
    params(("key" = String, Path)), request_body = DecisionWish,
    responses((status = 200, body = ExperimentView), (status = 400, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn decide(
    State(experiments): State<Experiments>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    web::Body(wish): web::Body<DecisionWish>,
) -> web::Result<Json<ExperimentView>> {
    Ok(Json(experiments.decide(&key, wish.decision, &by(&caller, Some(wish.reason))).await?))
}
