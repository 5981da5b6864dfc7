//! How far the play is, as the tour page shows it.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::director::script::Scene;
use crate::{Options, Outcome};

/// So many notes of a scene are kept, the newest.
const NOTES_KEPT: usize = 60;

#[derive(Debug)]
pub(crate) struct Play {
    began: Instant,
    view: Mutex<View>,
}

/// All of it, as JSON for the page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct View {
    seed: u64,
    server_url: String,
    product_url: String,
    /// Since the demo began.
    elapsed_seconds: f64,
    is_over: bool,
    /// The scene that is played or was last.
    current: usize,
    scenes: Vec<SceneView>,
}

#[derive(Debug, Clone, Serialize)]
struct SceneView {
    name: &'static str,
    title: &'static str,
    story: &'static str,
    look: &'static str,
    expected: &'static str,
    state: SceneState,
    actual: Option<String>,
    notes: Vec<Note>,
    links: Vec<Link>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SceneState {
    Ahead,
    Playing,
    AsExpected,
    NotAsExpected,
}

#[derive(Debug, Clone, Serialize)]
struct Note {
    at_seconds: f64,
    text: String,
}

/// A page of the console.
#[derive(Debug, Clone, Serialize)]
struct Link {
    label: String,
    to: String,
}

impl Play {
    pub(crate) fn new(options: &Options, scenes: impl IntoIterator<Item = Scene>) -> Self {
        let view = View {
            seed: options.seed,
            server_url: options.server_url.clone(),
            product_url: options.product_url.clone(),
            elapsed_seconds: 0.0,
            is_over: false,
            current: 0,
            scenes: scenes.into_iter().map(SceneView::ahead).collect(),
        };
        Self { began: Instant::now(), view: Mutex::new(view) }
    }

    pub(crate) fn view(&self) -> View {
        let mut view = self.locked().clone();
        view.elapsed_seconds = self.elapsed();
        view
    }

    pub(crate) fn begin(&self, index: usize) {
        let mut view = self.locked();
        view.current = index;
        view.scenes[index].state = SceneState::Playing;
    }

    pub(crate) fn end(&self, index: usize, outcome: &Outcome) {
        let mut view = self.locked();
        let scene = &mut view.scenes[index];
        scene.state = if outcome.ok { SceneState::AsExpected } else { SceneState::NotAsExpected };
        scene.actual = Some(outcome.actual.clone());
    }

    pub(crate) fn finish(&self) {
        self.locked().is_over = true;
    }

    /// Something happened in the scene that is played.
    pub(crate) fn note(&self, text: &str) {
        let note = Note { at_seconds: self.elapsed(), text: text.to_owned() };
        self.playing(|scene| {
            scene.notes.push(note);
            let more = scene.notes.len().saturating_sub(NOTES_KEPT);
            scene.notes.drain(..more);
        });
    }

    /// A page to look at; the same label again leads somewhere new.
    pub(crate) fn link(&self, label: &str, to: &str) {
        self.playing(|scene| match scene.links.iter_mut().find(|link| link.label == label) {
            Some(link) => to.clone_into(&mut link.to),
            None => scene.links.push(Link { label: label.to_owned(), to: to.to_owned() }),
        });
    }

    fn playing(&self, change: impl FnOnce(&mut SceneView)) {
        let mut view = self.locked();
        let current = view.current;
        change(&mut view.scenes[current]);
    }

    fn elapsed(&self) -> f64 {
        (self.began.elapsed().as_secs_f64() * 10.0).round() / 10.0
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SceneView {
    fn ahead(scene: Scene) -> Self {
        let Scene { name, title, story, look, expected } = scene;
        Self {
            name,
            title,
            story,
            look,
            expected,
            state: SceneState::Ahead,
            actual: None,
            notes: vec![],
            links: vec![],
        }
    }
}
