//! What is answered over HTTP.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use security::model::inventory::{Scanned, Skipped};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::bed::{Bed, SOON, document, inventory, lines};

/// Status, content type and body.
async fn get(router: &Router, path: &str) -> (StatusCode, String, Value) {
    answer(router, Request::builder().uri(path).body(Body::empty()).unwrap()).await
}

async fn import(bed: &Bed, lines: String) -> (StatusCode, Value) {
    let caller = access::Caller::system("ann");
    let router = security::routes(bed.security.clone()).split_for_parts().0.layer(axum::Extension(caller));
    let request = Request::post("/api/v1/advisories/import?source=here&import=1&last=true").body(lines.into());
    let (status, _, body) = answer(&router, request.unwrap()).await;
    (status, body)
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, String, Value) {
    let response = router.clone().oneshot(request).await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let (status, body) = (response.status(), response.into_body().collect().await.unwrap().to_bytes());
    (status, kind, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn the_bill_of_a_deployment_is_what_was_kept_with_what_it_is_not_complete_in() {
    let bed = Bed::open().await;
    let mut made = inventory(&[("leftish", "1.2.0")]);
    made.files.push(Scanned::installed("node_modules", inventory(&[("rightish", "2.0.0")]).files.remove(0).packages));
    made.unsupported.push("go.mod".into());
    made.opaque.push("lib/a.jar".into());
    made.skipped.push(Skipped::unknown("requirements.txt", "line 1: a is not pinned to one version"));
    bed.keep(7, Ok(made)).await;
    let router = security::routes(bed.security.clone()).split_for_parts().0;
    let (status, kind, bill) = get(&router, "/api/v1/deployments/7/sbom").await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/vnd.cyclonedx+json; version=1.6"), "{bill}");
    let component = &bill["metadata"]["component"];
    assert_eq!((&component["name"], &component["version"]), (&json!("shop"), &json!("c7")));
    assert_eq!(component["properties"][0], json!({ "name": "trunkline:deployment", "value": "7" }));
    let purls: Vec<_> = bill["components"].as_array().unwrap().iter().map(|package| &package["purl"]).collect();
    assert_eq!(purls, ["pkg:npm/leftish@1.2.0", "pkg:npm/rightish@2.0.0"]);
    let left_out = bill["metadata"]["properties"].as_array().unwrap().iter().map(|property| &property["name"]);
    assert_eq!(left_out.collect::<Vec<_>>(), ["trunkline:unsupported", "trunkline:opaque", "trunkline:skipped"]);
    assert_eq!(get(&router, "/api/v1/deployments/7/sbom").await.2, bill);
    drop(router);
    bed.end().await;
}

#[tokio::test]
async fn a_deployment_of_which_nothing_is_known_has_no_bill_and_that_is_said() {
    let bed = Bed::open().await;
    bed.keep(7, Err("Cargo.lock:3:1: it is cut off".into())).await;
    let router = security::routes(bed.security.clone()).split_for_parts().0;
    for (number, words) in [("7", "could not be read: Cargo.lock:3:1: it is cut off"), ("8", "nothing is known of")] {
        let (status, kind, problem) = get(&router, &format!("/api/v1/deployments/{number}/sbom")).await;
        assert_eq!((status, kind.as_str()), (StatusCode::NOT_FOUND, "application/problem+json"));
        assert!(problem["detail"].as_str().unwrap().contains(words) && problem["hint"].is_string(), "{problem}");
    }
    drop(router);
    bed.end().await;
}

#[tokio::test]
async fn what_is_sent_is_read_line_by_line_and_a_line_that_is_none_takes_nothing_in() {
    let bed = Bed::open().await;
    let good = String::from_utf8(lines(vec![document("GHSA-1", &[], "a", "2.0.0", SOON)])).unwrap();
    let (status, problem) = import(&bed, format!("{good}\n{{\"name\": 1}}\n")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().starts_with("line 3: ") && problem["hint"].is_string(), "{problem}");
    assert_eq!(bed.security.status().await.unwrap().count, 0);
    let (status, problem) = import(&bed, "{\n".repeat(20_001)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{problem}");
    for (body, documents) in [(String::new(), 0), (good, 1)] {
        let (status, imported) = import(&bed, body).await;
        assert_eq!((status, &imported["documents"]), (StatusCode::OK, &json!(documents)), "{imported}");
    }
    bed.end().await;
}
