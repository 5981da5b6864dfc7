//! The one table of routes and roles. What it does not name is refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// What the product's own processes do: evaluate flags, send events.
    Server,
    /// What a customer's browser may do; it is no secret.
    Client,
}

impl Role {
    /// The word of the CLI.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Server => "server",
            Self::Client => "client",
        }
    }

    /// The role of a word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Server, Self::Client].into_iter().find(|role| role.text() == text)
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever can reach us; the route proves its caller itself or gives nothing away.
    Anyone,
    /// An admin token or a console session.
    Admins,
}

/// One route: method, path as the router knows it, who may.
pub type Rule = (&'static str, &'static str, Who);

/// All routes.
pub const RULES: &[Rule] = &[
    ("GET", "/", Who::Anyone),
    ("GET", "/console", Who::Anyone),
    ("GET", "/console/", Who::Anyone),
    ("GET", "/console/{*path}", Who::Anyone),
    ("GET", "/healthz", Who::Anyone),
    ("GET", "/readyz", Who::Anyone),
    ("GET", "/metrics", Who::Admins),
    ("GET", "/api/v1/openapi.json", Who::Anyone),
    // A one-time link proves itself; a session is read by its own cookie.
    ("POST", "/api/v1/session", Who::Anyone),
    ("GET", "/api/v1/session", Who::Admins),
    ("DELETE", "/api/v1/session", Who::Admins),
    ("POST", "/api/v1/links", Who::Admins),
    ("GET", "/api/v1/tokens", Who::Admins),
    ("POST", "/api/v1/tokens", Who::Admins),
    ("DELETE", "/api/v1/tokens/{id}", Who::Admins),
    ("GET", "/api/v1/audit", Who::Admins),
    ("GET", "/api/v1/settings", Who::Admins),
    ("GET", "/api/v1/now", Who::Admins),
    ("GET", "/api/v1/stream", Who::Admins),
    ("GET", "/api/v1/marks", Who::Admins),
    ("GET", "/api/v1/changes", Who::Admins),
    ("GET", "/api/v1/changes/{sha}", Who::Admins),
    ("GET", "/api/v1/runs/{id}", Who::Admins),
    ("POST", "/api/v1/runs/{id}/cancel", Who::Admins),
    ("GET", "/api/v1/runs/{id}/steps/{step}/log", Who::Admins),
    ("GET", "/api/v1/runs/{id}/steps/{step}/log/stream", Who::Admins),
    ("GET", "/api/v1/deployments", Who::Admins),
    ("GET", "/api/v1/deployments/{number}", Who::Admins),
    ("GET", "/api/v1/deployments/{number}/log", Who::Admins),
    ("GET", "/api/v1/deployments/{number}/logs/{name}", Who::Admins),
    ("GET", "/api/v1/deployments/{number}/provenance", Who::Admins),
    ("GET", "/api/v1/deploy/status", Who::Admins),
    ("GET", "/api/v1/deploy/dora", Who::Admins),
    ("GET", "/api/v1/deploy/provenance-key", Who::Admins),
    ("POST", "/api/v1/deploy/rollback", Who::Admins),
    ("POST", "/api/v1/deploy/promote", Who::Admins),
    ("POST", "/api/v1/deploy/pause", Who::Admins),
    ("POST", "/api/v1/deploy/resume", Who::Admins),
    ("POST", "/api/v1/deploy/freeze", Who::Admins),
    ("POST", "/api/v1/deploy/unfreeze", Who::Admins),
    ("GET", "/api/v1/repositories", Who::Admins),
    ("POST", "/api/v1/repositories", Who::Admins),
    ("GET", "/api/v1/secrets", Who::Admins),
    ("PUT", "/api/v1/secrets/{service}/{name}", Who::Admins),
    ("DELETE", "/api/v1/secrets/{service}/{name}", Who::Admins),
    ("GET", "/api/v1/journeys", Who::Admins),
    ("GET", "/api/v1/journeys/suggestions", Who::Admins),
    ("GET", "/api/v1/journeys/{name}", Who::Admins),
    ("GET", "/api/v1/journeys/{name}/report", Who::Admins),
    ("GET", "/api/v1/journeys/{name}/trend", Who::Admins),
    ("GET", "/api/v1/journeys/{name}/persons", Who::Admins),
    ("GET", "/api/v1/features", Who::Admins),
    ("GET", "/api/v1/notifications", Who::Admins),
    ("GET", "/api/v1/notifications/{id}", Who::Admins),
    ("GET", "/api/v1/notifications/targets", Who::Admins),
    ("POST", "/api/v1/notifications/targets", Who::Admins),
    ("DELETE", "/api/v1/notifications/targets/{id}", Who::Admins),
    ("POST", "/api/v1/notifications/targets/{id}/test", Who::Admins),
    ("GET", "/api/v1/experiments", Who::Admins),
    ("GET", "/api/v1/experiments/{key}", Who::Admins),
    ("GET", "/api/v1/experiments/{key}/runs/{run}", Who::Admins),
    ("GET", "/api/v1/experiments/{key}/looks", Who::Admins),
    ("POST", "/api/v1/experiments/{key}/start", Who::Admins),
    ("POST", "/api/v1/experiments/{key}/stop", Who::Admins),
    ("POST", "/api/v1/experiments/{key}/decide", Who::Admins),
    // Of customers and the product it is taken at the edge: POST.
    ("GET", "/api/v1/feedback", Who::Admins),
    ("GET", "/api/v1/feedback/{id}", Who::Admins),
    ("PUT", "/api/v1/feedback/{id}", Who::Admins),
    ("PUT", "/api/v1/feedback/{id}/tags", Who::Admins),
    ("POST", "/api/v1/feedback/import", Who::Admins),
    ("GET", "/api/v1/surveys", Who::Admins),
    ("GET", "/api/v1/surveys/{name}", Who::Admins),
    ("GET", "/api/v1/domains", Who::Admins),
    ("GET", "/api/v1/domains/{key}", Who::Admins),
    ("GET", "/api/v1/principles", Who::Admins),
    ("GET", "/api/v1/principles/{key}", Who::Admins),
    ("PUT", "/api/v1/principles/{key}/agreement", Who::Admins),
    ("DELETE", "/api/v1/principles/{key}/agreement", Who::Admins),
    ("GET", "/api/v1/waivers", Who::Admins),
    ("POST", "/api/v1/waivers", Who::Admins),
    ("POST", "/api/v1/waivers/{number}/approve", Who::Admins),
    ("POST", "/api/v1/waivers/{number}/end", Who::Admins),
    ("GET", "/api/v1/deployments/{number}/sbom", Who::Admins),
    ("GET", "/api/v1/advisories", Who::Admins),
    ("POST", "/api/v1/advisories/import", Who::Admins),
    ("GET", "/api/v1/findings", Who::Admins),
    ("GET", "/api/v1/findings/{id}", Who::Admins),
    ("POST", "/api/v1/findings/{id}/kill", Who::Admins),
    ("GET", "/api/v1/flags", Who::Admins),
    ("GET", "/api/v1/stale-flags", Who::Admins),
    ("GET", "/api/v1/ramps", Who::Admins),
    ("POST", "/api/v1/ramps", Who::Admins),
    ("GET", "/api/v1/ramps/{number}", Who::Admins),
    ("POST", "/api/v1/ramps/{number}/pause", Who::Admins),
    ("POST", "/api/v1/ramps/{number}/resume", Who::Admins),
    ("POST", "/api/v1/ramps/{number}/cancel", Who::Admins),
    ("GET", "/api/v1/flags/{key}", Who::Admins),
    ("POST", "/api/v1/flags/{key}/evaluate", Who::Admins),
    ("POST", "/api/v1/flags/{key}/kill", Who::Admins),
    ("POST", "/api/v1/flags/{key}/clear", Who::Admins),
    ("POST", "/api/v1/flags/{key}/ramp", Who::Admins),
    ("POST", "/api/v1/flags/{key}/set", Who::Admins),
    ("POST", "/api/v1/flags/{key}/retire", Who::Admins),
    ("PUT", "/api/v1/flags/{key}/testers/{targeting_key}", Who::Admins),
    ("DELETE", "/api/v1/flags/{key}/testers/{targeting_key}", Who::Admins),
    ("GET", "/api/v1/segments", Who::Admins),
    ("GET", "/api/v1/segments/{name}", Who::Admins),
    ("GET", "/api/v1/events", Who::Admins),
    ("GET", "/api/v1/events/rejections", Who::Admins),
    ("POST", "/api/v1/events/import", Who::Admins),
    ("GET", "/api/v1/persons/{id}", Who::Admins),
    ("DELETE", "/api/v1/persons/{id}", Who::Admins),
    ("GET", "/api/v1/persons/{id}/export", Who::Admins),
    ("POST", "/api/v1/identities", Who::Admins),
    ("DELETE", "/api/v1/identities", Who::Admins),
    // Signed by the git host with the installation's webhook secret.
    ("POST", "/api/v1/trunk/poke", Who::Anyone),
];

