use proptest::prelude::*;

use super::*;

fn elements(text: &[u8]) -> Result<Vec<&[u8]>, Broken> {
    let mut parts = Parts::array(text)?;
    std::iter::from_fn(|| parts.element().transpose()).collect()
}

#[test]
fn a_broken_element_does_not_spoil_its_neighbours() {
    let text = br#" [ {"a":NaN} , {"b":"}]\"" }, [1,2], "x", {"c" 1} ] "#;
    let expected: [&[u8]; 5] = [br#"{"a":NaN}"#, br#"{"b":"}]\"" }"#, b"[1,2]", br#""x""#, br#"{"c" 1}"#];
    assert_eq!(elements(text).unwrap(), expected);
}

#[test]
fn text_that_cannot_be_cut_says_where() {
    for (text, why) in [
        ("[1,2", "a comma or the end was expected"),
        ("[{\"a\":1}", "a comma or the end was expected"),
        ("[{\"a\":1", "the text ends too early"),
        ("[\"a", "the text ends inside a string"),
        ("[\"a\\", "the text ends inside a string"),
        ("[1] 2", "something follows the end"),
        ("[{]]", "brackets do not match"),
        ("{}", "an array was expected"),
        ("", "an array was expected"),
        ("[,]", "a value was expected"),
    ] {
        assert_eq!(elements(text.as_bytes()).unwrap_err().why, why, "{text}");
    }
}

#[test]
fn depth_is_found_without_recursion() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let mut parts = Parts::object(deep.as_bytes()).unwrap();
    assert!(parts.member().unwrap().is_some());
    assert_eq!(parts.deepest, 1_000_001);
}

#[test]
fn numbers_that_nobody_can_hold_are_found() {
    for (text, unreadable) in
        [("{\"a\":1e999}", true), ("{\"a\":[-1E400]}", true), ("{\"a\":1e30}", false), ("{\"e\":\"1e999\"}", false)]
    {
        let mut parts = Parts::object(text.as_bytes()).unwrap();
        while parts.member().unwrap().is_some() {}
        assert_eq!(parts.unreadable_number, unreadable, "{text}");
    }
}

#[test]
fn lone_halves_of_pairs_are_mended() {
    for (sent, mended) in [
        (r#""a\ud83d""#, r#""a\ufffd""#),
        (r#""\ude00b""#, r#""\ufffdb""#),
        (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
        (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
        (r#""\\ud83d""#, r#""\\ud83d""#),
        (r#""\ud7ff""#, r#""\ud7ff""#),
    ] {
        let mut text = sent.as_bytes().to_vec();
        mend_surrogates(&mut text);
        assert_eq!(std::str::from_utf8(&text).unwrap(), mended);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into)
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_valid_is_cut_as_serde_reads_it(values in prop::collection::vec(json(), 0..6)) {
        for text in [serde_json::to_string(&values).unwrap(), serde_json::to_string_pretty(&values).unwrap()] {
            let parts: Vec<serde_json::Value> =
                elements(text.as_bytes()).unwrap().into_iter().map(|part| serde_json::from_slice(part).unwrap()).collect();
            prop_assert_eq!(&parts, &values);
        }
    }

    #[test]
    fn whatever_is_sent_nothing_panics(bytes: Vec<u8>) {
        let text = [b"[", bytes.as_slice(), b"]"].concat();
        let _ = elements(&text);
        let mut mended = text;
        mend_surrogates(&mut mended);
    }
}
