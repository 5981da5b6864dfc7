//! What the edge sees by itself, and whom it believes.

use super::*;
use crate::record::{Aside, Served};

const PERSON: &str = "0192f7a0-visitor";

fn seen<'a>(path: &'a str, witness: Option<&'a str>) -> Seen<'a> {
    Seen {
        service: "shop",
        deployment: 47,
        person: PERSON,
        witness,
        method: "GET",
        path,
        status: 200,
        page: true,
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
    }
}

fn served(bed: &Bed) -> Vec<(u64, i64)> {
    let served = |record| {
        if let Record::Served(Served { deployment, at_ms, .. }) = record { Some((deployment, at_ms)) } else { None }
    };
    bed.records().into_iter().filter_map(served).collect()
}

#[test]
fn a_visitor_who_keeps_cookies_is_counted_from_the_first_page_on() {
    let bed = Bed::new();
    bed.capture.seen(&seen("/", None));
    bed.capture.seen(&seen("/other", None));
    assert!(bed.records().is_empty(), "nobody knows yet whether the cookie comes back");
    bed.clock.advance(jiff::SignedDuration::from_secs(5));
    bed.capture.seen(&seen("/product/123", Some(PERSON)));
    bed.capture.seen(&seen("/product/124", Some(PERSON)));
    let views: Vec<_> =
        bed.events().into_iter().map(|event| (event.time_ms - now_ms(), event.properties.get().to_owned())).collect();
    assert_eq!(
        views,
        [
            (0, r#"{"path":"/","template":"/","service":"shop"}"#.to_owned()),
            (5_000, r#"{"path":"/product/123","template":"/product/:id","service":"shop"}"#.to_owned()),
            (5_000, r#"{"path":"/product/124","template":"/product/:id","service":"shop"}"#.to_owned()),
        ]
    );
    assert_eq!(served(&bed), [(47, now_ms())], "from the first answer on");
    let event = bed.events().remove(0);
    assert_eq!((event.name.as_str(), event.distinct_id.as_str(), event.deployment), ("page viewed", PERSON, Some(47)));
    assert_eq!((event.role, event.witness.as_deref(), event.aside), (None, Some(PERSON), None));
}

#[test]
fn another_deployment_is_told_once_each_time() {
    let bed = Bed::new();
    for deployment in [47, 47, 48, 48, 47] {
        bed.capture.seen(&Seen { deployment, page: false, ..seen("/x.css", Some(PERSON)) });
    }
    let deployments: Vec<_> = served(&bed).into_iter().map(|(deployment, _)| deployment).collect();
    assert_eq!(deployments, [47, 48, 47]);
    assert!(bed.events().is_empty());
}

#[test]
fn only_successful_pages_that_somebody_got_are_views() {
    let bed = Bed::new();
    for seen in [
        Seen { status: 404, ..seen("/", Some(PERSON)) },
        Seen { method: "POST", ..seen("/", Some(PERSON)) },
        Seen { page: false, ..seen("/", Some(PERSON)) },
    ] {
        bed.capture.seen(&seen);
    }
    assert!(bed.events().is_empty());
}

#[test]
fn probes_and_crawlers_are_kept_apart() {
    let bed = Bed::new();
    bed.capture.seen(&Seen { person: "verifier:abc", ..seen("/", None) });
    bed.capture.seen(&Seen { user_agent: Some("Googlebot/2.1"), ..seen("/", Some(PERSON)) });
    let asides: Vec<_> = bed.events().into_iter().map(|event| event.aside).collect();
    assert_eq!(asides, [Some(Aside::Synthetic), Some(Aside::Bot)]);
}

#[tokio::test]
async fn events_of_probes_and_crawlers_are_kept_apart_and_servers_are_believed() {
    let bed = Bed::new();
    let agent = "Mozilla/5.0 (compatible; bingbot/2.0)";
    for (token, id) in [(CLIENT, "ann"), (SERVER, "ann"), (SERVER, "verifier:abc")] {
        let body = format!(r#"{{"event":"seen","distinct_id":"{id}"}}"#);
        let request =
            Request::post("/capture").header("x-api-key", token).header("user-agent", agent).body(body.into()).unwrap();
        assert_eq!(bed.send(request).await.status(), StatusCode::OK);
    }
    let asides: Vec<_> = bed.events().into_iter().map(|event| event.aside).collect();
    assert_eq!(asides, [Some(Aside::Bot), None, Some(Aside::Synthetic)]);
}

#[tokio::test]
async fn the_cookie_that_came_with_it_is_written_down() {
    let mut bed = Bed::new();
    bed.arrival.witness = Some(PERSON.into());
    let called = format!(
        r#"[{{"event":"$feature_flag_called","distinct_id":"{PERSON}","properties":{{"$feature_flag":"f","$feature_flag_response":"on"}}}},
            {{"event":"$identify","distinct_id":"ann","properties":{{"$anon_distinct_id":"{PERSON}"}}}}]"#
    );
    bed.post("/batch", CLIENT, called).await;
    let mut kinds = 0;
    for record in bed.records() {
        let (witness, role) = match record {
            Record::Event(event) => (event.witness, event.role),
            Record::Identity(identity) => (identity.witness, identity.role),
            Record::Exposure(exposure) => (exposure.witness, exposure.role),
            other => panic!("{other:?}"),
        };
        assert_eq!((witness.as_deref(), role), (Some(PERSON), Some(Role::Client)));
        kinds += 1;
    }
    assert_eq!(kinds, 4);
}

#[test]
fn an_exposure_is_written_once_a_day_and_again_if_it_could_not_be() {
    let bed = Bed::new();
    let key = exposure_key("f", "on", "ann");
    let exposure = || Exposure {
        flag: "f".into(),
        variant: "on".into(),
        unit_kind: "visitor".into(),
        unit: "ann".into(),
        at_ms: 1,
        reason: "SPLIT".into(),
        revision: 1,
        split: None,
        source: Source::Ofrep,
        aside: None,
        witness: None,
        role: None,
    };
    *bed.log.failing.lock().unwrap() = Some(|| columnar::wal::Error::Busy);
    bed.capture.expose(key, exposure);
    *bed.log.failing.lock().unwrap() = None;
    bed.capture.expose(key, exposure);
    bed.capture.expose(key, || panic!("it is not even made"));
    assert_eq!(bed.records().len(), 1);
    bed.clock.advance(jiff::SignedDuration::from_hours(24));
    bed.capture.expose(key, exposure);
    assert_eq!(bed.records().len(), 2);
}

#[tokio::test]
async fn a_flag_is_exposed_under_the_name_of_its_variant_to_the_unit_that_it_divides() {
    #[derive(Debug)]
    struct OnAndOff;
    impl Variants for OnAndOff {
        fn with_value(&self, flag: &str, value: bool) -> Option<String> {
            (flag == "known").then(|| if value { "on" } else { "off" }.to_owned())
        }

        fn unit(&self, flag: &str) -> Option<String> {
            (flag == "known").then(|| "user".to_owned())
        }
    }
    let bed = Bed::new();
    bed.capture.name_variants(Arc::new(OnAndOff));
    for (flag, response) in [("known", "true"), ("known", "\"blue\""), ("unknown", "false")] {
        let properties = format!(r#"{{"$feature_flag":"{flag}","$feature_flag_response":{response}}}"#);
        let called = format!(r#"{{"event":"$feature_flag_called","distinct_id":"ann","properties":{properties}}}"#);
        bed.post("/batch", CLIENT, called).await;
    }
    let told = |record| match record {
        Record::Exposure(exposure) => Some(format!("{} to a {}", exposure.variant, exposure.unit_kind)),
        _ => None,
    };
    let told: Vec<_> = bed.records().into_iter().filter_map(told).collect();
    assert_eq!(told, ["on to a user", "blue to a user", "false to a visitor"]);
}
