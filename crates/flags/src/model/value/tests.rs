//! JavaScript's conversions, against what `node` says.

use super::*;

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    for (number, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (18.0, "18"),
        (-1.5, "-1.5"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123_456_789_012_345_680_000.0, "123456789012345680000"),
        (1.5e-7, "1.5e-7"),
        (0.000_001, "0.000001"),
        (0.1 + 0.2, "0.30000000000000004"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::INFINITY, "Infinity"),
    ] {
        assert_eq!(text_of(number), text);
    }
}

#[test]
fn texts_are_read_as_numbers_as_javascript_reads_them() {
    for (text, number) in
        [("", 0.0), (" 18 ", 18.0), ("0x1F", 31.0), (".5", 0.5), ("5.", 5.0), ("-1e3", -1000.0), ("\n", 0.0)]
    {
        assert!((number_of(text) - number).abs() < f64::EPSILON, "{text:?}");
    }
    for text in ["abc", "1_0", "inf", "nan", "1e", "0x", "-0x1", "1 2", "infinity", "--1"] {
        assert!(number_of(text).is_nan(), "{text:?}");
    }
    assert!(number_of("-Infinity").is_infinite());
}

#[test]
fn equality_is_loose_as_in_javascript() {
    let empty = vec![];
    let one = vec![serde_json::json!(1)];
    let equal = [
        (V::Null, V::Undefined),
        (V::Number(1.0), V::text("1")),
        (V::Bool(true), V::Number(1.0)),
        (V::Bool(false), V::text("")),
        (V::List(&empty), V::text("")),
        (V::List(&one), V::Number(1.0)),
        (V::List(&one), V::List(&one)),
    ];
    for (a, b) in &equal {
        assert!(loosely_equal(a, b) && loosely_equal(b, a), "{a:?} {b:?}");
    }
    let unequal = [
        (V::Null, V::Number(0.0)),
        (V::Null, V::Bool(false)),
        (V::text("a"), V::Number(0.0)),
        (V::Number(f64::NAN), V::Number(f64::NAN)),
        (V::Made(vec![]), V::Made(vec![])),
    ];
    for (a, b) in &unequal {
        assert!(!loosely_equal(a, b) && !loosely_equal(b, a), "{a:?} {b:?}");
    }
}

#[test]
fn texts_are_ordered_by_their_utf_16_units() {
    assert!(Relation::Less.holds(&V::text("10"), &V::text("9")), "as texts");
    assert!(Relation::Greater.holds(&V::Number(10.0), &V::text("9")), "as numbers");
    assert!(Relation::Less.holds(&V::text("\u{1F600}"), &V::text("\u{FF5E}")), "a surrogate comes first");
    assert!(!Relation::LessOrEqual.holds(&V::text("a"), &V::Number(1.0)), "no order");
}
