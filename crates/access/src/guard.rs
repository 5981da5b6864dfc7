//! The middleware in front of every route: finds out who calls, and asks the table.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kernel::{Kind, Problem};

use crate::Access;
use crate::rules::{self, Role, Who};
use crate::secret;

/// The console's cookie.
pub(crate) const COOKIE: &str = "trunkline_session";
const CSRF: &str = "x-csrf-token";

/// Who calls. Handlers find it among the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub role: Role,
    name: String,
    /// Whom the token or session is of, where that was said.
    person: Option<String>,
    /// The cookie that it rests on.
    pub(crate) cookie: Option<String>,
}

impl Caller {
    /// A part of the system itself.
    pub fn system(name: &str) -> Self {
        Self { role: Role::Admin, name: name.to_owned(), person: None, cookie: None }
    }

    /// As it stands in the audit log: the person, else the token's name.
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// The person whose token or session it is; none where nobody said.
    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }
}

/// Refuses what the table does not allow; puts the [`Caller`] into the request otherwise.
pub async fn guard(State(access): State<Access>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&access, &parts).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                parts.extensions.insert(caller);
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => match other_methods(&parts) {
            Some(others) => wrong_method(&parts, &others),
            None => web::Error::from(problem).into_response(),
        },
    }
}

/// The methods that the table names for the request's route, if it names others than the request's.
fn other_methods(request: &Parts) -> Option<String> {
    let path = request.extensions.get::<MatchedPath>()?.as_str();
    let others = rules::methods(path);
    (rules::rule(request.method.as_str(), path).is_none() && !others.is_empty()).then(|| others.join(", "))
}

fn wrong_method(request: &Parts, others: &str) -> Response {
    let problem = Problem::invalid(format!("{} cannot be used on {}", request.method, request.uri.path()));
    let mut response = web::Error::from(problem.hint(format!("it takes {others}"))).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(others) = HeaderValue::from_str(others) {
        response.headers_mut().insert(header::ALLOW, others);
    }
    response
}

async fn admit(access: &Access, request: &Parts) -> Result<Option<Caller>, Problem> {
    let path = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    // What no route matches is answered by the fallback, which gives nothing away.
    let Some(path) = path else { return Ok(None) };
    let unlisted = || Problem::new(Kind::Forbidden, format!("{} {path} is not served", request.method));
    let who = rules::rule(request.method.as_str(), path).ok_or_else(unlisted)?;
    let caller = match (who, find_caller(access, request).await) {
        // The route proves its caller itself: an old session must not keep a new link from signing in.
        (Who::Anyone, Err(_)) => None,
        (_, found) => found?,
    };
    match (who, caller) {
        (Who::Anyone, caller) => Ok(caller),
        (Who::Admins, Some(caller)) if caller.role == Role::Admin => Ok(Some(caller)),
        (Who::Admins, Some(caller)) => {
            let message = format!("a {} token may not do this; it needs the role admin", caller.role.text());
            Err(Problem::new(Kind::Forbidden, message).hint("`trunkline token create --role admin` makes one"))
        }
        (Who::Admins, None) => {
            Err(Problem::new(Kind::Unauthenticated, "no token or session that is in force came with the request")
                .hint("send `Authorization: Bearer <token>`; the data folder's admin.token holds one"))
        }
    }
}

async fn find_caller(access: &Access, request: &Parts) -> Result<Option<Caller>, Problem> {
    if let Some(token) = token(&request.headers) {
        let Some(found) = access.find_token(&token).await? else { return Ok(None) };
        if let Err(error) = access.note_use(&found).await {
            // A full disk is no reason to refuse who may ask.
            tracing::warn!(error = %error, "the use of a token could not be noted");
        }
        let person = found.person.clone();
        let name = found.person.or(found.name).unwrap_or_else(|| format!("token {}", found.id));
        return Ok(Some(Caller { role: found.role, name, person, cookie: None }));
    }
    let Some(cookie) = cookie(&request.headers) else { return Ok(None) };
    let Some(session) = access.find_session(&cookie).await? else { return Ok(None) };
    if !is_read(&request.method) {
        prove_own_page(&request.headers, &session.csrf)?;
    }
    let person = session.person.clone();
    let name = session.person.unwrap_or_else(|| "console".to_owned());
    Ok(Some(Caller { role: session.role, name, person, cookie: Some(cookie) }))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A write with a cookie must come from our own page: it knows the session's CSRF token, and the browser says so too.
fn prove_own_page(headers: &HeaderMap, csrf: &str) -> Result<(), Problem> {
    let refused = |why: &str| {
        Problem::new(Kind::Forbidden, format!("this write does not come from the console: {why}"))
            .hint("reload the page")
    };
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(refused("another site asks for it"));
    }
    if !secret::is_same(text(CSRF).unwrap_or_default(), csrf) {
        return Err(refused("x-csrf-token is missing or wrong"));
    }
    Ok(())
}

fn token(headers: &HeaderMap) -> Option<String> {
    let text = |name: http::HeaderName| headers.get(name).and_then(|v| v.to_str().ok().map(str::to_owned));
    let bearer = text(header::AUTHORIZATION).and_then(|v| {
        let (scheme, token) = v.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    bearer.or_else(|| text(http::HeaderName::from_static("x-api-key")))
}

/// The session cookie's value.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    })
}
