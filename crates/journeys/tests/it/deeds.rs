//! Who did what, as experiments ask.

use events::Persons;
use journeys::{Deed, Journeys, Stage};

use crate::bed::{self, CHECKOUT, Memory, beds, deed, file, noon_ms};

/// 1 filled a basket, and later another and paid; 2 only filled one; 3's cookie has not come back.
fn shop() -> Memory {
    let deeds: Vec<bed::Deed> = vec![
        deed("viewed", 1, -300),
        deed("added", 1, -290),
        deed("viewed", 1, -30),
        deed("added", 1, -20),
        deed("paid", 1, -10),
        deed("viewed", 2, -200),
        deed("added", 2, -190),
        deed("viewed", 3, -200),
        deed("added", 3, -190),
    ];
    Memory { deeds, witnessed: [1, 2].into(), ..Memory::default() }
}

async fn did(journeys: &Journeys, step: Option<&str>, of: Option<&Persons>) -> Vec<(u64, i64)> {
    let deed = Deed::Journey { journey: "checkout".into(), step: step.map(str::to_owned) };
    let did = journeys.did(&deed, noon_ms() - 400 * 60_000, of).await.unwrap();
    did.into_iter().map(|did| (did.person, (did.at_ms - noon_ms()) / 60_000)).collect()
}

#[tokio::test]
async fn whoever_got_further_later_was_here_when_they_first_came() {
    for (_test, journeys) in beds(shop).await {
        journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", CHECKOUT)], Stage::Live).await.unwrap();
        assert_eq!(did(&journeys, None, None).await, [(1, -10)]);
        assert_eq!(did(&journeys, Some("basket"), None).await, [(1, -290), (2, -190)]);
        let some = Persons::of([2, 3]);
        assert_eq!(did(&journeys, Some("basket"), Some(&some)).await, [(2, -190)]);
    }
}

#[tokio::test]
async fn a_journey_that_is_declared_anew_has_another_revision() {
    for (_test, journeys) in beds(shop).await {
        for (revision, within) in [(1, "1h"), (2, "2h")] {
            let text = CHECKOUT.replace("within: 1h", &format!("within: {within}"));
            journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", &text)], Stage::Live).await.unwrap();
            assert_eq!(journeys.revision("checkout").await.unwrap(), revision);
        }
        assert!(journeys.revision("return").await.is_err());
    }
}
