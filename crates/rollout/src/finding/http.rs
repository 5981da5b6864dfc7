//! Routes of findings.

use access::Caller;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{FindingPage, FindingView, Findings};

/// What is found in production, with its documentation.
pub fn routes(findings: Findings) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(kill)).with_state(findings)
}

fn problem(error: crate::Error) -> web::Error {
    kernel::Problem::from(error).into()
}

/// Findings in what is or was live, open ones first; what is live and not known; how old the advisories are.
#[utoipa::path(get, operation_id = "list_findings", path = "/api/v1/findings", tag = "security",
    responses((status = 200, body = FindingPage)))]
async fn list(State(findings): State<Findings>) -> web::Result<Json<FindingPage>> {
    Ok(Json(findings.list().await.map_err(problem)?))
}

/// One finding with its history, by its key or one of its advisory's ids.
#[utoipa::path(get, operation_id = "show_finding", path = "/api/v1/findings/{id}", tag = "security",
    params(("id" = String, Path)),
    responses((status = 200, body = FindingView), (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn show(State(findings): State<Findings>, Path(id): Path<String>) -> web::Result<Json<FindingView>> {
    Ok(Json(findings.show(&id).await.map_err(problem)?))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FindingKillWish {
    #[serde(default)]
    reason: Option<String>,
}

/// Kills the flag of the change that brought it: once this answers, nobody is given its other variants any more.
#[utoipa::path(post, operation_id = "kill_finding", path = "/api/v1/findings/{id}/kill", tag = "security",
    params(("id" = String, Path)), request_body = FindingKillWish,
    responses((status = 200, body = FindingView), (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn kill(
    State(findings): State<Findings>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    web::Body(wish): web::Body<FindingKillWish>,
) -> web::Result<Json<FindingView>> {
    let by = flags::By { who: caller.name(), why: wish.reason.filter(|why| !why.trim().is_empty()) };
    Ok(Json(findings.kill(&id, &by).await.map_err(problem)?))
}
