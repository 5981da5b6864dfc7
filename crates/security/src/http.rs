//! Security's routes: advisories and bills of materials. What is found in production is told by rollout, which knows flags and owners too.

use access::Caller;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use kernel::Problem;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::model::advisory::DOCUMENT_BYTES_MAX;
use crate::{AdvisoryStatus, By, FeedOf, Import, Imported, Part, Security};

/// A part of an import holds the longest document, written as a JSON text.
const PART_BYTES_MAX: usize = 2 * DOCUMENT_BYTES_MAX + (1 << 20);
/// What a bill of materials is.
const CYCLONEDX: &str = "application/vnd.cyclonedx+json; version=1.6";
/// Documents of a part.
const DOCUMENTS_MAX: usize = 20_000;

/// Everything that security serves, with its documentation.
pub fn routes(security: Security) -> OpenApiRouter {
    let import = OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(PART_BYTES_MAX));
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(sbom)).merge(import).with_state(security)
}

/// Advisories: how many, how old, what was kept aside, and what is live and not known.
#[utoipa::path(get, operation_id = "advisory_status", path = "/api/v1/advisories", tag = "security",
    responses((status = 200, body = AdvisoryStatus)))]
async fn status(State(security): State<Security>) -> web::Result<Json<AdvisoryStatus>> {
    Ok(Json(security.status().await?))
}

/// What a deployment is made of, as CycloneDX 1.6: read when it got its first customers, and the same since.
#[utoipa::path(get, operation_id = "show_deployment_sbom", path = "/api/v1/deployments/{number}/sbom", tag = "security",
    params(("number" = u64, Path)),
    responses((status = 200, body = Object, content_type = "application/vnd.cyclonedx+json; version=1.6"),
        (status = 404, body = web::ProblemBody)))]
async fn sbom(State(security): State<Security>, Path(number): Path<u64>) -> web::Result<impl IntoResponse> {
    Ok(([(CONTENT_TYPE, CYCLONEDX)], Json(security.bill(number).await?)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Where the documents come from
    source: String,
    /// Parts with the same id are one import
    import: String,
    /// Whether nothing follows
    #[serde(default)]
    last: bool,
}

/// Takes a part of an import: one JSON a line, `{"name", "document"}`, the document as a text in the OSV format. Answers with what
/// became of all parts so far. Sending a part again adds nothing twice. When the answer is there, findings are open.
#[utoipa::path(post, operation_id = "import_advisories", path = "/api/v1/advisories/import", tag = "security", params(ImportQuery),
    request_body(content = Option<String>, content_type = "application/x-ndjson"),
    responses((status = 200, body = Imported), (status = 400, body = web::ProblemBody), (status = 413, body = web::ProblemBody)))]
async fn import(
    State(security): State<Security>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ImportQuery>,
    lines: Bytes,
) -> web::Result<Json<Imported>> {
    counted(&lines)?;
    let part = if query.last { Part::Last { etag: None } } else { Part::More };
    let import = Import { source: query.source, id: query.import, part, feed_of: FeedOf::Whatever };
    let by = By { who: caller.name(), why: None };
    Ok(Json(security.import(&import, lines, &by).await?))
}

/// What the lines say is read by whoever reads what others have written.
fn counted(lines: &[u8]) -> Result<(), Problem> {
    if lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() > DOCUMENTS_MAX {
        let problem = Problem::new(kernel::Kind::TooLarge, format!("a part has more than {DOCUMENTS_MAX} documents"));
        return Err(problem.hint("send it in smaller parts, with the same `import`"));
    }
    Ok(())
}
