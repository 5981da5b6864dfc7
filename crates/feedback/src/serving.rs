//! The face at the edge: gives posthog-js the surveys, decides who is asked, and takes words.
//!
//! Invariants: nothing here needs the control plane; whom a survey is for is evaluated and told to nobody, so it is no exposure;
//! 2xx for words means on disk, because they go the way of every event.

mod take;

use std::sync::Arc;

use access::Tokens;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use http::{HeaderValue, Method, StatusCode, header};
use kernel::{Clock, Kind, Problem, split};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::targeting_key;
use crate::snapshot::{Asked, Content};

const SURVEYS: [&str; 2] = ["/api/surveys", "/api/surveys/"];
const WORDS: &str = "/api/v1/feedback";
/// A browser need not ask again for so many seconds.
const PREFLIGHT_SECONDS: &str = "7200";

/// What serving needs.
#[derive(Debug, Clone)]
pub struct ServingOptions {
    /// Takes words.
    pub capture: events::Capture,
    /// Which tokens are in force; the edge keeps it current.
    pub tokens: Tokens,
    pub clock: Arc<dyn Clock>,
}

/// Surveys as posthog-js gets them. Cheap to clone; all clones see the newest snapshot.
#[derive(Debug, Clone)]
pub struct Serving(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ServingOptions,
    surveys: ArcSwap<Vec<Asked>>,
}

impl Serving {
    /// Knows no survey until the first snapshot.
    pub fn new(options: ServingOptions) -> Self {
        Self(Arc::new(Inner { options, surveys: ArcSwap::default() }))
    }

    /// From now on this snapshot is in force. One that cannot be read changes nothing.
    pub fn apply(&self, bytes: &[u8]) -> Result<(), String> {
        let content: Content = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        self.0.surveys.store(Arc::new(content.surveys));
        Ok(())
    }

    /// Whether [`Serving::router`] answers such a request. What is read of words, and by whom, is the control plane's.
    pub fn serves(method: &Method, path: &str) -> bool {
        SURVEYS.contains(&path) || path == WORDS && (method == Method::POST || method == Method::OPTIONS)
    }

    /// `GET /api/surveys/?token=…`, `POST /api/v1/feedback`. Reads the request's extension [`events::Arrival`].
    pub fn router(&self) -> Router {
        let nothing = || any(StatusCode::NO_CONTENT);
        let mut router = Router::new().route(WORDS, post(take::take).options(nothing()));
        for path in SURVEYS {
            router = router.route(path, get(surveys).options(nothing()));
        }
        router.layer(middleware::from_fn(cors)).with_state(self.clone())
    }

    fn now_ms(&self) -> i64 {
        self.0.options.clock.now().as_millisecond()
    }

    /// Those that are asked now.
    fn asked(&self) -> Vec<Asked> {
        let now_ms = self.now_ms();
        self.0.surveys.load().iter().filter(|asked| now_ms < asked.over_ms).cloned().collect()
    }
}

#[derive(Debug, Deserialize)]
struct Wanted {
    token: Option<String>,
}

/// What posthog-js asks for when its configuration says that there are surveys.
async fn surveys(State(serving): State<Serving>, Query(wanted): Query<Wanted>) -> Response {
    if wanted.token.is_none_or(|token| serving.0.options.tokens.find(&token).is_none()) {
        let problem = Problem::new(Kind::Unauthenticated, "the token is unknown");
        return problem_of(&problem.hint("`trunkline token create --role client` makes one"));
    }
    let shapes: Vec<Value> = serving.asked().into_iter().map(|asked| asked.shape).collect();
    json_of(StatusCode::OK, &json!({ "surveys": shapes }))
}

impl flags::Surveys for Serving {
    fn any(&self) -> bool {
        let now_ms = self.now_ms();
        self.0.surveys.load().iter().any(|asked| now_ms < asked.over_ms)
    }

    fn targeting(&self, visitor: &str, variant: &dyn Fn(&str) -> Option<String>) -> Vec<(String, bool)> {
        let asked = self.asked();
        let targeted = asked.iter().filter(|asked| asked.is_targeted);
        targeted.map(|asked| (targeting_key(&asked.survey), is_for(asked, visitor, variant))).collect()
    }
}

/// Whether a visitor is among those who are asked.
fn is_for(asked: &Asked, visitor: &str, variant: &dyn Fn(&str) -> Option<String>) -> bool {
    if split::bucket(&format!("survey:{}", asked.survey), visitor) >= asked.points {
        return false;
    }
    let Some(flag) = &asked.flag else { return true };
    let given = variant(flag);
    given.is_some() && asked.variant.as_ref().is_none_or(|wanted| given.as_ref() == Some(wanted))
}

fn problem_of(problem: &Problem) -> Response {
    web::Error::from(problem.clone()).into_response()
}

fn json_of(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body.to_string()).into_response()
}

/// Pages of any origin may ask with a token of theirs; no cookie is ever read here but the edge's own, so none is let through.
async fn cors(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if is_preflight {
        let allowed = "Authorization, X-API-Key, Content-Type";
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(points: u32, flag: Option<&str>, variant: Option<&str>) -> Asked {
        Asked {
            survey: "after".into(),
            shape: json!({}),
            over_ms: i64::MAX,
            points,
            flag: flag.map(str::to_owned),
            variant: variant.map(str::to_owned),
            is_targeted: true,
        }
    }

    #[test]
    fn who_is_asked_at_a_tenth_is_asked_at_a_fifth_too() {
        let nobody = |_: &str| None;
        let asks = |points: u32| {
            let asked = asked(points, None, None);
            (0..2_000).filter(|n| is_for(&asked, &format!("visitor-{n}"), &nobody)).collect::<Vec<_>>()
        };
        let (tenth, fifth) = (asks(1_000), asks(2_000));
        assert!(
            (150..250).contains(&tenth.len()) && (340..460).contains(&fifth.len()),
            "{} {}",
            tenth.len(),
            fifth.len()
        );
        assert!(tenth.iter().all(|visitor| fifth.contains(visitor)));
    }

    #[test]
    fn a_variant_that_is_not_given_is_not_asked() {
        let on = |flag: &str| (flag == "gift-wrap").then(|| "on".to_owned());
        for (flag, variant, expected) in [
            (Some("gift-wrap"), Some("on"), true),
            (Some("gift-wrap"), None, true),
            (Some("gift-wrap"), Some("off"), false),
            (Some("other"), None, false),
            (None, None, true),
        ] {
            assert_eq!(is_for(&asked(split::WHOLE, flag, variant), "ann", &on), expected, "{flag:?} {variant:?}");
        }
    }
}
