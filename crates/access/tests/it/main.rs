//! Every route against every kind of caller: what the table says is what is answered, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::rules::{RULES, Who};
use access::{Access, Caller, MIGRATIONS, NewToken, Role};
use axum::Router;
use axum::body::Body;
use axum::middleware;
use axum::routing::{MethodFilter, on};
use http::{Method, Request, StatusCode};
use kernel::snapshot::{Later, Serving, Snapshot};
use kernel::{Kind, Problem, SystemClock};
use storage::testing::databases;
use tower::ServiceExt as _;

/// Routes that the router has and the table does not name: a path of which it knows nothing, and methods that it does not.
const UNLISTED: [(&str, &str); 4] =
    [("GET", "/api/v1/forgotten"), ("POST", "/api/v1/now"), ("PATCH", "/api/v1/tokens/{id}"), ("PUT", "/metrics")];

/// A way to ask.
struct Asker {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    is: Is,
}

/// What a request proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Nobody,
    Admin,
    /// A token that may do nothing here yet.
    Lesser,
    /// A session of the console, but not from its own page: good for reading.
    Unproven,
}

/// The statuses of the table.
fn expected(method: &str, who: Who, is: Is) -> StatusCode {
    let is_read = matches!(method, "GET" | "HEAD");
    match (who, is) {
        (Who::Anyone, _) | (Who::Admins, Is::Admin) => StatusCode::OK,
        (Who::Admins, Is::Unproven) if is_read => StatusCode::OK,
        (Who::Admins, Is::Unproven | Is::Lesser) => StatusCode::FORBIDDEN,
        (Who::Admins, Is::Nobody) => StatusCode::UNAUTHORIZED,
    }
}

fn filter(method: &str) -> MethodFilter {
    MethodFilter::try_from(Method::from_bytes(method.as_bytes()).unwrap()).unwrap()
}

/// A dummy behind each route, in front of it the guard.
fn router(access: &Access) -> Router {
    let listed = RULES.iter().map(|(method, path, _)| (*method, *path));
    let routes = listed
        .chain(UNLISTED)
        .fold(Router::new(), |router, (method, path)| router.route(path, on(filter(method), || async { "served" })));
    routes.layer(middleware::from_fn_with_state(access.clone(), access::guard))
}

/// A path that the route matches.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { "anything".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, String)]) -> StatusCode {
    let mut request = Request::builder().method(method).uri(filled(path));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
}

async fn askers(access: &Access) -> Vec<Asker> {
    let by = Caller::system("test");
    let token = async |role| access.create_token(&NewToken { role, name: None, person: None }, &by).await.unwrap();
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    let (admin, server, client) = (token(Role::Admin).await, token(Role::Server).await, token(Role::Client).await);
    let revoked = token(Role::Admin).await;
    access.revoke_token(&revoked.id, &by).await.unwrap();
    let deployment = access.issue_deployment(7, "shop").await.unwrap();
    let (link, _) = access.create_link(&by).await.unwrap();
    let (value, session) = access.sign_in(&link).await.unwrap();
    let (link, _) = access.create_link(&by).await.unwrap();
    let (ended, _) = access.sign_in(&link).await.unwrap();
    access.sign_out(&ended, &by).await.unwrap();
    let cookie = |value: &str| ("cookie", format!("other=1; trunkline_session={value}"));
    let own = cookie(&value);
    let csrf = ("x-csrf-token", session.csrf.clone());
    let site = |site: &str| ("sec-fetch-site", site.to_owned());
    let asker = |name, headers, is| Asker { name, headers, is };
    vec![
        asker("nobody", vec![], Is::Nobody),
        asker("a token that was never made", bearer("tl_admin_guessed"), Is::Nobody),
        asker("a revoked admin token", bearer(&revoked.token), Is::Nobody),
        asker("an admin token", bearer(&admin.token), Is::Admin),
        asker("an admin token as X-API-Key", vec![("x-api-key", admin.token.clone())], Is::Admin),
        asker("a server token", bearer(&server.token), Is::Lesser),
        asker("a client token", bearer(&client.token), Is::Lesser),
        asker("a deployment's server token", bearer(&deployment.server), Is::Lesser),
        asker("a deployment's client token", bearer(&deployment.client), Is::Lesser),
        asker("a made-up cookie", vec![cookie("guessed"), csrf.clone()], Is::Nobody),
        asker("a session that has ended", vec![cookie(&ended), csrf.clone()], Is::Nobody),
        asker("a session without a CSRF token", vec![own.clone()], Is::Unproven),
        asker("a session with a wrong CSRF token", vec![own.clone(), ("x-csrf-token", "guessed".into())], Is::Unproven),
        asker("a session with its CSRF token", vec![own.clone(), csrf.clone()], Is::Admin),
        asker("the console's own page", vec![own.clone(), csrf.clone(), site("same-origin")], Is::Admin),
        asker(
            "another site, even with the CSRF token",
            vec![own.clone(), csrf.clone(), site("cross-site")],
            Is::Unproven,
        ),
        asker("a sibling site, even with the CSRF token", vec![own, csrf, site("same-site")], Is::Unproven),
    ]
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_table_says() {
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let access = Access::new(store.db.clone(), Arc::new(SystemClock));
        let router = router(&access);
        for asker in askers(&access).await {
            for (method, path, who) in RULES {
                let methods = if *method == "GET" { vec!["GET", "HEAD"] } else { vec![*method] };
                for method in methods {
                    let got = ask(&router, method, path, &asker.headers).await;
                    let wanted = expected(method, *who, asker.is);
                    assert_eq!(got, wanted, "{}: {} asks {method} {path}", store.name, asker.name);
                }
            }
            for (method, path) in UNLISTED {
                let got = ask(&router, method, path, &asker.headers).await;
                let refused =
                    if path == "/api/v1/forgotten" { StatusCode::FORBIDDEN } else { StatusCode::METHOD_NOT_ALLOWED };
                assert_eq!(got, refused, "{}: {} asks {method} {path}", store.name, asker.name);
            }
            let nowhere = ask(&router, "GET", "/api/v1/nowhere", &asker.headers).await;
            assert_eq!(nowhere, StatusCode::NOT_FOUND, "{}", asker.name);
        }
    }
}

