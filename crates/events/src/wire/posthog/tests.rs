use super::*;

fn events(body: &str) -> Vec<Result<Sent<'_>, Refusal>> {
    let batch = v0(body.as_bytes(), None, 100).unwrap();
    batch
        .items
        .into_iter()
        .map(|item| {
            item.what.map(|what| match what {
                Sighting::Event(sent) => *sent,
                Sighting::Exposure(_) => panic!("PostHog sends events only"),
            })
        })
        .collect()
}

fn properties(sent: &Sent<'_>) -> String {
    let mut out = Vec::new();
    sent.properties.write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn one_event_an_array_and_a_batch_are_the_same() {
    let event = r#"{"event":"seen","distinct_id":"ann","properties":{"a":1,"token":"t"}}"#;
    for body in [event.to_owned(), format!("[{event}]"), format!(r#"{{"batch":[{event}],"api_key":"t"}}"#)] {
        let batch = v0(body.as_bytes(), None, 100).unwrap();
        assert_eq!(batch.token.as_deref(), Some("t"), "{body}");
        let sent = events(&body).remove(0).unwrap();
        assert_eq!((sent.name.as_ref(), sent.distinct_id.as_deref()), ("seen", Some("ann")));
        assert_eq!(properties(&sent), r#"{"a":1}"#, "the token is not kept");
    }
}

#[test]
fn the_id_may_be_a_number_or_stand_in_the_properties() {
    for body in [
        r#"{"event":"seen","distinct_id":7}"#,
        r#"{"event":"seen","properties":{"distinct_id":"7"}}"#,
        r#"{"event":"seen","$distinct_id":"7"}"#,
    ] {
        assert_eq!(events(body)[0].as_ref().unwrap().distinct_id.as_deref(), Some("7"), "{body}");
    }
    assert_eq!(events(r#"{"event":"seen","distinct_id":{"a":1}}"#)[0].as_ref().unwrap_err().code, "invalid_field");
}

#[test]
fn identities_and_flags_are_seen() {
    let sent = events(
        r#"[{"event":"$identify","distinct_id":"ann","properties":{"$anon_distinct_id":"v1"},"$set":{"plan":"pro"}},
            {"event":"$create_alias","distinct_id":"ann","properties":{"distinct_id":"ann","alias":"v0"}},
            {"event":"$feature_flag_called","distinct_id":"ann","properties":{"$feature_flag":"f","$feature_flag_response":true,"$feature_flag_version":3}},
            {"event":"$feature_flag_called","distinct_id":"ann","properties":{"$feature_flag":"f","$feature_flag_response":null}},
            {"event":"other","distinct_id":"ann","properties":{"$anon_distinct_id":"v1","alias":"v2"}}]"#,
    );
    let sent: Vec<_> = sent.into_iter().map(Result::unwrap).collect();
    let aliases: Vec<_> = sent.iter().map(|sent| sent.alias.as_deref()).collect();
    assert_eq!(aliases, [Some("v1"), Some("v0"), None, None, None]);
    assert_eq!(properties(&sent[0]), r#"{"$anon_distinct_id":"v1","$set":{"plan":"pro"}}"#);
    let exposure = sent[2].exposure.as_ref().unwrap();
    assert_eq!((exposure.flag.as_ref(), exposure.variant.as_ref(), exposure.revision), ("f", "true", 3));
    assert!(sent[3].exposure.is_none(), "a flag that was not found gives nobody a variant");
}

#[test]
fn whom_a_survey_is_for_is_no_exposure() {
    let sent = events(
        r#"[{"event":"$feature_flag_called","distinct_id":"ann","properties":{"$feature_flag":"survey-targeting-after","$feature_flag_response":true}},
            {"event":"$feature_flag_called","distinct_id":"ann","properties":{"$feature_flag":"survey","$feature_flag_response":true}}]"#,
    );
    let is_exposure: Vec<_> = sent.into_iter().map(|sent| sent.unwrap().exposure.is_some()).collect();
    assert_eq!(is_exposure, [false, true]);
}

#[test]
fn bad_events_say_why_and_leave_the_others() {
    let deep = format!(
        r#"{{"event":"deep","distinct_id":"a","properties":{{"x":{}1{}}}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let many: Vec<String> = (0..1_001).map(|n| format!("\"k{n}\":{n}")).collect();
    let many = format!(r#"{{"event":"many","distinct_id":"a","properties":{{{}}}}}"#, many.join(","));
    let body = format!(
        r#"[{{"event":"good","distinct_id":"a"}},{deep},{many},{{"event":"nan","distinct_id":"a","properties":{{"x":NaN}}}},
            {{"event":"list","properties":[]}},{{"event":"huge","properties":{{"x":1e999}}}},7,{{"event":"when","timestamp":"soon"}},
            {{"event":"twice","event":"twice"}},{{"event":"good","distinct_id":"a"}}]"#
    );
    let codes: Vec<_> =
        events(&body).into_iter().map(|sent| sent.map_or_else(|refusal| refusal.code, |_| "ok")).collect();
    let expected = [
        "ok",
        "too_deep",
        "too_many_properties",
        "invalid_json",
        "properties_no_object",
        "number_out_of_range",
        "no_event",
        "invalid_timestamp",
        "no_event",
        "ok",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn invalid_utf8_spoils_one_event_only() {
    let body = b"[{\"event\":\"a\xff\"},{\"event\":\"b\",\"properties\":{\"x\":\"\xc3\x28\"}},{\"event\":\"good\"}]";
    let codes: Vec<_> =
        v0(body, None, 100).unwrap().items.iter().map(|item| item.what.as_ref().err().map(|r| r.code)).collect();
    assert_eq!(codes, [Some("invalid_utf8"), Some("invalid_utf8"), None]);
}

#[test]
fn bodies_that_hold_no_events_are_refused_whole() {
    for (body, code) in
        [("", "invalid_json"), ("7", "invalid_json"), ("[1", "invalid_json"), ("{\"batch\":7}", "invalid_json")]
    {
        assert_eq!(v0(body.as_bytes(), None, 100).unwrap_err().code, code, "{body}");
    }
    assert_eq!(v0(b"[1,2,3]", None, 2).unwrap_err().code, "too_many_events");
    assert_eq!(v1(b"{}", None, 2).unwrap_err().code, "missing_batch");
}

#[test]
fn the_senders_clock_is_taken_from_wherever_it_stands() {
    let at = |body: &str| events(body)[0].as_ref().unwrap().time.sent_ms;
    assert_eq!(at(r#"{"batch":[{"event":"e"}],"sent_at":"2026-11-24T17:06:12Z"}"#), Some(1_795_539_972_000));
    assert_eq!(at(r#"[{"event":"e","sent_at":"2026-11-24T17:06:12Z"}]"#), Some(1_795_539_972_000));
    let ignoring =
        r#"{"batch":[{"event":"e","properties":{"$ignore_sent_at":true}}],"sent_at":"2026-11-24T17:06:12Z"}"#;
    assert_eq!(at(ignoring), None);
}
