//! What the caller hears while the demo is played.

use crate::Outcome;

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Scene `number` (from 1) of `of` begins.
    SceneBegins {
        name: &'static str,
        title: &'static str,
        number: usize,
        of: usize,
    },
    /// A step within the scene.
    Note {
        text: String,
    },
    SceneEnds(Outcome),
}

/// Is told of the progress; must not block.
pub type Sink = std::sync::Arc<dyn Fn(Progress) + Send + Sync>;
