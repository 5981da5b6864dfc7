//! Journeys' routes.

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use kernel::{Page, Problem};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::model::Report;
use crate::model::suggestion::Suggestion;
use crate::model::trend::{Grain, Point};
use crate::model::usage::Feature;
use crate::{
    Audience, By, JourneyRow, JourneyView, Journeys, PersonOutcome, PersonRow, PersonsQuery, ReportQuery, TrendQuery,
};

const PERSONS_DEFAULT: usize = 50;
const PERSONS_MAX: usize = 500;
const DAYS_DEFAULT: i64 = 28;

/// Everything that journeys serve, with its documentation.
pub fn routes(journeys: Journeys) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(suggestions))
        .routes(routes!(show))
        .routes(routes!(report))
        .routes(routes!(trend))
        .routes(routes!(persons))
        .routes(routes!(features))
        .with_state(journeys)
}

/// Journeys by name, with their figures of the last 28 days.
#[utoipa::path(get, path = "/api/v1/journeys", tag = "journeys", responses((status = 200, body = Page<JourneyRow>)))]
async fn list(State(journeys): State<Journeys>) -> web::Result<Json<Page<JourneyRow>>> {
    Ok(Json(Page { items: journeys.list().await?, next: None }))
}

/// Journeys that visitors go and nobody declared, ready to be.
#[utoipa::path(get, path = "/api/v1/journeys/suggestions", tag = "journeys", responses((status = 200, body = Page<Suggestion>)))]
async fn suggestions(State(journeys): State<Journeys>) -> web::Result<Json<Page<Suggestion>>> {
    Ok(Json(Page { items: journeys.suggestions().await?, next: None }))
}

/// One journey: its definition and where it came from.
#[utoipa::path(get, path = "/api/v1/journeys/{name}", tag = "journeys", params(("name" = String, Path)),
    responses((status = 200, body = JourneyView), (status = 404, body = web::ProblemBody)))]
async fn show(State(journeys): State<Journeys>, Path(name): Path<String>) -> web::Result<Json<JourneyView>> {
    Ok(Json(journeys.show(&name).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReportParams {
    /// First steps from then on (RFC 3339); 28 days back unless given.
    from: Option<String>,
    /// First steps before then; now unless given.
    to: Option<String>,
    /// `variant:FLAG`, `release`, `domain`, or a property of the first step.
    by: Option<String>,
    /// `everyone` or `witnessed`
    #[param(inline, value_type = Option<Audience>)]
    who: Option<String>,
}

/// How many came how far, and how long it took.
#[utoipa::path(get, path = "/api/v1/journeys/{name}/report", tag = "journeys", params(("name" = String, Path), ReportParams),
    responses((status = 200, body = Report), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn report(
    State(journeys): State<Journeys>,
    Path(name): Path<String>,
    Query(params): Query<ReportParams>,
) -> web::Result<Json<Report>> {
    let query = ReportQuery {
        from: time("from", params.from.as_deref())?,
        to: time("to", params.to.as_deref())?,
        by: params.by.as_deref().map(By::parse).transpose()?,
        who: word("who", params.who)?,
    };
    Ok(Json(journeys.report(&name, &query).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TrendParams {
    from: Option<String>,
    to: Option<String>,
    /// `hour` or `day`
    #[param(inline, value_type = Option<Grain>)]
    by: Option<String>,
    #[param(inline, value_type = Option<Audience>)]
    who: Option<String>,
}

/// A journey over time, by when persons entered.
#[utoipa::path(get, path = "/api/v1/journeys/{name}/trend", tag = "journeys", params(("name" = String, Path), TrendParams),
    responses((status = 200, body = Page<Point>), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn trend(
    State(journeys): State<Journeys>,
    Path(name): Path<String>,
    Query(params): Query<TrendParams>,
) -> web::Result<Json<Page<Point>>> {
    let report = ReportQuery {
        from: time("from", params.from.as_deref())?,
        to: time("to", params.to.as_deref())?,
        by: None,
        who: word("who", params.who)?,
    };
    let by = word("by", params.by)?;
    Ok(Json(Page { items: journeys.trend(&name, &TrendQuery { report, by }).await?, next: None }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PersonsParams {
    from: Option<String>,
    to: Option<String>,
    #[param(inline, value_type = Option<Audience>)]
    who: Option<String>,
    /// From 1; the last unless given.
    #[param(value_type = Option<u32>)]
    step: Option<String>,
    /// `converted` did the step; `dropped` and `pending` did the one before.
    #[param(inline, value_type = Option<PersonOutcome>)]
    outcome: Option<String>,
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    cursor: Option<String>,
}

/// Who came so far, or did not.
#[utoipa::path(get, path = "/api/v1/journeys/{name}/persons", tag = "journeys", params(("name" = String, Path), PersonsParams),
    responses((status = 200, body = Page<PersonRow>), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
async fn persons(
    State(journeys): State<Journeys>,
    Path(name): Path<String>,
    Query(params): Query<PersonsParams>,
) -> web::Result<Json<Page<PersonRow>>> {
    let report = ReportQuery {
        from: time("from", params.from.as_deref())?,
        to: time("to", params.to.as_deref())?,
        by: None,
        who: word("who", params.who)?,
    };
    let query = PersonsQuery {
        report,
        step: number("step", params.step.as_deref())?,
        outcome: word("outcome", params.outcome)?,
        limit: number("limit", params.limit.as_deref())?.unwrap_or(PERSONS_DEFAULT).clamp(1, PERSONS_MAX),
        cursor: params.cursor,
    };
    Ok(Json(journeys.persons(&name, &query).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FeaturesParams {
    /// Up to today; 28 unless given.
    #[param(value_type = Option<u32>)]
    days: Option<String>,
    /// Surveys and feedback as well.
    #[serde(default)]
    surveys: bool,
}

/// Who uses what, how often, rising or falling.
#[utoipa::path(get, path = "/api/v1/features", tag = "journeys", params(FeaturesParams),
    responses((status = 200, body = Page<Feature>), (status = 400, body = web::ProblemBody)))]
async fn features(
    State(journeys): State<Journeys>,
    Query(params): Query<FeaturesParams>,
) -> web::Result<Json<Page<Feature>>> {
    let days = number("days", params.days.as_deref())?.unwrap_or(DAYS_DEFAULT);
    let items = if params.surveys { journeys.features_and_talk(days).await? } else { journeys.features(days).await? };
    Ok(Json(Page { items, next: None }))
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Problem::invalid(format!("{name}: {text:?} is not a time"))
                .hint("RFC 3339, for example 2026-11-24T09:00:00Z")
        })
    };
    text.map(parse).transpose()
}

fn number<T: std::str::FromStr>(name: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    let parse =
        |text: &str| text.parse().map_err(|_| Problem::invalid(format!("{name}: {text:?} is not a whole number")));
    text.map(parse).transpose()
}

/// One of the words of an enumeration, or its default.
fn word<T: serde::de::DeserializeOwned + Default>(name: &str, text: Option<String>) -> Result<T, Problem> {
    let Some(text) = text else { return Ok(T::default()) };
    serde_json::from_value(text.as_str().into()).map_err(|error| {
        let known = error.to_string();
        let problem = Problem::invalid(format!("{name}: {text:?} is not known"));
        match known.split_once("expected ") {
            Some((_, known)) => {
                problem.hint(format!("known are {}", known.trim_start_matches("one of ").replace('`', "")))
            }
            None => problem,
        }
    })
}
