//! Features and suggestions, and what is asked over HTTP.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use journeys::Stage;
use journeys::model::usage::Direction;
use tower::ServiceExt as _;

use crate::bed::{CHECKOUT, Memory, beds, deed, file};

const DAY: i64 = 24 * 60;

/// The page of a person's own basket, as the edge tells of it.
fn basket(person: u64) -> String {
    format!(r#"{{"path":"/basket/{person}","template":"/basket/:id"}}"#)
}

/// Ten days: `old` is used ever less, `new` since some days; visitors look at pages and pay.
fn weeks() -> Memory {
    let mut deeds = Vec::new();
    for day in 0_i64..10 {
        for person in 0..60 {
            let minute = -day * DAY - 60;
            deeds.push(deed("page viewed", person, minute).with(r#"{"path":"/","template":"/"}"#));
            if person < 30 {
                deeds.push(deed("page viewed", person, minute + 1).with(&basket(person)));
                deeds.push(deed("paid", person, minute + 2));
            }
            if person < 5 * day.unsigned_abs() {
                deeds.push(deed("old", person, minute + 3));
            }
            if day < 5 && person < 20 {
                deeds.push(deed("new", person, minute + 4));
            }
        }
    }
    Memory { deeds, ..Memory::default() }
}

#[tokio::test]
async fn features_say_who_uses_what_and_which_way_it_goes() {
    for (_store, journeys) in beds(weeks).await {
        let features = journeys.features(28).await.unwrap();
        let told: Vec<_> = features.iter().map(|f| (f.event.as_str(), f.page.as_deref(), f.persons, f.trend)).collect();
        let expected = [
            ("page viewed", Some("/"), 60, Direction::Steady),
            ("old", None, 45, Direction::Falling),
            ("page viewed", Some("/basket/:id"), 30, Direction::Steady),
            ("paid", None, 30, Direction::Steady),
            ("new", None, 20, Direction::New),
        ];
        assert_eq!(told, expected);
        assert_eq!((features[3].share_of_active, features[3].per_person), (0.5, 10.0));
        let today = features[0].by_day.last().unwrap();
        assert_eq!((features[0].by_day.len(), today.day.as_str(), today.persons), (28, "2026-11-24", 60));
    }
}

#[tokio::test]
async fn that_customers_were_asked_is_a_feature_only_for_whoever_asks() {
    let asked = || {
        let deeds = ["survey shown", "survey sent", "survey dismissed", "survey abandoned", "feedback given", "paid"];
        Memory { deeds: deeds.map(|name| deed(name, 1, 0)).to_vec(), ..Memory::default() }
    };
    for (_store, journeys) in beds(asked).await {
        let features = journeys.features(28).await.unwrap();
        assert_eq!(features.iter().map(|f| f.event.as_str()).collect::<Vec<_>>(), ["paid"]);
        assert_eq!(journeys.features_and_talk(28).await.unwrap().len(), 6);
    }
}

/// The same without what only some use.
fn visits() -> Memory {
    let mut memory = weeks();
    memory.deeds.retain(|deed| deed.name != "old" && deed.name != "new");
    memory
}

#[tokio::test]
async fn the_way_that_visitors_go_is_suggested_with_its_pages() {
    for (_store, journeys) in beds(visits).await {
        let suggestions = journeys.suggestions().await.unwrap();
        let names: Vec<&str> = suggestions[0].steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["/", "/basket/:id", "paid"]);
        let applied = journeys.apply("aaaaaaa1", &[file("journeys/s.yaml", &suggestions[0].yaml)], Stage::Live).await;
        assert_eq!(applied.unwrap().added.len(), 1, "it is a definition as it stands: {}", suggestions[0].yaml);
    }
}

#[tokio::test]
async fn routes_answer_and_refuse() {
    for (_store, journeys) in beds(weeks).await {
        journeys.apply("aaaaaaa1", &[file("journeys/checkout.yaml", CHECKOUT)], Stage::Live).await.unwrap();
        let (router, _) = journeys::routes(journeys).split_for_parts();
        let cases = [
            ("/api/v1/journeys", StatusCode::OK, "\"figures\""),
            ("/api/v1/journeys/suggestions", StatusCode::OK, "\"yaml\""),
            ("/api/v1/journeys/checkout", StatusCode::OK, "\"history\""),
            ("/api/v1/journeys/checkout/report?by=variant:x&from=2026-11-01T00:00:00Z", StatusCode::OK, "\"sentence\""),
            ("/api/v1/journeys/checkout/trend?by=hour", StatusCode::OK, "\"items\""),
            ("/api/v1/journeys/checkout/persons?step=1&outcome=dropped", StatusCode::OK, "\"items\""),
            ("/api/v1/features?days=7", StatusCode::OK, "\"by_day\""),
            ("/api/v1/journeys/nothing/report", StatusCode::NOT_FOUND, "there is no journey"),
            ("/api/v1/journeys/checkout/report?from=yesterday", StatusCode::BAD_REQUEST, "is not a time"),
            ("/api/v1/journeys/checkout/report?who=all", StatusCode::BAD_REQUEST, "known are everyone or witnessed"),
            ("/api/v1/journeys/checkout/trend?by=week", StatusCode::BAD_REQUEST, "known are hour or day"),
            ("/api/v1/journeys/checkout/persons?step=4", StatusCode::BAD_REQUEST, "the steps 1 to 3"),
            ("/api/v1/journeys/checkout/persons?step=-1", StatusCode::BAD_REQUEST, "not a whole number"),
            ("/api/v1/journeys/checkout/persons?cursor=x", StatusCode::BAD_REQUEST, "cursor"),
            ("/api/v1/features?days=0", StatusCode::BAD_REQUEST, "cannot be looked at"),
        ];
        for (path, status, words) in cases {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let got = response.status();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body);
            assert_eq!(got, status, "{path}: {body}");
            assert!(body.contains(words), "{path}: {body}");
        }
    }
}
