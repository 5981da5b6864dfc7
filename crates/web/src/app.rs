//! One application out of the routes of all contexts.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, StatusCode, header};
use kernel::{Kind, Problem};
use utoipa::openapi::{InfoBuilder, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{Error, Metrics};

/// A body may have this many bytes.
const BODY_BYTES_MAX: usize = 2 << 20;
/// The framework says why in a line.
const REFUSAL_BYTES_MAX: usize = 4 << 10;

/// Answers whether a part can serve; the text says what is missing.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Unready>> + Send + Sync>;

/// More lines for `/metrics`, in the Prometheus text format.
pub type Exposition = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// A part cannot serve now.
#[derive(Debug, Clone)]
pub struct Unready(pub String);

/// Routes being collected.
pub struct App {
    routes: OpenApiRouter,
    undocumented: Router,
    readiness: Vec<Readiness>,
    expositions: Vec<Exposition>,
    metrics: Metrics,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// An application with nothing but `/healthz`, `/readyz` and `/metrics`.
    pub fn new(metrics: Metrics) -> Self {
        Self {
            routes: OpenApiRouter::new(),
            undocumented: Router::new(),
            readiness: Vec::new(),
            expositions: Vec::new(),
            metrics,
        }
    }

    /// Adds the routes of a context.
    #[must_use]
    pub fn merge(mut self, routes: OpenApiRouter) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Adds routes that are no part of the API's document, for example the console's files.
    #[must_use]
    pub fn merge_undocumented(mut self, routes: Router) -> Self {
        self.undocumented = self.undocumented.merge(routes);
        self
    }

    /// Adds a part that must be ready before the whole is.
    #[must_use]
    pub fn ready_when(mut self, readiness: Readiness) -> Self {
        self.readiness.push(readiness);
        self
    }

    /// Adds the metrics of a part that keeps its own.
    #[must_use]
    pub fn expose(mut self, exposition: Exposition) -> Self {
        self.expositions.push(exposition);
        self
    }

    /// The router and the OpenAPI document of everything in it.
    pub fn finish(self, title: &str, version: &str) -> (Router, OpenApi) {
        let (documented, mut document) = self.routes.split_for_parts();
        document.info = InfoBuilder::new().title(title).version(version).build();
        crate::document::complete(&mut document);
        let text = document.to_pretty_json().unwrap_or_default();
        let openapi = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
        let readiness = Arc::new(self.readiness);
        let metrics = self.metrics;
        let expositions = Arc::new(self.expositions);
        let router = documented
            .merge(self.undocumented)
            .route("/api/v1/openapi.json", openapi)
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(move || ready(Arc::clone(&readiness))))
            .route("/metrics", get(move || exposed(metrics.clone(), Arc::clone(&expositions))))
            .fallback(unknown)
            .method_not_allowed_fallback(wrong_method)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(middleware::from_fn(told_as_problems))
            .layer(middleware::from_fn(harden))
            .layer(middleware::from_fn(count));
        (router, document)
    }
}

async fn ready(parts: Arc<Vec<Readiness>>) -> Response {
    for part in parts.iter() {
        if let Err(Unready(why)) = part().await {
            return Error::from(Problem::unavailable(why)).into_response();
        }
    }
    "ready\n".into_response()
}

async fn exposed(metrics: Metrics, others: Arc<Vec<Exposition>>) -> String {
    let mut text = metrics.render();
    for other in others.iter() {
        text.push_str(&other().await);
    }
    text
}

async fn unknown(request: Request) -> Error {
    let path = request.uri().path();
    Problem::not_found(format!("there is nothing at {path}")).hint("/api/v1/openapi.json lists what there is").into()
}

async fn wrong_method(request: Request) -> Response {
    let problem = Problem::invalid(format!("{} cannot be used on {}", request.method(), request.uri().path()));
    let mut response = Error::from(problem.hint("/api/v1/openapi.json lists what can")).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// What the framework refuses by itself (a query or a path that cannot be read) is told like everything else.
async fn told_as_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_plain =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let kind = match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Kind::InvalidInput,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        _ => return response,
    };
    if !is_plain {
        return response;
    }
    let bytes = axum::body::to_bytes(response.into_body(), REFUSAL_BYTES_MAX).await.unwrap_or_default();
    Error::from(Problem::new(kind, String::from_utf8_lossy(&bytes).trim())).into_response()
}

/// Headers that every answer has unless it chose its own.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn count(matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let route = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().to_string();
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("trunkline_http_requests_total", "route" => route.clone(), "method" => method, "status" => status).increment(1);
    metrics::histogram!("trunkline_http_request_seconds", "route" => route).record(begun.elapsed().as_secs_f64());
    response
}
