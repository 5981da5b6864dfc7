//! The control plane's HTTP application: every context's routes behind the guard, served to the edge and to nobody else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use access::Access;
use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use delivery::Delivery;
use events::{Events, EventsOptions, Retention};
use experiments::Experiments;
use feedback::Feedback;
use flags::Flags;
use futures_util::FutureExt as _;
use journeys::{Journeys, JourneysOptions};
use kernel::{Clock, Kind, Problem, SystemClock};
use notify::{Notifications, Pauses};
use ownership::Ownership;
use rollout::{Announcer, Contexts, Findings, Inventories, PrinciplesGate, Repositories, Rollout, VulnerabilityGate};
use security::model::{Severity, Threshold};
use security::worker::Worker;
use security::{Mirror, Security};
use serde::{Deserialize, Serialize};
use storage::{Db, args};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::console;
use crate::definitions::AllDefinitions;

const KEY_HEADER: &str = "trunkline-edge";

/// Everything that the routes need.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub db: Db,
    pub access: Access,
    pub delivery: Delivery,
    pub events: Events,
    pub experiments: Experiments,
    pub feedback: Feedback,
    pub flags: Flags,
    pub journeys: Journeys,
    pub ownership: Ownership,
    pub notifications: Notifications,
    pub rollout: Rollout,
    pub security: Security,
    pub edge: edge::Client,
    pub settings: Settings,
}

/// Where things are. Read by the console's settings page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Settings {
    pub product: String,
    pub version: String,
    #[schema(value_type = String)]
    pub system_address: SocketAddr,
    #[schema(value_type = String)]
    pub product_address: SocketAddr,
    pub data: String,
    /// One sentence: the isolation in force.
    pub isolation: String,
    /// `SQLite` or `PostgreSQL`
    pub database: String,
    /// With which a git host signs its webhooks to `/api/v1/trunk/poke`.
    pub webhook_secret: String,
}

/// Where this installation is and how it runs.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings", responses((status = 200, body = Settings)))]
async fn settings(State(settings): State<Settings>) -> Json<Settings> {
    Json(settings)
}

/// Where advisories come from, and what they stop.
#[derive(Debug, Clone)]
pub(crate) struct Scanning {
    pub mirror: Option<Mirror>,
    /// From which severity on a new finding stops a change.
    pub threshold: Threshold,
}

impl Default for Scanning {
    fn default() -> Self {
        Self { mirror: None, threshold: Threshold::From(Severity::High) }
    }
}

/// What contexts stand on.
struct Ground<'a> {
    db: &'a Db,
    clock: Arc<dyn Clock>,
    edge: &'a edge::Client,
    data: &'a Path,
}

impl Ground<'_> {
    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// What is known of the product's customers.
    fn customers(&self, retention: Retention, ownership: &Ownership) -> anyhow::Result<Contexts> {
        let data = self.data.to_owned();
        let events = Events::open(EventsOptions { db: self.db.clone(), clock: self.clock(), data, retention })?;
        let flags = Flags::open(flags::Options {
            db: self.db.clone(),
            clock: self.clock(),
            serving: Arc::new(self.edge.clone()),
            events: Some(events.clone()),
        });
        let journeys = Journeys::open(JourneysOptions {
            db: self.db.clone(),
            clock: self.clock(),
            events: Arc::new(events.clone()),
        });
        let experiments = Experiments::open(experiments::Options {
            db: self.db.clone(),
            clock: self.clock(),
            customers: Arc::new(experiments::Live { events: events.clone(), journeys: journeys.clone() }),
            flags: Arc::new(rollout::Divisions(flags.clone())),
        });
        let feedback = Feedback::open(feedback::Options {
            db: self.db.clone(),
            clock: self.clock(),
            events: events.clone(),
            journeys: journeys.clone(),
            owners: Arc::new(rollout::Readers(ownership.clone())),
            serving: Arc::new(self.edge.clone()),
        });
        Ok(Contexts { flags, journeys, experiments, feedback, events })
    }

    fn delivery(&self, access: &Access, system_address: SocketAddr) -> anyhow::Result<Delivery> {
        Ok(Delivery::open(delivery::Options {
            db: self.db.clone(),
            clock: self.clock(),
            data: self.data.to_owned(),
            launcher: exec::Launcher::current(),
            access: access.clone(),
            edge: self.edge.clone(),
            system_url: format!("http://{system_address}"),
            definitions: Arc::new(AllDefinitions),
        })?)
    }

    fn notifications(&self, product: &str) -> anyhow::Result<Notifications> {
        Ok(Notifications::open(notify::Options {
            db: self.db.clone(),
            clock: self.clock(),
            data: self.data.to_owned(),
            product: product.to_owned(),
            pauses: Pauses::default(),
        })?)
    }

    fn security(&self, mirror: Option<Mirror>) -> Security {
        Security::open(security::Options {
            db: self.db.clone(),
            clock: self.clock(),
            reader: Arc::new(Worker { launcher: exec::Launcher::current(), data: self.data.to_owned() }),
            mirror,
            scratch: self.data.join("work"),
        })
    }
}

