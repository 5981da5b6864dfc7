//! Flags' routes. Handlers translate; what happens is the facade's.

mod flags;
mod segments;
mod writes;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Flags;

/// Everything that flags serve in the control plane, with its documentation.
pub fn routes(flags: Flags) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(flags::list))
        .routes(routes!(flags::stale))
        .routes(routes!(flags::show))
        .routes(routes!(flags::evaluate))
        .routes(routes!(writes::kill))
        .routes(routes!(writes::clear))
        .routes(routes!(writes::ramp))
        .routes(routes!(writes::set))
        .routes(routes!(writes::retire))
        .routes(routes!(writes::add_tester, writes::remove_tester))
        .routes(routes!(segments::list))
        .routes(routes!(segments::show))
        .with_state(flags)
}
