//! A deletion reaches every word: nothing of them is in any file afterwards.

use std::path::Path;

use feedback::Query;
use serde_json::json;

use crate::bed::{Bed, SURVEY, until};

const SECRET: &str = "unmistakable-words-of-cora";

/// Files below a folder that have these bytes.
fn with(folder: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if contains(&std::fs::read(&path).unwrap_or_default(), needle) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|part| part == needle.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deleted_person_said_is_in_no_file_any_more() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let answer = json!({ "$survey_id": "after-checkout", "$survey_response_why": SECRET });
        bed.capture("survey sent", "cora", &answer).await;
        bed.say(&json!({ "text": format!("{SECRET} again"), "person": "cora" }), None).await;
        bed.say(&json!({ "text": "others stay", "person": "dan" }), None).await;
        let page = bed.found(&Query::default(), 3).await;
        let theirs = page.items.iter().find(|item| item.text == SECRET).unwrap();
        bed.feedback.tag(&theirs.id, &["too-slow".into()], "ann").await.unwrap();
        assert!(bed.events.export("cora").await.unwrap().contains(SECRET), "an export has their words");
        assert!(!with(&bed.data, SECRET).is_empty(), "else nothing is shown by what follows");

        until("the deletion is done", async || bed.events.delete("cora", "ann").await.unwrap().done).await;
        let left = bed.found(&Query::default(), 1).await;
        assert_eq!(left.items[0].text, "others stay");
        // Segments are packed: what is read back counts as well as the bytes.
        assert_eq!(with(&bed.data, SECRET), Vec::<String>::new());
        assert!(!bed.events.export("dan").await.unwrap().contains(SECRET));
        for url in [bed.test.url.strip_prefix("sqlite:")].into_iter().flatten() {
            let folder = Path::new(url).parent().unwrap();
            assert_eq!(with(folder, SECRET), Vec::<String>::new(), "the control store never had them");
        }
        bed.end().await;
    }
}