#[tokio::test]
async fn tokens_of_a_deployment_end_with_it() {
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let access = Access::new(store.db.clone(), Arc::new(SystemClock));
        let first = access.issue_deployment(1, "shop").await.unwrap();
        let second = access.issue_deployment(2, "shop").await.unwrap();
        access.revoke_deployment(1).await.unwrap();
        for (token, lives) in
            [(&first.server, false), (&first.client, false), (&second.server, true), (&second.client, true)]
        {
            assert_eq!(access.find_token(token).await.unwrap().is_some(), lives, "{}", store.name);
        }
        assert!(access.tokens().await.unwrap().is_empty(), "people's tokens are listed, deployments' are not");
    }
}

#[tokio::test]
async fn a_link_signs_in_once() {
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let access = Access::new(store.db.clone(), Arc::new(SystemClock));
        let (link, _) = access.create_link(&Caller::system("test")).await.unwrap();
        let (cookie, session) = access.sign_in(&link).await.unwrap();
        assert_eq!(access.find_session(&cookie).await.unwrap(), Some(session));
        assert!(access.sign_in(&link).await.is_err(), "{}: a second time", store.name);
        assert!(access.sign_in("guessed").await.is_err());
    }
}

/// An edge that remembers what it was given, and can be away.
#[derive(Debug, Default)]
struct FakeEdge {
    tokens: access::Tokens,
    generation: Mutex<Option<u64>>,
    is_away: AtomicBool,
}

impl Serving for FakeEdge {
    fn put(&self, snapshot: Snapshot) -> Later<'_, ()> {
        Box::pin(async move {
            if self.is_away.load(Relaxed) {
                return Err(Problem::new(Kind::Unavailable, "the edge is away"));
            }
            self.tokens.apply(&snapshot.bytes).unwrap();
            *self.generation.lock().unwrap() = Some(snapshot.generation);
            Ok(())
        })
    }

    fn generation(&self, _: &'static str) -> Later<'_, Option<u64>> {
        Box::pin(async { Ok(*self.generation.lock().unwrap()) })
    }
}

#[tokio::test]
async fn the_edge_knows_a_token_before_its_maker_does() {
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let edge = Arc::new(FakeEdge::default());
        let access = Access::new(store.db.clone(), Arc::new(SystemClock)).serving(edge.clone());
        let by = Caller::system("test");
        let new = NewToken { role: Role::Server, name: None, person: None };
        let issued = access.create_token(&new, &by).await.unwrap();
        assert_eq!(edge.tokens.find(&issued.token).map(|bearer| bearer.role), Some(Role::Server), "{}", store.name);
        let deployment = access.issue_deployment(7, "shop").await.unwrap();
        assert_eq!(edge.tokens.find(&deployment.client).and_then(|bearer| bearer.deployment), Some(7));
        access.revoke_token(&issued.id, &by).await.unwrap();
        assert_eq!(edge.tokens.find(&issued.token), None);
    }
}

#[tokio::test]
async fn who_ends_a_token_hears_when_the_edge_may_still_take_it() {
    for store in databases().await {
        store.db.migrate(&[MIGRATIONS]).await.unwrap();
        let edge = Arc::new(FakeEdge::default());
        let access = Access::new(store.db.clone(), Arc::new(SystemClock)).serving(edge.clone());
        let by = Caller::system("test");
        let new = NewToken { role: Role::Server, name: None, person: None };
        let issued = access.create_token(&new, &by).await.unwrap();
        edge.is_away.store(true, Relaxed);
        assert!(access.revoke_token(&issued.id, &by).await.is_err());
        edge.is_away.store(false, Relaxed);
        let shutdown = tokio_util::sync::CancellationToken::new();
        let task = access.start(shutdown.clone());
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while edge.tokens.find(&issued.token).is_some() {
            assert!(tokio::time::Instant::now() < deadline, "{}: still good at the edge", store.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shutdown.cancel();
        task.await.unwrap();
    }
}
