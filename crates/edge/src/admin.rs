//! The admin socket: what a control plane asks of the edge (see [`crate::Client`]).
//!
//! Invariants: nobody gets past here without being our own user (the server asks the kernel) and having the shared key; an
//! answer that is not 2xx is a [`Refusal`].

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::body::ResponseBody;
use crate::edge::Edge;
use crate::error::Refusal;
use crate::model::{InstanceSpec, SnapshotAnswer};
use crate::server::Handle;
use crate::server::link::Link;
use crate::{Error, limits, metrics, snapshots};

/// Most lines of a log in one answer.
const LOG_LINES: usize = 10_000;
/// No drain is longer.
const DRAIN_SECONDS: f64 = 7.0 * 86_400.0;

#[derive(Debug)]
pub(crate) struct Admin(Arc<Edge>);

/// What an answer carries.
enum Answer {
    Nothing,
    Json(Vec<u8>),
    Text(String),
}

impl Handle for Admin {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, _: Arc<Link>) -> Response<ResponseBody> {
        if !self.is_allowed(&request) {
            let why = "the bearer token is not this data folder's edge/key".to_owned();
            return refuse(StatusCode::UNAUTHORIZED, &Refusal::Invalid { why });
        }
        match self.answer(request).await {
            Ok(Answer::Nothing) => response(StatusCode::NO_CONTENT, "application/json", Vec::new()),
            Ok(Answer::Json(bytes)) => response(StatusCode::OK, "application/json", bytes),
            Ok(Answer::Text(text)) => response(StatusCode::OK, "text/plain; charset=utf-8", text.into_bytes()),
            Err(error) => refuse(status(&error), &error.to_refusal()),
        }
    }
}

impl Admin {
    pub(crate) fn new(edge: Arc<Edge>) -> Self {
        Self(edge)
    }

    fn is_allowed(&self, request: &Request<Incoming>) -> bool {
        let said = request.headers().get(header::AUTHORIZATION);
        said.is_some_and(|said| self.0.key.is_bearer(said.as_bytes()))
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Answer, Error> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_start_matches('/');
        let segments: Vec<&str> = path.split('/').collect();
        let query = parts.uri.query().unwrap_or_default();
        match (&parts.method, segments.as_slice()) {
            (&Method::GET, ["state"]) => json(&self.0.state().await),
            (&Method::GET, ["metrics"]) => Ok(Answer::Text(metrics::text(&self.0))),
            (&Method::PUT, ["routes"]) => self.0.put_routes(read(body).await?).await.map(|()| Answer::Nothing),
            (&Method::PUT, ["instances", id]) => self.start(id, read(body).await?).await,
            (&Method::DELETE, ["instances", id]) => self.stop(id, query).await,
            (&Method::GET, ["instances", id, "log"]) => self.log(id, query).await,
            (&Method::PUT, ["snapshots", name]) => self.put_snapshot(name, query, body).await,
            (&Method::GET, ["snapshots", name]) => {
                snapshots::check_name(name)?;
                json(&SnapshotAnswer { generation: self.0.snapshots.generation(name) })
            }
            (&Method::POST, ["shutdown"]) => {
                self.0.shutdown.cancel();
                self.0.rested.cancelled().await;
                Ok(Answer::Nothing)
            }
            (method, _) => Err(Error::invalid(format!("this edge does not know {method} /{path}"))),
        }
    }

    async fn start(&self, id: &str, spec: InstanceSpec) -> Result<Answer, Error> {
        if spec.id != id {
            return Err(Error::invalid(format!("the path names instance {id:?} and the body {:?}", spec.id)));
        }
        json(&self.0.supervisor.start(&spec).await?)
    }

    async fn stop(&self, id: &str, query: &str) -> Result<Answer, Error> {
        let seconds: f64 = parameter(query, "drain_seconds")?.unwrap_or(0.0);
        if !(0.0..=DRAIN_SECONDS).contains(&seconds) {
            return Err(Error::invalid(format!("drain_seconds must lie between 0 and {DRAIN_SECONDS}")));
        }
        self.0.supervisor.stop(id, Duration::from_secs_f64(seconds)).await.map(|()| Answer::Nothing)
    }

    async fn put_snapshot(&self, name: &str, query: &str, body: Incoming) -> Result<Answer, Error> {
        let generation = parameter(query, "generation")?;
        let generation = generation.ok_or_else(|| Error::invalid("a snapshot needs ?generation=N"))?;
        let bytes = collect(body, limits::SNAPSHOT_BYTES).await?;
        let generation = self.0.snapshots.put(name, generation, bytes).await?;
        json(&SnapshotAnswer { generation: Some(generation) })
    }

    async fn log(&self, id: &str, query: &str) -> Result<Answer, Error> {
        let lines: usize = parameter(query, "lines")?.unwrap_or(LOG_LINES);
        self.0.supervisor.log(id, lines.min(LOG_LINES)).await.map(Answer::Text)
    }
}

/// The named parameter. Numbers need no decoding.
fn parameter<T: FromStr>(query: &str, name: &str) -> Result<Option<T>, Error> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = pairs.find(|(key, _)| *key == name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| Error::invalid(format!("{name}={value} is not a number")))
}

async fn read<T: DeserializeOwned>(body: Incoming) -> Result<T, Error> {
    let bytes = collect(body, limits::ADMIN_BODY_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|e| Error::invalid(format!("the body cannot be understood: {e}")))
}

async fn collect(body: Incoming, bytes_max: usize) -> Result<Bytes, Error> {
    let body = Limited::new(body, bytes_max).collect().await;
    Ok(body.map_err(|e| Error::invalid(format!("the body cannot be read: {e}")))?.to_bytes())
}

fn json(value: &impl Serialize) -> Result<Answer, Error> {
    let bytes = serde_json::to_vec(value).map_err(|e| Error::Failed { why: format!("cannot write an answer: {e}") })?;
    Ok(Answer::Json(bytes))
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::StaleGeneration { .. } => StatusCode::CONFLICT,
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::UnknownInstance { .. } => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn refuse(status: StatusCode, refusal: &Refusal) -> Response<ResponseBody> {
    let bytes = serde_json::to_vec(refusal).expect("a refusal holds texts and numbers");
    response(status, "application/json", bytes)
}

fn response(status: StatusCode, kind: &'static str, bytes: Vec<u8>) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Full(Bytes::from(bytes)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
