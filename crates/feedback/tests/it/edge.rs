//! What posthog-js is told, and what is taken.

use axum::body::Body;
use feedback::{Extent, Query, Serving};
use http::{Method, Request, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;

use crate::bed::{Bed, SURVEY, files, until};

#[tokio::test(flavor = "multi_thread")]
async fn posthog_js_is_given_the_survey_in_its_own_shape() {
    for bed in Bed::all().await {
        assert_eq!(bed.config().await["surveys"], false, "nobody is asked anything yet");
        bed.ask(SURVEY).await;
        assert_eq!(bed.config().await["surveys"], true);
        let (_, answer) = bed.surveys().await;
        let survey = &answer["surveys"][0];
        assert_eq!(survey["id"], "after-checkout");
        assert_eq!(survey["conditions"]["url"], "/thanks");
        let follows = json!([{ "name": "order placed", "propertyFilters": { "method": { "values": ["card"], "operator": "exact" } } }]);
        assert_eq!(survey["conditions"]["events"]["values"], follows, "the journey's last step");
        assert_eq!(survey["questions"][0]["scale"], 5);
        assert_eq!(survey["linked_flag_key"], json!(null), "posthog-js would tell of an exposure");
        assert_eq!(survey["targeting_flag_key"], "survey-targeting-after-checkout");
        let flags = bed.flags_of("ann").await;
        assert_eq!(
            flags["flags"]["survey-targeting-after-checkout"]["enabled"], false,
            "ann is given no variant: {flags}"
        );
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_that_trunk_does_not_declare_any_more_is_not_asked() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let others: Vec<_> = files(SURVEY).into_iter().filter(|(path, _)| !path.starts_with("surveys/")).collect();
        bed.feedback.apply("c0", &others, Extent::Defined).await.unwrap();
        assert_eq!(
            bed.feedback.surveys().await.unwrap().items[0].state,
            feedback::SurveyState::Asked,
            "an older commit"
        );
        bed.feedback.apply("c2", &others, Extent::All).await.unwrap();
        until("nobody is asked", async || bed.surveys().await.1["surveys"] == json!([])).await;
        bed.ask(&SURVEY.replace("ends: 2999-12-31", "ends: 2998-12-31")).await;
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_survey_whose_last_day_is_over_is_not_asked() {
    for bed in Bed::all().await {
        bed.ask(SURVEY).await;
        let over = SURVEY.replace("ends: 2999-12-31", "ends: 2020-12-31");
        bed.feedback.apply("c2", &files(&over), Extent::All).await.unwrap();
        until("nobody is asked", async || bed.surveys().await.1["surveys"] == json!([])).await;
        assert_eq!(bed.config().await["surveys"], false);
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_taken_once_and_mistakes_have_their_place() {
    for bed in Bed::all().await {
        let id = "0190a000-0000-7000-8000-000000000001";
        for _ in 0..2 {
            let said = json!({ "id": id, "text": "Too slow.", "url": "http://shop/cart" });
            let (status, answer) = bed.say(&said, Some("visitor-1")).await;
            assert_eq!((status, answer["id"].as_str()), (StatusCode::CREATED, Some(id)));
        }
        let item = bed.found(&Query::default(), 1).await.items.remove(0);
        assert_eq!((item.id.as_str(), item.person.as_deref()), (id, Some("visitor-1")), "the cookie says who");
        for (body, wrong) in [
            (json!({ "text": " " }), "text says nothing"),
            (json!({ "text": "x".repeat(5_001) }), "text has 5001 characters, at most 5000 are kept"),
            (json!({ "txt": "x" }), "unknown field `txt`, expected one of"),
            (json!({ "text": "x", "id": "7" }), "id \"7\" is no UUID"),
            (json!({ "text": "x", "person": "" }), "person is no line of text"),
        ] {
            let (status, answer) = bed.say(&body, None).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
            assert!(answer["detail"].as_str().unwrap().starts_with(wrong), "{answer}");
        }
        let (status, _) = bed.say(&json!({ "text": "x".repeat(60_000) }), None).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        bed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_needed_and_reading_is_not_for_clients() {
    for bed in Bed::all().await {
        let said = Request::post("/api/v1/feedback").body(Body::from(r#"{"text":"x"}"#)).unwrap();
        assert_eq!(bed.serving.router().oneshot(said).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        for unknown in ["/api/surveys/", "/api/surveys/?token=tl_client_other"] {
            let asked = Request::get(unknown).body(Body::empty()).unwrap();
            assert_eq!(bed.serving.router().oneshot(asked).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        }
        assert!(Serving::serves(&Method::POST, "/api/v1/feedback"));
        assert!(!Serving::serves(&Method::GET, "/api/v1/feedback"), "the control plane asks for an admin");
        assert!(!Serving::serves(&Method::PUT, "/api/v1/feedback/1"));
        bed.end().await;
    }
}
