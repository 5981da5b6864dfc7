//! Plays the scenes: commits, watches what becomes of it, and judges by the API's answers and the customers' books.
//!
//! Invariants: it never acts on a deployment (what is rolled back is rolled back without a hand); it goes on when
//! something has happened, and a wait that is in vain makes the scene's outcome, not a hang.

mod findings;
mod scenes;
pub(crate) mod script;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::api::Api;
use crate::customers::books::Ledger;
use crate::tour::{Play, Tour};
use crate::{
    Canary, ControlPlane, Customers, Error, Options, Outcome, Pace, Progress, Sink, Summary, Treatment, Trunk,
};
use script::Scene;

/// The demo while it is played, and after it: customers keep coming until it is closed.
pub struct Demo {
    seed: u64,
    canary: Canary,
    treatment: Treatment,
    scenes: Vec<Scene>,
    control_plane: Arc<dyn ControlPlane>,
    product_url: String,
    trunk: Trunk,
    api: Api,
    customers: Customers,
    tour: Tour,
    play: Arc<Play>,
    sink: Sink,
    began: Instant,
}

impl std::fmt::Debug for Demo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Demo").field("seed", &self.seed).field("trunk", &self.trunk).finish_non_exhaustive()
    }
}

/// What a scene found.
struct Told {
    change: String,
    actual: String,
    ok: bool,
}

impl Demo {
    /// Opens the tour page. Nothing is played yet and nobody comes.
    pub async fn open(options: Options, sink: Sink) -> Result<Self, Error> {
        let customers = Customers::new(&options.product_url, options.seed, Pace::default(), options.treatment)?;
        let api = Api::new(&options.server_url, &options.token);
        let scenes = script::scenes(options.canary, options.treatment, options.until.as_deref());
        let play = Arc::new(Play::new(&options, scenes.iter().copied()));
        let tour =
            Tour::open(options.tour_listen, Arc::clone(&play), Arc::clone(customers.books()), api.clone()).await?;
        Ok(Self {
            seed: options.seed,
            canary: options.canary,
            treatment: options.treatment,
            scenes,
            control_plane: options.control_plane,
            product_url: options.product_url,
            trunk: options.trunk,
            api,
            customers,
            tour,
            play,
            sink,
            began: Instant::now(),
        })
    }

    /// The live page that says what is being played. Its address is its key: who knows it may sign in to the console.
    pub fn tour_url(&self) -> &str {
        self.tour.url()
    }

    /// The customers' own books.
    pub fn ledger(&self) -> Ledger {
        self.customers.books().ledger()
    }

    /// Plays the scenes. Customers go on afterwards.
    pub async fn play(&mut self) -> Summary {
        let scenes = self.scenes.clone();
        let mut story = scenes::Story::default();
        let mut outcomes = Vec::new();
        for (index, scene) in scenes.iter().enumerate() {
            let Scene { name, title, .. } = *scene;
            self.play.begin(index);
            (self.sink)(Progress::SceneBegins { name, title, number: index + 1, of: scenes.len() });
            let told = self.scene(name, &mut story).await;
            let outcome = self.outcome(scene, told);
            self.play.end(index, &outcome);
            (self.sink)(Progress::SceneEnds(outcome.clone()));
            outcomes.push(outcome);
        }
        let seconds = (self.began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        let ok = outcomes.iter().all(|outcome| outcome.ok);
        self.play.finish();
        Summary { ok, seed: self.seed, seconds, url: self.api.page("/console/"), outcomes }
    }

    /// Customers leave, the tour page closes.
    pub async fn close(self) {
        self.customers.close().await;
        self.tour.close(Duration::from_secs(2)).await;
    }

    fn outcome(&self, scene: &Scene, told: Told) -> Outcome {
        let path = if told.change.is_empty() { String::new() } else { format!("changes/{}", told.change) };
        Outcome {
            name: scene.name.into(),
            expected: scene.expected.into(),
            actual: told.actual,
            ok: told.ok,
            page: self.api.page(&format!("/console/{path}")),
            change: told.change,
        }
    }

    /// Says on the tour page and to the caller what happened.
    fn note(&self, text: impl Into<String>) {
        let text = text.into();
        self.play.note(&text);
        (self.sink)(Progress::Note { text });
    }
}
