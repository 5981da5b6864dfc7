//! Two services of one repository that have different commits live: whose flags are in force.

use crate::bed::{Bed, by};
use crate::product;

/// A flag with this default; `more` are further flags.
fn colour(default: &str, more: &str) -> String {
    let variants = "variants: { red: red, blue: blue, green: green }";
    format!("flags:\n  colour: {{ state: ENABLED, {variants}, defaultVariant: {default} }}\n{more}")
}

const GIFT: &str = "  gift: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: off }\n";

/// The commits of the story: all is live at `first`; `second` is of the back alone, `third` of the front alone.
struct Story {
    bed: Bed,
    first: String,
    second: String,
    third: String,
}

impl Story {
    /// The front has the third commit, while the back still starts the second.
    async fn begin() -> Self {
        let bed = Bed::start().await;
        let gate = bed.path("gate");
        std::fs::write(&gate, "").unwrap();
        let declaration = declaration(&gate.display().to_string());
        let first = bed.repository.commit(&[
            ("trunkline.yaml", &declaration),
            ("front/page", "1"),
            ("back/api", "1"),
            ("flags/colour.yaml", &colour("red", "")),
        ]);
        bed.until_live("front", &first).await;
        bed.until_live("back", &first).await;
        std::fs::remove_file(&gate).unwrap();
        let second = bed.repository.commit(&[("back/api", "2"), ("flags/colour.yaml", &colour("blue", ""))]);
        bed.until_on_its_way("back", &second).await;
        let third = bed.repository.commit(&[("front/page", "3"), ("flags/colour.yaml", &colour("green", GIFT))]);
        bed.until_live("front", &third).await;
        Self { bed, first, second, third }
    }

    async fn let_the_second_go_live(&self) {
        std::fs::write(self.bed.path("gate"), "").unwrap();
        self.bed.until_live("back", &self.second).await;
    }

    async fn roll_back(&self, service: &str) {
        self.bed.delivery.roll_back(Some(service), None, &by()).await.unwrap();
        self.bed.until_live(service, &self.first).await;
    }

    async fn colour(&self) -> String {
        self.bed.flag("colour").await.default_variant.unwrap()
    }
}

fn declaration(gate: &str) -> String {
    let start = product::command();
    format!(
        "product: shop
isolation: off
services:
  front: {{ path: front, start: \"{start}\", health: {{ path: /up, within: 50s }}, route: {{ path: / }} }}
  back: {{ path: back, start: \"{start}\", health: {{ path: /up, within: 50s }}, route: {{ path: /api }},
    env: {{ WAITS_FOR: \"{gate}\" }} }}
rollout: {{ canary: [100], step_seconds: 0 }}
"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_commit_that_goes_live_later_takes_nothing_back() {
    let story = Story::begin().await;
    assert_eq!(story.colour().await, "green", "the front has it");
    story.let_the_second_go_live().await;
    assert_eq!(story.colour().await, "green", "the front still has what is newest");
    assert_eq!(story.bed.flag("gift").await.item.state, "dark", "it has not left trunk");
    story.bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_ends_at_the_newest_commit_that_any_service_has() {
    let story = Story::begin().await;
    story.let_the_second_go_live().await;
    story.roll_back("front").await;
    assert_eq!(story.colour().await, "blue", "the back has the second commit");
    assert_eq!(story.bed.flag("gift").await.item.state, "dark", "trunk still has it");
    story.roll_back("back").await;
    assert_eq!(story.colour().await, "red", "all have the first commit again");
    story.bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_of_an_older_commit_changes_nothing() {
    let story = Story::begin().await;
    story.let_the_second_go_live().await;
    story.roll_back("back").await;
    assert_eq!(story.colour().await, "green", "the front has the third commit: {}", story.third);
    story.bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_commit_leaves_alone_what_one_that_was_taken_back_had_brought() {
    let story = Story::begin().await;
    story.roll_back("front").await;
    assert_eq!(story.colour().await, "red");
    story.let_the_second_go_live().await;
    assert_eq!(story.colour().await, "blue", "it is the newest that is live");
    assert_eq!(story.bed.flag("gift").await.item.state, "dark", "trunk still has it");
    story.bed.end().await;
}