/// The rule of a route; `None` is a refusal.
pub fn rule(method: &str, path: &str) -> Option<Who> {
    // HEAD is GET without a body.
    let method = if method == "HEAD" { "GET" } else { method };
    RULES.iter().find(|(m, p, _)| *m == method && *p == path).map(|(_, _, who)| *who)
}

/// The methods of a route.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    RULES.iter().filter(|(_, p, _)| *p == path).map(|(method, _, _)| *method).collect()
}

/// What the document offers and the table does not name, and the reverse; empty when they agree.
pub fn check_coverage(document: &OpenApi) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut offered = Vec::new();
    for (path, item) in &document.paths.paths {
        let operations: [(&str, &Option<Operation>); 5] = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        for (method, _) in operations.into_iter().filter(|(_, operation)| operation.is_some()) {
            offered.push((method.to_owned(), path.clone()));
            if rule(method, path).is_none() {
                wrong.push(format!("{method} {path} has no rule"));
            }
        }
    }
    for (method, path, _) in
        RULES.iter().filter(|(_, path, _)| path.starts_with("/api/v1/") && !path.ends_with("openapi.json"))
    {
        if !offered.iter().any(|(m, p)| m == method && p == path) {
            wrong.push(format!("the rule for {method} {path} names a route that is not there"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_refused() {
        assert_eq!(rule("GET", "/api/v1/now"), Some(Who::Admins));
        assert_eq!(rule("HEAD", "/api/v1/now"), Some(Who::Admins));
        assert_eq!(rule("POST", "/api/v1/now"), None);
        assert_eq!(rule("GET", "/api/v1/else"), None);
    }

    #[test]
    fn no_route_is_named_twice() {
        for (i, (method, path, _)) in RULES.iter().enumerate() {
            assert!(!RULES[i + 1..].iter().any(|(m, p, _)| m == method && p == path), "{method} {path}");
        }
    }

    #[test]
    fn only_a_few_routes_are_open_to_anyone() {
        let open: Vec<_> =
            RULES.iter().filter(|(m, _, who)| *m != "GET" && *who == Who::Anyone).map(|(_, p, _)| *p).collect();
        assert_eq!(open, ["/api/v1/session", "/api/v1/trunk/poke"]);
    }
}
