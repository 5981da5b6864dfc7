//! Flags that are held at internal exposure.

use std::collections::BTreeMap;

use flags::{HoldReason, HoldScope, Stage};
use kernel::{Kind, Problem};
use storage::testing::databases;

use crate::support::{Edge, ONE, by, clock, flags, on_of_thousand, push, shares, variant};

const KEY: &str = "new-checkout";

fn held() -> BTreeMap<String, Option<HoldReason>> {
    let reason = HoldReason { why: "it has no owner".into(), hint: "add owner".into() };
    BTreeMap::from([(KEY.to_owned(), Some(reason))])
}

fn released() -> BTreeMap<String, Option<HoldReason>> {
    BTreeMap::from([(KEY.to_owned(), None)])
}

#[tokio::test]
async fn a_flag_is_held_before_anybody_can_see_it() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        flags.hold(&held(), HoldScope::New, &by()).await.unwrap();
        push(&flags, "c1", ONE, Stage::Dark).await;
        assert_eq!(on_of_thousand(&edge).await, 0, "{}", test.name);
        push(&flags, "c2", &ONE.replace("50", "90"), Stage::Live).await;
        assert_eq!(on_of_thousand(&edge).await, 0, "no definition gets past it");

        let refused = Problem::from(flags.ramp(KEY, &shares(0.5), &by()).await.unwrap_err());
        assert_eq!((refused.kind, refused.hint.as_deref()), (Kind::Conflict, Some("add owner")));
        assert!(refused.message.contains("held at internal exposure: it has no owner"), "{refused}");
        let set = Problem::from(flags.set_variant(KEY, "on", &by()).await.unwrap_err());
        assert_eq!(set.kind, Kind::Conflict);
        flags.add_tester(KEY, "ann", "on", &by()).await.unwrap();
        assert_eq!(variant(&edge, "ann").await, "on", "a tester sees it");
        let view = flags.show(KEY).await.unwrap();
        assert_eq!((view.item.state.as_str(), view.item.held.unwrap().frozen), ("dark", false));

        flags.hold(&released(), HoldScope::All, &by()).await.unwrap();
        assert!(on_of_thousand(&edge).await > 400);
        let what: Vec<String> = flags.history(KEY).await.unwrap().into_iter().map(|event| event.what).collect();
        assert_eq!(what[0], "flag.released");
    }
}

#[tokio::test]
async fn the_internal_segment_sees_a_held_flag_by_its_rule() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        flags.hold(&held(), HoldScope::New, &by()).await.unwrap();
        let files = [
            ("flags/a.yaml".to_owned(), ONE.replace("50", "100").replace("\"off\", 100", "\"off\", 0")),
            ("segments/internal.txt".to_owned(), "ann\nbob\n".to_owned()),
        ];
        flags.apply("c1", &files, Stage::Live, &by()).await.unwrap();
        assert_eq!(on_of_thousand(&edge).await, 0, "{}", test.name);
        let ours = [variant(&edge, "ann").await, variant(&edge, "bob").await];
        flags.hold(&released(), HoldScope::All, &by()).await.unwrap();
        assert_eq!(ours, [variant(&edge, "ann").await, variant(&edge, "bob").await], "as the rule says");
    }
}

#[tokio::test]
async fn what_customers_have_is_not_taken_away_and_goes_no_further() {
    for test in databases().await {
        let edge = Edge::new(&clock());
        let flags = flags(&test.db, &edge).await;
        push(&flags, "c1", ONE, Stage::Live).await;
        let before = on_of_thousand(&edge).await;
        flags.hold(&held(), HoldScope::New, &by()).await.unwrap();
        assert_eq!(flags.show(KEY).await.unwrap().item.held, None, "what is there is judged when the commit is live");
        flags.hold(&held(), HoldScope::All, &by()).await.unwrap();
        push(&flags, "c2", &ONE.replace("50", "90"), Stage::Live).await;
        assert_eq!(on_of_thousand(&edge).await, before, "{}", test.name);
        assert!(flags.show(KEY).await.unwrap().item.held.unwrap().frozen);
        flags.kill(KEY, &by()).await.unwrap();
        assert_eq!(on_of_thousand(&edge).await, 0, "a kill wins");
        flags.clear_kill(KEY, &by()).await.unwrap();
        assert_eq!(on_of_thousand(&edge).await, before);
    }
}
