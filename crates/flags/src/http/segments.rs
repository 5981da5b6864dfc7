//! Reading segments.

use axum::Json;
use axum::extract::{Path, State};
use kernel::Page;

use crate::Flags;
use crate::segment::{SegmentItem, SegmentView};

/// Segments, by name.
#[utoipa::path(get, operation_id = "list_segments", path = "/api/v1/segments", tag = "flags",
    responses((status = 200, body = Page<SegmentItem>)))]
pub(super) async fn list(State(flags): State<Flags>) -> web::Result<Json<Page<SegmentItem>>> {
    Ok(Json(Page { items: flags.segments().await?, next: None }))
}

/// A segment with the first of its keys.
#[utoipa::path(get, operation_id = "show_segment", path = "/api/v1/segments/{name}", tag = "flags",
    params(("name" = String, Path)),
    responses((status = 200, body = SegmentView), (status = 404, body = web::ProblemBody)))]
pub(super) async fn show(State(flags): State<Flags>, Path(name): Path<String>) -> web::Result<Json<SegmentView>> {
    Ok(Json(flags.segment(&name).await?))
}
