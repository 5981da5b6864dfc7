//! DORA's metrics, and the key that artifacts are signed with.

use axum::Json;
use axum::extract::{Query, State};
use jiff::Timestamp;
use kernel::Problem;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Delivery;
use crate::provenance::ProvenanceKey;
use crate::view::dora::DoraView;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DoraQuery {
    /// RFC 3339; thirty days before `to` where it is not given.
    from: Option<String>,
    /// RFC 3339, not included; now where it is not given.
    to: Option<String>,
    /// As many windows of the same length, this one included, up to 12; `earlier` has those before it. 1 where it is not given.
    windows: Option<u32>,
    /// Only this service.
    service: Option<String>,
}

/// Lead time for changes, deployment frequency, change failure rate, failed deployment recovery time and deployment rework
/// rate of each service, with the numbers that they were counted from and what they do not know.
#[utoipa::path(get, operation_id = "show_dora", path = "/api/v1/deploy/dora", tag = "deployments", params(DoraQuery),
    responses((status = 200, body = DoraView), (status = 400, body = web::ProblemBody), (status = 404, body = web::ProblemBody)))]
pub(super) async fn dora(
    State(delivery): State<Delivery>,
    Query(query): Query<DoraQuery>,
) -> web::Result<Json<DoraView>> {
    let (from, to) = (instant("from", query.from.as_deref())?, instant("to", query.to.as_deref())?);
    Ok(Json(delivery.dora(from, to, query.windows.unwrap_or(1), query.service.as_deref()).await?))
}

fn instant(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let wrong = |text: &str| {
        Problem::invalid(format!("{name}: {text:?} is not a time")).hint("write it like 2026-11-24T09:00:00Z")
    };
    text.map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

/// The public key that every artifact of this installation is signed with.
#[utoipa::path(get, operation_id = "show_provenance_key", path = "/api/v1/deploy/provenance-key", tag = "deployments",
    responses((status = 200, body = ProvenanceKey)))]
pub(super) async fn provenance_key(State(delivery): State<Delivery>) -> Json<ProvenanceKey> {
    Json(delivery.provenance_key())
}
