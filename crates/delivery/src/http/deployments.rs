//! Deployments and whether trunk and production agree.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use kernel::Page;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Delivery;
use crate::provenance::ProvenanceView;
use crate::view::deployment::{DeploymentItem, DeploymentView};
use crate::view::status::Status;

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 100;
const LINES_MAX: usize = 5_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only those of this service.
    service: Option<String>,
    cursor: Option<String>,
    /// 1 to 100
    limit: Option<usize>,
}

/// Deployments, newest first.
#[utoipa::path(get, operation_id = "list_deployments", path = "/api/v1/deployments", tag = "deployments", params(ListQuery),
    responses((status = 200, body = Page<DeploymentItem>), (status = 400, body = web::ProblemBody)))]
pub(super) async fn list(
    State(delivery): State<Delivery>,
    Query(query): Query<ListQuery>,
) -> web::Result<Json<Page<DeploymentItem>>> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    Ok(Json(delivery.deployments(query.service.as_deref(), query.cursor.as_deref(), limit).await?))
}

/// A deployment: its state machine, what happens next, its health, instances and journal.
#[utoipa::path(get, operation_id = "show_deployment", path = "/api/v1/deployments/{number}", tag = "deployments", params(("number" = u64, Path)),
    responses((status = 200, body = DeploymentView), (status = 404, body = web::ProblemBody)))]
pub(super) async fn show(
    State(delivery): State<Delivery>,
    Path(number): Path<u64>,
) -> web::Result<Json<DeploymentView>> {
    Ok(Json(delivery.deployment(number).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// How many of the last lines; 1 to 5,000.
    lines: Option<usize>,
}

/// The last lines that the deployment's instances wrote.
#[utoipa::path(get, operation_id = "read_deployment_log", path = "/api/v1/deployments/{number}/log", tag = "deployments", params(("number" = u64, Path), LogQuery),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = web::ProblemBody)))]
pub(super) async fn log(
    State(delivery): State<Delivery>,
    Path(number): Path<u64>,
    Query(query): Query<LogQuery>,
) -> web::Result<String> {
    Ok(delivery.deployment_log(number, query.lines.unwrap_or(200).clamp(1, LINES_MAX)).await?)
}

/// The log of what was done with a deployment: `migration`, `apply` or `probe-<journey>`.
#[utoipa::path(get, operation_id = "read_deployment_act_log", path = "/api/v1/deployments/{number}/logs/{name}", tag = "deployments", params(("number" = u64, Path), ("name" = String, Path), super::logs::From),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = web::ProblemBody)))]
pub(super) async fn act_log(
    State(delivery): State<Delivery>,
    Path((number, name)): Path<(u64, String)>,
    Query(query): Query<super::logs::From>,
) -> web::Result<Response> {
    Ok(super::logs::answer(&delivery.act_log(number, &name)?, &query).await)
}

/// Where the artifact of a deployment comes from: its signed envelope, and whether that checks out.
#[utoipa::path(get, operation_id = "show_deployment_provenance", path = "/api/v1/deployments/{number}/provenance", tag = "deployments", params(("number" = u64, Path)),
    responses((status = 200, body = ProvenanceView), (status = 404, body = web::ProblemBody)))]
pub(super) async fn provenance(
    State(delivery): State<Delivery>,
    Path(number): Path<u64>,
) -> web::Result<Json<ProvenanceView>> {
    Ok(Json(delivery.provenance(number).await?))
}

/// Whether trunk and production agree, service by service, and why not.
#[utoipa::path(get, path = "/api/v1/deploy/status", tag = "deployments", responses((status = 200, body = Status)))]
pub(super) async fn status(State(delivery): State<Delivery>) -> web::Result<Json<Status>> {
    Ok(Json(delivery.status().await?))
}
