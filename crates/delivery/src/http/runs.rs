//! Runs.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;

use crate::Delivery;
use crate::view::run::RunView;

/// A run of the pipeline with its steps.
#[utoipa::path(get, operation_id = "show_run", path = "/api/v1/runs/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunView), (status = 404, body = web::ProblemBody)))]
pub(super) async fn show(State(delivery): State<Delivery>, Path(id): Path<String>) -> web::Result<Json<RunView>> {
    Ok(Json(delivery.run(&id).await?))
}

/// Ends a run that is running. Its change does not ship by itself.
#[utoipa::path(post, operation_id = "cancel_run", path = "/api/v1/runs/{id}/cancel", tag = "runs", params(("id" = String, Path)),
    responses((status = 202), (status = 409, body = web::ProblemBody)))]
pub(super) async fn cancel(State(delivery): State<Delivery>, Path(id): Path<String>) -> web::Result<StatusCode> {
    delivery.cancel_run(&id)?;
    Ok(StatusCode::ACCEPTED)
}
