//! What the director asks Trunkline: the API at the system address.

mod shapes;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy;
use serde::de::DeserializeOwned;

use crate::sample;
use crate::web_client::{self, WebClient};
pub(crate) use shapes::{
    Change, Deployment, Experiment, Feedback, Finding, Flag, Proof, RedGreen, Report, Service, Status, Verdict,
};

const BODY_BYTES_MAX: usize = 8 << 20;
const WITHIN: Duration = Duration::from_secs(10);

/// The API did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the system address does not answer")]
    Unreachable(#[from] legacy::Error),
    #[error("the answer to {path} broke off")]
    Body {
        path: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{path} did not answer within {} s", WITHIN.as_secs())]
    Late { path: String },
    #[error("{path} answered {status}: {detail}")]
    Refused { path: String, status: StatusCode, detail: String },
    #[error("the answer to {path} has another shape than expected")]
    Shape {
        path: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{path:?} cannot be asked for")]
    Request {
        path: String,
        #[source]
        source: http::Error,
    },
}

/// A caller with an admin token.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: WebClient,
    base: String,
    token: String,
}

impl Api {
    pub(crate) fn new(server_url: &str, token: &str) -> Self {
        let base = server_url.trim_end_matches('/').to_owned();
        Self { client: web_client::new(4), base, token: token.to_owned() }
    }

    /// The address of a page of the console.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The story of a change; none as long as it is not known.
    pub(crate) async fn change(&self, sha: &str) -> Result<Option<Change>, Error> {
        known(self.ask(Method::GET, &format!("/api/v1/changes/{sha}")).await)
    }

    /// The shares of visitors that a deployment had before it was live.
    pub(crate) async fn canary_shares(&self, deployment: u64) -> Result<Vec<String>, Error> {
        let journal: shapes::Journal = self.ask(Method::GET, &format!("/api/v1/deployments/{deployment}")).await?;
        Ok(journal.canary_shares())
    }

    pub(crate) async fn status(&self) -> Result<Status, Error> {
        self.ask(Method::GET, "/api/v1/deploy/status").await
    }

    /// How far persons came whose first step lies between two instants, in milliseconds since 1970.
    pub(crate) async fn report(&self, journey: &str, from: u128, to: u128, by: Option<&str>) -> Result<Report, Error> {
        let by = by.map(|by| format!("&by={by}")).unwrap_or_default();
        let (from, to) = (shapes::instant(from), shapes::instant(to));
        self.ask(Method::GET, &format!("/api/v1/journeys/{journey}/report?from={from}&to={to}&who=everyone{by}")).await
    }

    /// What a journey's probe said on a deployment.
    pub(crate) async fn probe_log(&self, deployment: u64, journey: &str) -> Result<String, Error> {
        let path = format!("/api/v1/deployments/{deployment}/logs/probe-{journey}");
        let body = self.answer(Method::GET, &path, Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Gives a variant to one person.
    pub(crate) async fn add_tester(&self, flag: &str, person: &str, variant: &str) -> Result<(), Error> {
        let body = serde_json::json!({ "variant": variant, "reason": "to look at it first" });
        self.tell(Method::PUT, &format!("/api/v1/flags/{flag}/testers/{person}"), &body).await
    }

    /// Splits a flag of `on` and `off` in halves.
    pub(crate) async fn ramp(&self, flag: &str, reason: &str) -> Result<(), Error> {
        let body = serde_json::json!({ "split": { "on": 0.5, "off": 0.5 }, "reason": reason });
        self.tell(Method::POST, &format!("/api/v1/flags/{flag}/ramp"), &body).await
    }

    /// An experiment; none as long as it is not known.
    pub(crate) async fn experiment(&self, key: &str) -> Result<Option<Experiment>, Error> {
        known(self.ask(Method::GET, &format!("/api/v1/experiments/{key}")).await)
    }

    pub(crate) async fn start_experiment(&self, key: &str) -> Result<(), Error> {
        self.tell(Method::POST, &format!("/api/v1/experiments/{key}/start"), &serde_json::json!({})).await
    }

    pub(crate) async fn flag(&self, key: &str) -> Result<Flag, Error> {
        self.ask(Method::GET, &format!("/api/v1/flags/{key}")).await
    }

    /// Takes in an advisory of ours; when it is answered, what is found is there.
    pub(crate) async fn import_advisory(&self, id: &str) -> Result<(), Error> {
        let document = sample::advisory(id).expect("it is embedded");
        let line = serde_json::json!({ "name": format!("{id}.json"), "document": document });
        let path = format!("/api/v1/advisories/import?source=demo&import={id}&last=true");
        self.tell(Method::POST, &path, &line).await
    }

    pub(crate) async fn finding(&self, id: &str) -> Result<Option<Finding>, Error> {
        known(self.ask(Method::GET, &format!("/api/v1/findings/{id}")).await)
    }

    /// Turns off the flag that stands before a finding.
    pub(crate) async fn kill_for(&self, id: &str) -> Result<(), Error> {
        self.tell(Method::POST, &format!("/api/v1/findings/{id}/kill"), &serde_json::json!({})).await
    }

    /// What customers said, filtered by a query.
    pub(crate) async fn feedback(&self, query: &str) -> Result<Feedback, Error> {
        self.ask(Method::GET, &format!("/api/v1/feedback?{query}")).await
    }

    /// An address under which a browser is signed in, once.
    pub(crate) async fn link(&self) -> Result<String, Error> {
        let link: shapes::Link = self.ask(Method::POST, "/api/v1/links").await?;
        Ok(link.url)
    }

    async fn tell(&self, method: Method, path: &str, body: &serde_json::Value) -> Result<(), Error> {
        self.send::<serde_json::Value>(method, path, Bytes::from(body.to_string())).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, Error> {
        self.send(method, path, Bytes::new()).await
    }

    async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T, Error> {
        let body = self.answer(method, path, body).await?;
        serde_json::from_slice(&body).map_err(|source| Error::Shape { path: path.into(), source })
    }

    async fn answer(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Error> {
        let late = |_| Error::Late { path: path.into() };
        let (status, body) = tokio::time::timeout(WITHIN, self.exchange(method, path, body)).await.map_err(late)??;
        if !status.is_success() {
            return Err(Error::Refused { path: path.into(), status, detail: detail(&body) });
        }
        Ok(body)
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Error> {
        let wrong = |source| Error::Request { path: path.into(), source };
        let uri: Uri = self.page(path).parse().map_err(|error| wrong(http::Error::from(error)))?;
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(wrong)?;
        let (parts, body) = self.client.request(request).await?.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
        let body = body.map_err(|source| Error::Body { path: path.into(), source })?;
        Ok((parts.status, body.to_bytes()))
    }
}

/// None of what is not found.
fn known<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a problem says of itself.
fn detail(body: &[u8]) -> String {
    let problem: shapes::Problem = serde_json::from_slice(body).unwrap_or_default();
    problem.detail.or(problem.title).unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(200).collect())
}
