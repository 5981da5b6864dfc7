//! What was written is read, in any range.

use proptest::prelude::*;

use super::{Column, Error, Kind, Range, Segment, Text, Values, write};

const COLUMNS: [Column; 4] = [
    Column { name: "number", kind: Kind::Int },
    Column { name: "word", kind: Kind::Word },
    Column { name: "text", kind: Kind::Text },
    Column { name: "id", kind: Kind::Id },
];

fn rows(n: usize) -> Vec<Values> {
    let number = |i: usize| i64::try_from(i).unwrap();
    vec![
        Values::Ints((0..n).map(|i| number(i) * -7).collect()),
        Values::Texts((0..n).map(|i| Text::from(format!("word {}", i % 9))).collect()),
        Values::Texts((0..n).map(|i| Text::from(format!("text {i}"))).collect()),
        Values::Ids((0..n).map(|i| (i as u128).to_be_bytes()).collect()),
    ]
}

fn written(n: usize) -> (tempfile::TempDir, Segment) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.parquet");
    let index = [Range { key: "a".into(), from: 0, to: n / 3 }, Range { key: "b".into(), from: n / 3, to: n }];
    write(&path, &COLUMNS, &rows(n), &index).unwrap();
    let segment = Segment::open(&path).unwrap();
    (folder, segment)
}

#[test]
fn any_range_of_several_row_groups_is_read() {
    let n = 300_000;
    let (_folder, segment) = written(n);
    assert_eq!(segment.rows(), n);
    assert_eq!(segment.range("b"), Some(100_000..300_000));
    assert_eq!(segment.range("c"), None);
    let mut runner = proptest::test_runner::TestRunner::default();
    runner
        .run(&(0..n, 0..40_000_usize), |(from, length)| {
            let range = from..(from + length).min(n);
            let numbers: Vec<i64> = range.clone().map(|i| i64::try_from(i).unwrap() * -7).collect();
            prop_assert!(segment.ints(0, range.clone()).unwrap() == numbers);
            let texts = segment.texts(2, range.clone()).unwrap();
            let (text, word) = (format!("text {from}"), format!("word {}", range.end.saturating_sub(1) % 9));
            prop_assert!(texts.first().is_none_or(|t| t.as_str() == text));
            let words = segment.texts(1, range.clone()).unwrap();
            prop_assert!(words.last().is_none_or(|w| w.as_str() == word));
            let ids = segment.ids(3, range.clone()).unwrap();
            prop_assert!(ids.last().is_none_or(|id| *id == (range.end as u128 - 1).to_be_bytes()));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_segment_may_be_empty() {
    let (_folder, segment) = written(0);
    assert_eq!(segment.rows(), 0);
    assert!(segment.ints(0, 0..0).unwrap().is_empty());
}

#[test]
fn a_cut_file_is_an_error() {
    let (_folder, segment) = written(1_000);
    let file = std::fs::OpenOptions::new().write(true).open(segment.path()).unwrap();
    file.set_len(file.metadata().unwrap().len() - 9).unwrap();
    assert!(matches!(Segment::open(segment.path()), Err(Error::Parquet { .. })));
}
