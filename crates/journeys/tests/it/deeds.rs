//! Who did what, as experiments ask.

use journeys::model::Since;
use journeys::{Deed, Journeys, Stage};

use crate::bed::{self, CHECKOUT, Memory, beds, deed, file, noon_ms};

/// 1 filled a basket, and later another and paid; 2 only filled one; 3's cookie has not come back; 4 paid twice.
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
        deed("viewed", 4, -200),
        deed("added", 4, -190),
        deed("paid", 4, -180),
        deed("viewed", 4, -100),
        deed("added", 4, -90),
        deed("paid", 4, -80),
    ];
    Memory { deeds, witnessed: [1, 2, 4].into(), ..Memory::default() }
}

const ALL: [u64; 4] = [1, 2, 3, 4];

async fn did(journeys: &Journeys, step: Option<&str>, of: &[u64], minute: i64) -> Vec<(u64, i64)> {
    let deed = Deed::Journey { journey: "checkout".into(), step: step.map(str::to_owned) };
    let since = |person: &u64| Since { person: *person, at_ms: noon_ms() + minute * 60_000 };
    let of: Vec<Since> = of.iter().map(since).collect();
    let did = journeys.did(&deed, noon_ms() - 400 * 60_000, &of).await.unwrap();
    did.into_iter().map(|did| (did.person, (did.at_ms - noon_ms()) / 60_000)).collect()
}

async fn declared(text: &str) -> Vec<(impl Sized, Journeys)> {
    let beds = beds(shop).await;
    for (_test, journeys) in &beds {
        journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", text)], Stage::Live).await.unwrap();
    }
    beds
}

#[tokio::test]
async fn whoever_got_further_later_was_here_when_they_first_came() {
    for (_test, journeys) in declared(CHECKOUT).await {
        assert_eq!(did(&journeys, None, &ALL, -400).await, [(1, -10), (4, -180)]);
        assert_eq!(did(&journeys, Some("basket"), &ALL, -400).await, [(1, -290), (2, -190), (4, -190)]);
        assert_eq!(did(&journeys, Some("basket"), &[2, 3], -400).await, [(2, -190)]);
    }
}

#[tokio::test]
async fn what_somebody_did_before_hides_nothing_that_they_did_since() {
    for order in ["", "order: strict"] {
        let text = CHECKOUT.replace("within: 1h", &format!("within: 1h\n{order}"));
        for (_test, journeys) in declared(&text).await {
            // In the basket before, and paid since.
            assert_eq!(did(&journeys, None, &ALL, -185).await, [(1, -10), (4, -180)], "{order}");
            assert_eq!(did(&journeys, None, &ALL, -179).await, [(1, -10), (4, -80)], "{order}");
            assert_eq!(did(&journeys, None, &ALL, -80).await, [(1, -10), (4, -80)], "{order}");
            assert_eq!(did(&journeys, None, &ALL, -79).await, [(1, -10)], "{order}");
        }
    }
}

#[tokio::test]
async fn in_any_order_a_step_is_so_many_of_all() {
    let text = CHECKOUT.replace("within: 1h", "within: 1h\norder: any");
    for (_test, journeys) in declared(&text).await {
        assert_eq!(did(&journeys, Some("seen"), &ALL, -400).await, [(1, -300), (2, -200), (4, -200)]);
        assert_eq!(did(&journeys, Some("basket"), &ALL, -400).await, [(1, -290), (2, -190), (4, -190)]);
        assert_eq!(did(&journeys, None, &ALL, -400).await, [(1, -10), (4, -180)]);
    }
}

#[tokio::test]
async fn a_journey_that_is_declared_anew_has_another_revision() {
    for (_test, journeys) in declared(CHECKOUT).await {
        assert_eq!(journeys.revision("checkout").await.unwrap(), 1);
        let text = CHECKOUT.replace("within: 1h", "within: 2h");
        journeys.apply("aaaaaaa2", &[file("journeys/checkout.yaml", &text)], Stage::Live).await.unwrap();
        assert_eq!(journeys.revision("checkout").await.unwrap(), 2);
        assert!(journeys.revision("return").await.is_err());
    }
}
