//! Delivery's routes. Handlers translate; what happens is the facade's.

mod deployments;
mod figures;
mod logs;
mod runs;
mod settings;
mod verbs;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Delivery;

/// Everything that delivery serves, with its documentation. Paths are below the system address.
pub fn routes(delivery: Delivery) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(runs::show))
        .routes(routes!(runs::cancel))
        .routes(routes!(logs::read))
        .routes(routes!(logs::stream))
        .routes(routes!(deployments::list))
        .routes(routes!(deployments::show))
        .routes(routes!(deployments::log))
        .routes(routes!(deployments::act_log))
        .routes(routes!(deployments::provenance))
        .routes(routes!(deployments::status))
        .routes(routes!(figures::dora))
        .routes(routes!(figures::provenance_key))
        .routes(routes!(verbs::roll_back))
        .routes(routes!(verbs::promote))
        .routes(routes!(verbs::pause))
        .routes(routes!(verbs::resume))
        .routes(routes!(verbs::freeze))
        .routes(routes!(verbs::unfreeze))
        .routes(routes!(settings::repositories, settings::add_repository))
        .routes(routes!(settings::secrets))
        .routes(routes!(settings::set_secret, settings::remove_secret))
        .routes(routes!(settings::poke))
        .with_state(delivery)
}
