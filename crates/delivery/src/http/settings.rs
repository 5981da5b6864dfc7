//! Repositories, secrets, and the bell that a git host rings.

use access::Caller;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use kernel::{Page, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::facade::By;
use crate::{Delivery, SecretName, store};

/// A watched repository.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RepositoryView {
    name: String,
    url: String,
    branch: Option<String>,
    head: Option<String>,
    /// What is wrong with it, if something is.
    last_error: Option<String>,
}

/// Repositories whose trunk is watched.
#[utoipa::path(get, path = "/api/v1/repositories", tag = "settings", responses((status = 200, body = Page<RepositoryView>)))]
pub(super) async fn repositories(State(delivery): State<Delivery>) -> web::Result<Json<Page<RepositoryView>>> {
    let all = store::repository::repositories(delivery.engine.db()).await.map_err(crate::Error::from)?;
    let items = all.into_iter().map(|r| RepositoryView {
        name: r.name,
        url: crate::git::without_credentials(&r.url),
        branch: r.branch,
        head: r.head,
        last_error: r.last_error,
    });
    Ok(Json(Page { items: items.collect(), next: None }))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRepository {
    /// Lower-case letters, digits and `-`.
    name: String,
    /// A path on this machine or an address that git understands.
    url: String,
    #[serde(default)]
    branch: Option<String>,
}

/// Watches the trunk of another repository of the product.
#[utoipa::path(post, path = "/api/v1/repositories", tag = "settings", request_body = NewRepository,
    responses((status = 201), (status = 400, body = web::ProblemBody)))]
pub(super) async fn add_repository(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    web::Body(new): web::Body<NewRepository>,
) -> web::Result<StatusCode> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if new.name.is_empty() || !new.name.chars().all(is_name) {
        return Err(Problem::invalid(format!("{:?} cannot name a repository", new.name))
            .hint("lower-case letters, digits and -")
            .into());
    }
    let by = By { who: caller.name(), why: None };
    delivery.add_repository(&new.name, &new.url, new.branch.as_deref(), &by).await?;
    Ok(StatusCode::CREATED)
}

/// Names of secrets. Values are never shown.
#[utoipa::path(get, path = "/api/v1/secrets", tag = "settings", responses((status = 200, body = Page<SecretName>)))]
pub(super) async fn secrets(State(delivery): State<Delivery>) -> web::Result<Json<Page<SecretName>>> {
    Ok(Json(Page { items: delivery.secrets().await?, next: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretValue {
    value: String,
}

/// Sets a secret of a service; the next deployment has it.
#[utoipa::path(put, path = "/api/v1/secrets/{service}/{name}", tag = "settings", request_body = SecretValue,
    params(("service" = String, Path), ("name" = String, Path)), responses((status = 204), (status = 400, body = web::ProblemBody)))]
pub(super) async fn set_secret(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    Path((service, name)): Path<(String, String)>,
    web::Body(body): web::Body<SecretValue>,
) -> web::Result<StatusCode> {
    delivery.set_secret(&service, &name, &body.value, &By { who: caller.name(), why: None }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a secret.
#[utoipa::path(delete, path = "/api/v1/secrets/{service}/{name}", tag = "settings",
    params(("service" = String, Path), ("name" = String, Path)), responses((status = 204), (status = 404, body = web::ProblemBody)))]
pub(super) async fn remove_secret(
    State(delivery): State<Delivery>,
    Extension(caller): Extension<Caller>,
    Path((service, name)): Path<(String, String)>,
) -> web::Result<StatusCode> {
    delivery.remove_secret(&service, &name, &By { who: caller.name(), why: None }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says that trunk may have moved: from a `post-receive` hook with an admin token, or from a git host's webhook, signed with
/// `x-hub-signature-256`.
#[utoipa::path(post, path = "/api/v1/trunk/poke", tag = "settings", request_body = Option<serde_json::Value>,
    responses((status = 202), (status = 401, body = web::ProblemBody)))]
pub(super) async fn poke(
    State(delivery): State<Delivery>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
    body: Bytes,
) -> web::Result<StatusCode> {
    let is_admin = caller.is_some_and(|Extension(caller)| caller.role == access::Role::Admin);
    let signature = headers.get("x-hub-signature-256").and_then(|v| v.to_str().ok());
    if !is_admin && !signature.is_some_and(|signature| delivery.is_signed(signature, &body)) {
        return Err(Problem::new(
            kernel::Kind::Unauthenticated,
            "the webhook is not signed with this installation's secret",
        )
        .hint("the settings page shows the secret to set at the git host; the header is x-hub-signature-256")
        .into());
    }
    delivery.poke_trunk();
    Ok(StatusCode::ACCEPTED)
}
