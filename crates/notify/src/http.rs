//! Notifications' routes.

use access::Caller;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use kernel::Page;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{By, NewTarget, NotificationView, Notifications, TargetMade, TargetView};

/// Everything that notifications serve, with its documentation.
pub fn routes(notifications: Notifications) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(targets, add))
        .routes(routes!(remove))
        .routes(routes!(test))
        .with_state(notifications)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    cursor: Option<String>,
    /// 1 to 100
    limit: Option<usize>,
}

fn by(caller: &Caller) -> By {
    By { who: caller.name(), why: None }
}

/// What was told, newest first, and what came of it.
#[utoipa::path(get, operation_id = "list_notifications", path = "/api/v1/notifications", tag = "notifications",
    params(LogQuery), responses((status = 200, body = Page<NotificationView>), (status = 400, body = web::ProblemBody)))]
async fn list(
    State(notifications): State<Notifications>,
    Query(query): Query<LogQuery>,
) -> web::Result<Json<Page<NotificationView>>> {
    let limit = query.limit.unwrap_or(50).clamp(1, 100);
    Ok(Json(notifications.list(query.cursor.as_deref(), limit).await?))
}

/// One thing that was told.
#[utoipa::path(get, operation_id = "show_notification", path = "/api/v1/notifications/{id}", tag = "notifications",
    params(("id" = String, Path)),
    responses((status = 200, body = NotificationView), (status = 404, body = web::ProblemBody)))]
async fn show(
    State(notifications): State<Notifications>,
    Path(id): Path<String>,
) -> web::Result<Json<NotificationView>> {
    Ok(Json(notifications.show(&id).await?))
}

/// Where messages are sent, and how that goes.
#[utoipa::path(get, operation_id = "list_notification_targets", path = "/api/v1/notifications/targets", tag = "notifications",
    responses((status = 200, body = Page<TargetView>)))]
async fn targets(State(notifications): State<Notifications>) -> web::Result<Json<Page<TargetView>>> {
    Ok(Json(Page { items: notifications.targets().await?, next: None }))
}

/// From now on messages go there too; the secret is shown once.
#[utoipa::path(post, operation_id = "add_notification_target", path = "/api/v1/notifications/targets", tag = "notifications",
    request_body = NewTarget,
    responses((status = 201, body = TargetMade), (status = 400, body = web::ProblemBody), (status = 409, body = web::ProblemBody)))]
async fn add(
    State(notifications): State<Notifications>,
    Extension(caller): Extension<Caller>,
    web::Body(new): web::Body<NewTarget>,
) -> web::Result<(StatusCode, Json<TargetMade>)> {
    Ok((StatusCode::CREATED, Json(notifications.add_target(&new, &by(&caller)).await?)))
}

/// Nothing more goes there; what waits for it is given up.
#[utoipa::path(delete, operation_id = "remove_notification_target", path = "/api/v1/notifications/targets/{id}",
    tag = "notifications", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = web::ProblemBody)))]
async fn remove(
    State(notifications): State<Notifications>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> web::Result<StatusCode> {
    notifications.remove_target(&id, &by(&caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a message to this target alone; what comes of it stands in the log.
#[utoipa::path(post, operation_id = "test_notification_target", path = "/api/v1/notifications/targets/{id}/test",
    tag = "notifications", params(("id" = String, Path)),
    responses((status = 200, body = NotificationView), (status = 404, body = web::ProblemBody)))]
async fn test(
    State(notifications): State<Notifications>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> web::Result<Json<NotificationView>> {
    Ok(Json(notifications.test_target(&id, &by(&caller)).await?))
}
