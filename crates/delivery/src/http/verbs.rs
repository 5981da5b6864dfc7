//! What people may do with deployments.

use access::Caller;
use axum::Extension;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Delivery;
use crate::facade::{By, Resumed, RolledBack};

/// Which service, and why; an only service need not be named.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBackWish {
    #[serde(default)]
    service: Option<String>,
    /// The deployment to go back to; by default the one before.
    #[serde(default)]
    to: Option<u64>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResumeWish {
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    /// Release only the hold of this commit.
    #[serde(default)]
    release: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FreezeWish {
    reason: String,
}

/// The deployment that was meant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Meant {
    deployment: u64,
}

/// Whether new deployments begin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Frozen {
    frozen: Option<String>,
}

fn by(caller: &Caller, why: Option<String>) -> By {
    By { who: caller.name(), why }
}

/// Takes a service back. The answer comes at once; the edge routes within a second.
#[utoipa::path(post, path = "/api/v1/deploy/rollback", tag = "deployments", request_body = RollBackWish,
    responses((status = 200, body = RolledBack), (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
pub(super) async fn roll_back(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<RollBackWish>,
) -> web::Result<Json<RolledBack>> {
    Ok(Json(delivery.roll_back(wish.service.as_deref(), wish.to, &by(&caller, wish.reason)).await?))
}

/// Leaves out the rest of a canary.
#[utoipa::path(post, path = "/api/v1/deploy/promote", tag = "deployments", request_body = Wish,
    responses((status = 200, body = Meant), (status = 409, body = web::ProblemBody)))]
pub(super) async fn promote(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<Wish>,
) -> web::Result<Json<Meant>> {
    let deployment = delivery.promote(wish.service.as_deref(), &by(&caller, wish.reason)).await?;
    Ok(Json(Meant { deployment }))
}

/// Stops a deployment where it is; a bad one is still rolled back.
#[utoipa::path(post, path = "/api/v1/deploy/pause", tag = "deployments", request_body = Wish,
    responses((status = 200, body = Meant), (status = 409, body = web::ProblemBody)))]
pub(super) async fn pause(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<Wish>,
) -> web::Result<Json<Meant>> {
    let deployment = delivery.pause(wish.service.as_deref(), &by(&caller, wish.reason)).await?;
    Ok(Json(Meant { deployment }))
}

/// Lets a paused deployment go on, releases holds, and lets failed ones be tried again.
#[utoipa::path(post, path = "/api/v1/deploy/resume", tag = "deployments", request_body = ResumeWish,
    responses((status = 200, body = Resumed), (status = 409, body = web::ProblemBody)))]
pub(super) async fn resume(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<ResumeWish>,
) -> web::Result<Json<Resumed>> {
    let by = by(&caller, wish.reason);
    Ok(Json(delivery.resume(wish.service.as_deref(), wish.release.as_deref(), &by).await?))
}

/// No new deployment begins until it is lifted; rollbacks do.
#[utoipa::path(post, path = "/api/v1/deploy/freeze", tag = "deployments", request_body = FreezeWish,
    responses((status = 200, body = Frozen)))]
pub(super) async fn freeze(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<FreezeWish>,
) -> web::Result<Json<Frozen>> {
    delivery.freeze(&wish.reason, &by(&caller, Some(wish.reason.clone()))).await?;
    Ok(Json(Frozen { frozen: Some(wish.reason) }))
}

/// Ends the freeze; what waited begins.
#[utoipa::path(post, path = "/api/v1/deploy/unfreeze", tag = "deployments", responses((status = 200, body = Frozen)))]
pub(super) async fn unfreeze(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
) -> web::Result<Json<Frozen>> {
    delivery.unfreeze(&by(&caller, None)).await?;
    Ok(Json(Frozen { frozen: None }))
}
