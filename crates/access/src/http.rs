//! Access's routes: signing in and out, tokens, the audit log.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Page, Problem};
use serde::{Deserialize, Serialize};
use storage::{AuditError, audit_page};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::facade::{Access, Issued, NewToken, SESSION_LASTS, Session};
use crate::guard::{COOKIE, cookie};
use crate::{Caller, TokenRow};

/// Everything that access serves, with its documentation.
pub fn routes(access: Access) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sign_in, session, sign_out))
        .routes(routes!(create_link))
        .routes(routes!(tokens, create_token))
        .routes(routes!(revoke_token))
        .routes(routes!(audit))
        .with_state(access)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The part of the one-time link behind `link=`.
    link: String,
}

/// Signs in with a one-time link; sets the session cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "access", request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = web::ProblemBody)))]
async fn sign_in(State(access): State<Access>, web::Body(body): web::Body<SignIn>) -> web::Result<Response> {
    let (value, session) = access.sign_in(&body.link).await?;
    Ok(with_cookie(Json(session).into_response(), &value, SESSION_LASTS.as_secs()))
}

/// SameSite=Strict keeps it from other sites' requests; HttpOnly from scripts.
fn with_cookie(mut response: Response, value: &str, seconds: i64) -> Response {
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The session of this browser.
#[utoipa::path(get, path = "/api/v1/session", tag = "access", responses((status = 200, body = Session), (status = 401, body = web::ProblemBody)))]
async fn session(State(access): State<Access>, headers: HeaderMap) -> web::Result<Json<Session>> {
    let found = match cookie(&headers) {
        Some(cookie) => access.find_session(&cookie).await?,
        None => None,
    };
    let none = || {
        Problem::new(kernel::Kind::Unauthenticated, "there is no session: the request came with a token")
            .hint("sign in with a one-time link")
    };
    Ok(Json(found.ok_or_else(none)?))
}

/// Signs this browser out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "access", responses((status = 204)))]
async fn sign_out(State(access): State<Access>, Extension(caller): Extension<Caller>) -> web::Result<Response> {
    if let Some(cookie) = &caller.cookie {
        access.sign_out(cookie, &caller).await?;
    }
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), "", 0))
}

/// A link that signs a browser in once.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    url: String,
    expires: String,
}

/// Makes a one-time sign-in link.
#[utoipa::path(post, path = "/api/v1/links", tag = "access", responses((status = 200, body = Link)))]
async fn create_link(
    State(access): State<Access>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> web::Result<Json<Link>> {
    let (link, expires) = access.create_link(&caller).await?;
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("127.0.0.1:7300");
    Ok(Json(Link { url: format!("http://{host}/console/?link={link}"), expires: expires.to_string() }))
}

/// Tokens that people made. The tokens themselves are not known any more.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "access", responses((status = 200, body = Page<TokenRow>)))]
async fn tokens(State(access): State<Access>) -> web::Result<Json<Page<TokenRow>>> {
    Ok(Json(Page { items: access.tokens().await?, next: None }))
}

/// Makes a token. It is shown once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "access", request_body = NewToken,
    responses((status = 201, body = Issued), (status = 400, body = web::ProblemBody)))]
async fn create_token(
    State(access): State<Access>,
    Extension(caller): Extension<Caller>,
    web::Body(new): web::Body<NewToken>,
) -> web::Result<(StatusCode, Json<Issued>)> {
    Ok((StatusCode::CREATED, Json(access.create_token(&new, &caller).await?)))
}

/// Ends a token at once.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "access", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = web::ProblemBody)))]
async fn revoke_token(
    State(access): State<Access>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> web::Result<StatusCode> {
    access.revoke_token(&id, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    cursor: Option<String>,
    /// 1 to 100
    limit: Option<usize>,
}

/// One change of state.
#[derive(Debug, Serialize, ToSchema)]
struct AuditEntry {
    at: String,
    who: String,
    what: String,
    subject: String,
    why: Option<String>,
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
}

/// Every change of state, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "access", params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 400, body = web::ProblemBody)))]
async fn audit(State(access): State<Access>, Query(query): Query<AuditQuery>) -> web::Result<Json<Page<AuditEntry>>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    let page = audit_page(access.db(), query.cursor.as_deref(), limit).await.map_err(|error| match error {
        AuditError::Cursor(problem) => problem,
        AuditError::Store(error) => Problem::internal(error.to_string()),
    })?;
    Ok(Json(page.map(|row| AuditEntry {
        at: row.at,
        who: row.who,
        what: row.what,
        subject: row.subject,
        why: row.why,
        before: row.before,
        after: row.after,
    })))
}
