//! Routes of the control plane.

use utoipa_axum::router::OpenApiRouter;

use crate::Events;

/// Everything that events serve, with its documentation.
pub fn routes(events: Events) -> OpenApiRouter {
    OpenApiRouter::new().with_state(events)
}
