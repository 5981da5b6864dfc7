//! Ownership's routes.

use access::Caller;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use kernel::Page;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::view::{DomainView, DomainsView, PrincipleView, PrinciplesView, WaiverView};
use crate::{By, Ownership, WaiverWish};

/// Everything that ownership serves, with its documentation.
pub fn routes(ownership: Ownership) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(domains))
        .routes(routes!(domain))
        .routes(routes!(principles))
        .routes(routes!(principle))
        .routes(routes!(agree, withdraw))
        .routes(routes!(waivers, ask))
        .routes(routes!(approve))
        .routes(routes!(end))
        .with_state(ownership)
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WaiverDecision {
    #[serde(default)]
    reason: Option<String>,
}

fn by(caller: &Caller, why: Option<String>) -> By {
    let why = why.filter(|why| !why.trim().is_empty());
    By { who: caller.name(), person: caller.person().map(str::to_owned), why }
}

/// Who owns what on trunk, and what nobody owns.
#[utoipa::path(get, operation_id = "list_domains", path = "/api/v1/domains", tag = "ownership",
    responses((status = 200, body = DomainsView)))]
async fn domains(State(ownership): State<Ownership>) -> web::Result<Json<DomainsView>> {
    Ok(Json(ownership.domains().await?))
}

/// One domain: what it owns, who answers for it, what breaks principles at it.
#[utoipa::path(get, operation_id = "show_domain", path = "/api/v1/domains/{key}", tag = "ownership",
    params(("key" = String, Path)),
    responses((status = 200, body = DomainView), (status = 404, body = web::ProblemBody)))]
async fn domain(State(ownership): State<Ownership>, Path(key): Path<String>) -> web::Result<Json<DomainView>> {
    Ok(Json(ownership.domain(&key).await?))
}

/// The principles of trunk.
#[utoipa::path(get, operation_id = "list_principles", path = "/api/v1/principles", tag = "ownership",
    responses((status = 200, body = PrinciplesView)))]
async fn principles(State(ownership): State<Ownership>) -> web::Result<Json<PrinciplesView>> {
    Ok(Json(ownership.principles().await?))
}

/// The page of a principle: statement, why, who agreed, its checks, how often it helped or was waived.
#[utoipa::path(get, operation_id = "show_principle", path = "/api/v1/principles/{key}", tag = "ownership",
    params(("key" = String, Path)),
    responses((status = 200, body = PrincipleView), (status = 404, body = web::ProblemBody)))]
async fn principle(State(ownership): State<Ownership>, Path(key): Path<String>) -> web::Result<Json<PrincipleView>> {
    Ok(Json(ownership.principle(&key).await?))
}

/// The person of the token or session agrees to a principle, as it is worded now.
#[utoipa::path(put, operation_id = "agree_to_principle", path = "/api/v1/principles/{key}/agreement", tag = "ownership",
    params(("key" = String, Path)),
    responses((status = 200, body = PrincipleView), (status = 403, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody)))]
async fn agree(
    State(ownership): State<Ownership>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
) -> web::Result<Json<PrincipleView>> {
    Ok(Json(ownership.agree(&key, &by(&caller, None)).await?))
}

/// They take it back.
#[utoipa::path(delete, operation_id = "withdraw_from_principle", path = "/api/v1/principles/{key}/agreement",
    tag = "ownership", params(("key" = String, Path)),
    responses((status = 200, body = PrincipleView), (status = 403, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody)))]
async fn withdraw(
    State(ownership): State<Ownership>,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
) -> web::Result<Json<PrincipleView>> {
    Ok(Json(ownership.withdraw(&key, &by(&caller, None)).await?))
}

/// All waivers, those that wait first.
#[utoipa::path(get, operation_id = "list_waivers", path = "/api/v1/waivers", tag = "ownership",
    responses((status = 200, body = Page<WaiverView>)))]
async fn waivers(State(ownership): State<Ownership>) -> web::Result<Json<Page<WaiverView>>> {
    Ok(Json(Page { items: ownership.waivers().await?, next: None }))
}

/// Asks for a waiver; somebody of the owning domain decides.
#[utoipa::path(post, operation_id = "ask_for_waiver", path = "/api/v1/waivers", tag = "ownership",
    request_body = WaiverWish,
    responses((status = 200, body = WaiverView), (status = 400, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody)))]
async fn ask(
    State(ownership): State<Ownership>,
    Extension(caller): Extension<Caller>,
    web::Body(wish): web::Body<WaiverWish>,
) -> web::Result<Json<WaiverView>> {
    Ok(Json(ownership.ask(&wish, &by(&caller, None)).await?))
}

/// Grants a waiver: somebody of the owning domain may, and not who asked.
#[utoipa::path(post, operation_id = "approve_waiver", path = "/api/v1/waivers/{number}/approve", tag = "ownership",
    params(("number" = u64, Path)), request_body = WaiverDecision,
    responses((status = 200, body = WaiverView), (status = 403, body = web::ProblemBody),
        (status = 404, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn approve(
    State(ownership): State<Ownership>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<u64>,
    web::Body(wish): web::Body<WaiverDecision>,
) -> web::Result<Json<WaiverView>> {
    Ok(Json(ownership.approve(number, &by(&caller, wish.reason)).await?))
}

/// Declines a waiver that was asked for, or revokes one that was granted.
#[utoipa::path(post, operation_id = "end_waiver", path = "/api/v1/waivers/{number}/end", tag = "ownership",
    params(("number" = u64, Path)), request_body = WaiverDecision,
    responses((status = 200, body = WaiverView), (status = 404, body = web::ProblemBody),
        (status = 409, body = web::ProblemBody)))]
async fn end(
    State(ownership): State<Ownership>,
    Extension(caller): Extension<Caller>,
    Path(number): Path<u64>,
    web::Body(wish): web::Body<WaiverDecision>,
) -> web::Result<Json<WaiverView>> {
    Ok(Json(ownership.end_waiver(number, &by(&caller, wish.reason)).await?))
}
