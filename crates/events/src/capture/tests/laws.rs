//! What holds for every batch.

use proptest::prelude::*;

use super::*;

/// An event's text, and whether it can be taken.
fn event() -> impl Strategy<Value = (String, bool)> {
    let good =
        ("[a-z ]{0,10}x", "[a-z]{3}-[0-9]{1,5}", any::<i32>(), ".{0,20}").prop_map(|(name, id, number, text)| {
            let properties = serde_json::json!({ "n": number, "t": text });
            (serde_json::json!({ "event": name, "distinct_id": id, "properties": properties }).to_string(), true)
        });
    let bad = prop::sample::select(vec![
        r#"{"event":"e"}"#,
        r#"{"event":"","distinct_id":"a-1"}"#,
        r#"{"event":"e","distinct_id":"undefined"}"#,
        r#"{"event":"e","distinct_id":"a-1","properties":{"x":NaN}}"#,
        r#"{"event":"e","distinct_id":"a-1","properties":{"x":1e999}}"#,
        r#"{"event":"e","distinct_id":"a-1","properties":[1,{"a":"]"}]}"#,
        r#"{"event":"e","distinct_id":"a-1","timestamp":"never"}"#,
        r#"{"event":"e" "distinct_id":"a-1"}"#,
        r#"{"event":"e","distinct_id":"a-1","properties":{"x":tru}}"#,
        "null",
        "[]",
        "\"text\"",
    ])
    .prop_map(|text| (text.to_owned(), false));
    prop_oneof![2 => good, 1 => bad]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn exactly_the_good_events_of_a_batch_are_taken(batch in prop::collection::vec(event(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bed = Bed::new();
            let texts: Vec<&str> = batch.iter().map(|(text, _)| text.as_str()).collect();
            let (_, answer) = bed.post("/batch", CLIENT, format!("[{}]", texts.join(" , "))).await;
            let good: Vec<serde_json::Value> =
                batch.iter().filter(|(_, is_good)| *is_good).map(|(text, _)| serde_json::from_str(text).unwrap()).collect();
            let taken = bed.events();
            prop_assert_eq!(taken.len(), good.len());
            for (event, sent) in taken.iter().zip(&good) {
                let properties: serde_json::Value = serde_json::from_str(event.properties.get()).unwrap();
                prop_assert_eq!(&properties, &sent["properties"]);
                prop_assert_eq!(event.name.as_str(), sent["event"].as_str().unwrap().trim());
                prop_assert_eq!(event.distinct_id.as_str(), sent["distinct_id"].as_str().unwrap());
            }
            let refused: Vec<u64> =
                answer["rejected"].as_array().into_iter().flatten().map(|refused| refused["index"].as_u64().unwrap()).collect();
            let bad: Vec<u64> = (0_u64..).zip(&batch).filter(|(_, (_, is_good))| !is_good).map(|(n, _)| n).collect();
            prop_assert_eq!(refused, bad);
            Ok(())
        })?;
    }

    #[test]
    fn whatever_is_sent_is_answered(body: Vec<u8>, path in prop::sample::select(vec!["/batch", "/e/?compression=gzip-js", "/i/v1/analytics/events", "/v1/batch", "/v1/logs"])) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bed = Bed::new();
            let (status, _) = bed.post(path, CLIENT, body).await;
            prop_assert!(status.is_success() || status.is_client_error(), "{}", status);
            Ok(())
        })?;
    }
}