impl App {
    /// Puts the contexts together: calls go down, and what serves at the edge is told through `edge`.
    pub(crate) fn over(
        db: Db,
        edge: edge::Client,
        data: &Path,
        mut settings: Settings,
        retention: Retention,
        scanning: Scanning,
    ) -> anyhow::Result<Self> {
        let ground = Ground { db: &db, clock: Arc::new(SystemClock), edge: &edge, data };
        let access = Access::new(db.clone(), ground.clock()).serving(Arc::new(edge.clone()));
        let delivery = ground.delivery(&access, settings.system_address)?;
        settings.webhook_secret = delivery.webhook_secret();
        let notifications = ground.notifications(&settings.product)?;
        let security = ground.security(scanning.mirror);
        let ownership = Ownership::open(ownership::Options {
            db: db.clone(),
            clock: ground.clock(),
            trunk: Arc::new(Repositories(delivery.clone())),
        });
        let contexts = ground.customers(retention, &ownership)?;
        let vulnerabilities = VulnerabilityGate { security: security.clone(), threshold: scanning.threshold };
        delivery.judged_by(vec![Arc::new(PrinciplesGate(ownership.clone())), Arc::new(vulnerabilities)]);
        let rollout = Rollout::new(db.clone(), delivery.clone(), ground.clock(), &settings.product)
            .with(contexts.clone())
            .principled(ownership.clone())
            .secured_by(security.clone());
        let Contexts { flags, journeys, experiments, feedback, events } = contexts;
        Ok(Self {
            db,
            access,
            delivery,
            events,
            experiments,
            feedback,
            flags,
            journeys,
            ownership,
            notifications,
            rollout,
            security,
            edge,
            settings,
        })
    }

    /// Tells owners what happens.
    pub(crate) fn announcer(&self) -> Announcer {
        Announcer { rollout: self.rollout.clone(), notifications: self.notifications.clone() }
    }

    /// Takes the inventory of what goes live.
    pub(crate) fn inventories(&self, data: &Path) -> Inventories {
        Inventories { rollout: self.rollout.clone(), security: self.security.clone(), data: data.to_owned() }
    }

    fn compose(self) -> (Router, OpenApi) {
        let db = self.db.clone();
        let store = Arc::new(move || {
            let db = db.clone();
            async move {
                let asked = db.one("SELECT 1 AS one", args![]).await;
                asked.map(drop).map_err(|error| web::Unready(format!("the control store does not answer: {error}")))
            }
            .boxed()
        });
        let findings = Findings { rollout: self.rollout.clone(), security: self.security.clone() };
        let edge = self.edge.clone();
        let edge_metrics = Arc::new(move || {
            let edge = edge.clone();
            // An edge that is away has nothing to tell.
            async move { edge.metrics().await.unwrap_or_default() }.boxed()
        });
        let (router, document) = web::App::new(web::Metrics::install())
            .merge(access::routes(self.access.clone()))
            .merge(delivery::routes(self.delivery))
            .merge(events::routes(self.events))
            .merge(experiments::routes(self.experiments))
            .merge(feedback::routes(self.feedback, Arc::new(self.rollout.clone())))
            .merge(flags::routes(self.flags))
            .merge(journeys::routes(self.journeys))
            .merge(notify::routes(self.notifications))
            .merge(rollout::finding::routes(findings))
            .merge(ownership::routes(self.ownership))
            .merge(rollout::routes(self.rollout))
            .merge(security::routes(self.security))
            .merge(OpenApiRouter::new().routes(routes!(settings)).with_state(self.settings))
            .merge_undocumented(console::routes())
            .ready_when(store)
            .expose(edge_metrics)
            .finish("Trunkline", env!("CARGO_PKG_VERSION"));
        (router.layer(middleware::from_fn_with_state(self.access, access::guard)), document)
    }

    /// Serves the edge until `shutdown`.
    pub(crate) async fn serve(self, data: std::path::PathBuf, shutdown: CancellationToken) -> anyhow::Result<()> {
        let name = edge::socket::control_plane(&data)?;
        let listener = edge::socket::bind(&name).context("the control plane's socket is taken")?;
        let path = data.join("edge").join("key");
        let key: Arc<str> =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?.trim().into();
        let (router, _) = self.compose();
        let router = router.layer(middleware::from_fn_with_state(key, only_the_edge));
        web::serve(listener, router, edge::socket::peer_is_us, web::Limits::default(), shutdown).await;
        Ok(())
    }
}

/// Nobody but the edge knows the key of the data folder.
async fn only_the_edge(State(key): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let given = request.headers_mut().remove(KEY_HEADER);
    let is_edge = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(key.as_bytes())));
    if is_edge {
        return next.run(request).await;
    }
    let problem =
        Problem::new(Kind::Forbidden, "only the edge of this installation may ask").hint("use the system address");
    web::Error::from(problem).into_response()
}

/// The OpenAPI document, of an installation that is not there.
pub(crate) async fn document() -> anyhow::Result<OpenApi> {
    let scratch = tempfile::tempdir()?;
    let db = Db::open(&format!("sqlite:{}", scratch.path().join("trunkline.db").display())).await?;
    let app = unstarted(db, scratch.path())?;
    let (_, document) = app.compose();
    Ok(document)
}

fn unstarted(db: Db, data: &Path) -> anyhow::Result<App> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let settings = Settings {
        product: String::new(),
        version: String::new(),
        system_address: nowhere,
        product_address: nowhere,
        data: String::new(),
        isolation: String::new(),
        database: String::new(),
        webhook_secret: String::new(),
    };
    App::over(db, edge::Client::connect(data)?, data, settings, Retention::default(), Scanning::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_route_has_a_rule_and_every_rule_a_route() {
        let document = document().await.unwrap();
        assert_eq!(access::check_coverage(&document), Vec::<String>::new());
    }
}
