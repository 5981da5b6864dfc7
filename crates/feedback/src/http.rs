//! Feedback's routes in the control plane. What customers send is taken at the edge: [`crate::Serving`].

use std::sync::Arc;

use access::Caller;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query as Params, State};
use axum::{Extension, Json};
use events::ImportReport;
use kernel::{Page, Problem};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Changes, Feedback, FeedbackPage, Given, Item, Query, SurveyRow, SurveyView, Written};

/// A larger file is sent in parts.
const IMPORT_BYTES_MAX: usize = 32 << 20;

#[derive(Debug, Clone)]
struct Asked {
    feedback: Feedback,
    changes: Arc<dyn Changes>,
}

/// Everything that feedback serves, with its documentation. `changes` knows what belongs to a change.
pub fn routes(feedback: Feedback, changes: Arc<dyn Changes>) -> OpenApiRouter {
    let import = OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show, write))
        .routes(routes!(tag))
        .merge(import)
        .routes(routes!(surveys))
        .routes(routes!(survey))
        .with_state(Asked { feedback, changes })
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Words, and `survey:NAME`, `flag:KEY`, `variant:NAME`, `journey:NAME`, `change:SHA`, `domain:NAME`, `release:N`, `tag:WORD`, `person:ID`, `channel:WORD`
    q: Option<String>,
    survey: Option<String>,
    /// Of persons who had a variant of this flag in force.
    flag: Option<String>,
    /// Only this variant of the flag.
    variant: Option<String>,
    /// Of persons who were in this journey, or about it.
    journey: Option<String>,
    /// Of persons who had a variant of the change's flags, or its deployment.
    change: Option<String>,
    /// To surveys and about journeys that this domain owns.
    domain: Option<String>,
    /// The number of a deployment.
    #[param(value_type = Option<u64>)]
    release: Option<String>,
    tag: Option<String>,
    /// Any id of a person.
    person: Option<String>,
    channel: Option<String>,
    /// Said from then on (RFC 3339).
    from: Option<String>,
    /// Said before then.
    to: Option<String>,
    /// 1 to 200; 50 unless given.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    cursor: Option<String>,
}

impl ListParams {
    fn query(self) -> Result<Query, Problem> {
        let query = Query {
            id: None,
            words: Vec::new(),
            survey: self.survey,
            flag: self.flag,
            variant: self.variant,
            journey: self.journey,
            change: self.change,
            domain: self.domain,
            release: number("release", self.release.as_deref(), i64::MAX.unsigned_abs())?,
            tag: self.tag,
            person: self.person,
            channel: self.channel,
            from: time("from", self.from.as_deref())?,
            to: time("to", self.to.as_deref())?,
            limit: number("limit", self.limit.as_deref(), i32::MAX.unsigned_abs().into())?,
            cursor: self.cursor,
        };
        query.search(self.q.as_deref().unwrap_or_default())
    }
}

/// What customers said, newest first, joined to what they saw and did.
#[utoipa::path(get, operation_id = "list_feedback", path = "/api/v1/feedback", tag = "feedback", params(ListParams),
    responses((status = 200, body = FeedbackPage), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn list(State(asked): State<Asked>, Params(params): Params<ListParams>) -> web::Result<Json<FeedbackPage>> {
    let query = params.query()?;
    let scope = match &query.change {
        Some(change) => Some(asked.changes.scope(change).await?),
        None => None,
    };
    Ok(Json(asked.feedback.list(&query, scope.as_ref()).await?))
}

/// One piece of it.
#[utoipa::path(get, operation_id = "show_feedback", path = "/api/v1/feedback/{id}", tag = "feedback", params(("id" = String, Path)),
    responses((status = 200, body = Item), (status = 404, body = web::ProblemBody)))]
async fn show(State(asked): State<Asked>, Path(id): Path<String>) -> web::Result<Json<Item>> {
    Ok(Json(asked.feedback.show(&id).await?))
}

/// Writes down what a customer said elsewhere, under a UUID of the caller's; what is there already under it stays.
#[utoipa::path(put, operation_id = "write_feedback", path = "/api/v1/feedback/{id}", tag = "feedback", params(("id" = String, Path)),
    request_body = Given,
    responses((status = 200, body = Written), (status = 400, body = web::ProblemBody), (status = 503, body = web::ProblemBody)))]
async fn write(
    State(asked): State<Asked>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    web::Body(given): web::Body<Given>,
) -> web::Result<Json<Written>> {
    Ok(Json(asked.feedback.write(&id, &given, &caller.name()).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeedbackTags)]
struct TagWish {
    /// Lower-case letters, digits and `-`; at most 20.
    tags: Vec<String>,
}

/// Its tags are these from now on.
#[utoipa::path(put, operation_id = "tag_feedback", path = "/api/v1/feedback/{id}/tags", tag = "feedback", params(("id" = String, Path)),
    request_body = TagWish,
    responses((status = 200, body = Item), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn tag(
    State(asked): State<Asked>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    web::Body(wish): web::Body<TagWish>,
) -> web::Result<Json<Item>> {
    Ok(Json(asked.feedback.tag(&id, &wish.tags, &caller.name()).await?))
}

/// Takes what customers said elsewhere, one JSON document a line. What is there already is not taken twice.
#[utoipa::path(post, operation_id = "import_feedback", path = "/api/v1/feedback/import", tag = "feedback",
    request_body(content = Option<String>, content_type = "application/x-ndjson"),
    responses((status = 200, body = ImportReport), (status = 503, body = web::ProblemBody)))]
async fn import(
    State(asked): State<Asked>,
    Extension(caller): Extension<Caller>,
    lines: Bytes,
) -> web::Result<Json<ImportReport>> {
    Ok(Json(asked.feedback.import(&lines, &caller.name()).await?))
}

/// Surveys by name, and how many persons saw and answered them; retired ones last.
#[utoipa::path(get, operation_id = "list_surveys", path = "/api/v1/surveys", tag = "feedback",
    responses((status = 200, body = Page<SurveyRow>)))]
async fn surveys(State(asked): State<Asked>) -> web::Result<Json<Page<SurveyRow>>> {
    Ok(Json(asked.feedback.surveys().await?))
}

/// One survey with what was answered to each question.
#[utoipa::path(get, operation_id = "show_survey", path = "/api/v1/surveys/{name}", tag = "feedback", params(("name" = String, Path)),
    responses((status = 200, body = SurveyView), (status = 404, body = web::ProblemBody)))]
async fn survey(State(asked): State<Asked>, Path(name): Path<String>) -> web::Result<Json<SurveyView>> {
    Ok(Json(asked.feedback.survey(&name).await?))
}

fn time(name: &str, text: Option<&str>) -> Result<Option<jiff::Timestamp>, Problem> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Problem::invalid(format!("{name}: {text:?} is not a time"))
                .hint("RFC 3339, for example 2026-11-24T09:00:00Z")
        })
    };
    text.map(parse).transpose()
}

fn number<T: TryFrom<u64>>(name: &str, text: Option<&str>, max: u64) -> Result<Option<T>, Problem> {
    let parse = |text: &str| {
        let number = text.parse().ok().filter(|number| *number <= max);
        let number = number.and_then(|number: u64| T::try_from(number).ok());
        number.ok_or_else(|| Problem::invalid(format!("{name}: {text:?} is not a whole number from 0 to {max}")))
    };
    text.map(parse).transpose()
}
