use super::message::{ArrayValue, Resource, ResourceLogs, ScopeLogs};
use super::*;

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }) }
}

fn request(record: LogRecord) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![
            attribute("service.version", Value::String("47".into())),
            attribute("host.name", Value::String("h".into())),
        ],
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record] }];
    let request = Request { resource_logs: vec![ResourceLogs { resource: Some(resource), scope_logs }] };
    prost::Message::encode_to_vec(&request)
}

fn event(what: Result<Sighting<'_>, Refusal>) -> Result<(String, Option<String>, String), Refusal> {
    match what? {
        Sighting::Event(sent) => {
            let mut out = Vec::new();
            sent.properties.write(&mut out);
            Ok((sent.name.into_owned(), sent.distinct_id.map(Cow::into_owned), String::from_utf8(out).unwrap()))
        }
        Sighting::Exposure(given) => panic!("{given:?} is no event"),
    }
}

fn of_protobuf(attributes: Vec<KeyValue>) -> Result<(String, Option<String>, String), Refusal> {
    let record = LogRecord {
        event_name: "seen".into(),
        time_unix_nano: 1_795_539_977_627_000_000,
        attributes,
        ..LogRecord::default()
    };
    event(protobuf(&request(record), 10).unwrap().items.remove(0).what)
}

#[test]
fn json_and_protobuf_are_the_same() {
    let json_body = br#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.version","value":{"stringValue":"47"}},
        {"key":"host.name","value":{"stringValue":"h"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795539977627000000","eventName":"seen",
        "body":{},"attributes":[{"key":"user.id","value":{"stringValue":"ann"}},{"key":"n","value":{"intValue":"9007199254740993"}},
        {"key":"x","value":{"doubleValue":1.5}},{"key":"l","value":{"arrayValue":{"values":[{"boolValue":true}]}}},{"key":"b","value":{"bytesValue":"AQI="}}]}]}]}]}"#;
    let list = ArrayValue { values: vec![AnyValue { value: Some(Value::Bool(true)) }] };
    let from_protobuf = of_protobuf(vec![
        attribute("user.id", Value::String("ann".into())),
        attribute("n", Value::Int(9_007_199_254_740_993)),
        attribute("x", Value::Double(1.5)),
        attribute("l", Value::Array(list)),
        attribute("b", Value::Bytes(vec![1, 2])),
    ]);
    let from_json = event(json(json_body, 10).unwrap().items.remove(0).what);
    assert_eq!(from_json, from_protobuf);
    let properties = r#"{"user.id":"ann","n":9007199254740993,"x":1.5,"l":[true],"b":"AQI=","service.version":"47"}"#;
    assert_eq!(from_json, Ok(("seen".into(), Some("ann".into()), properties.into())));
}

#[test]
fn what_json_cannot_hold_is_refused() {
    for number in [f64::NAN, f64::INFINITY] {
        assert_eq!(of_protobuf(vec![attribute("x", Value::Double(number))]).unwrap_err().code, "number_out_of_range");
    }
    let deep = (0..80)
        .fold(Value::Int(1), |value, _| Value::Array(ArrayValue { values: vec![AnyValue { value: Some(value) }] }));
    let record =
        LogRecord { event_name: "deep".into(), attributes: vec![attribute("x", deep)], ..LogRecord::default() };
    let code = match protobuf(&request(record), 10) {
        Ok(mut batch) => batch.items.remove(0).what.unwrap_err().code,
        Err(refusal) => refusal.code,
    };
    assert!(matches!(code, "too_deep" | "invalid_protobuf"), "{code}");
    let deep = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"eventName":"e","attributes":[{{"key":"x","value":{}{{}}{}}}]}},{{"eventName":"good"}}]}}]}}]}}"#,
        r#"{"arrayValue":{"values":["#.repeat(10_000),
        "]}}".repeat(10_000)
    );
    let batch = json(deep.as_bytes(), 10).unwrap();
    assert!(batch.items[0].what.is_err() && batch.items[1].what.is_ok());
}

#[test]
fn an_evaluation_is_an_exposure() {
    let text = |key: &str, text: &str| attribute(key, Value::String(text.into()));
    let of = |attributes| {
        let record = LogRecord { event_name: EVALUATION.into(), attributes, ..LogRecord::default() };
        match protobuf(&request(record), 10).unwrap().items.remove(0).what {
            Ok(Sighting::Exposure(given)) => Ok(*given),
            Ok(Sighting::Event(sent)) => panic!("{sent:?} is no exposure"),
            Err(refusal) => Err(refusal.code),
        }
    };
    let whole = vec![
        text("feature_flag.key", "f"),
        text("feature_flag.result.variant", "on"),
        text("feature_flag.result.reason", "split"),
        text("feature_flag.context.id", "ann"),
        text("feature_flag.version", "7"),
    ];
    let given = of(whole.clone()).unwrap();
    assert_eq!((given.flag.as_ref(), given.variant.as_ref(), given.unit.as_deref()), ("f", "on", Some("ann")));
    assert_eq!((given.reason.as_str(), given.revision), ("SPLIT", 7));
    assert_eq!(of(whole[..3].to_vec()).unwrap_err(), "incomplete_evaluation");
    let failed = [whole, vec![text("error.type", "flag_not_found")]].concat();
    assert_eq!(of(failed).unwrap_err(), "failed_evaluation");
}

#[test]
fn a_log_line_is_no_event() {
    let record = LogRecord { body: Some(AnyValue { value: Some(Value::String("x".into())) }), ..LogRecord::default() };
    assert_eq!(protobuf(&request(record), 10).unwrap().items[0].what.as_ref().unwrap_err().code, "no_event");
    assert_eq!(protobuf(b"\xff\xff", 10).unwrap_err().code, "invalid_protobuf");
    assert_eq!(json(b"{\"resourceLogs\":7}", 10).unwrap_err().code, "invalid_json");
}
