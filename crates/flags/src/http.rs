//! Flags' routes. Handlers translate; what happens is the facade's.

use utoipa_axum::router::OpenApiRouter;

use crate::Flags;

/// Everything that flags serve in the control plane, with its documentation.
pub fn routes(flags: Flags) -> OpenApiRouter {
    OpenApiRouter::new().with_state(flags)
}
