use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A row: its place in the order, and its release.
type Row = (u64, i64, u64, &'static str);

fn base(mut rows: Vec<Row>) -> Base {
    rows.sort_unstable();
    let mut base = Base { words: vec![String::new()], ..Base::default() };
    let mut codes = HashMap::from([(Vec::new(), UNNAMED)]);
    for (at, (person, time_ms, sequence, release)) in rows.into_iter().enumerate() {
        base.items.push(Item { person, time_ms, sequence, at });
        base.vouches.push(sequence * 7);
        let code = base.code(&Text::from(release.as_bytes()), &mut codes);
        base.releases.push(code);
        base.properties.push(Text::from(format!("{sequence} {release}").into_bytes()));
    }
    base
}

type Told = (u64, i64, u64, u64, String, String);

fn told(base: &Base) -> Vec<Told> {
    let row = |(at, item): (usize, &Item)| {
        assert_eq!(item.at, at);
        let release = base.words[base.releases[at] as usize].clone();
        (item.person, item.time_ms, item.sequence, base.vouches[at], release, base.properties[at].as_str().to_owned())
    };
    base.items.iter().enumerate().map(row).collect()
}

proptest! {
    #[test]
    fn rows_that_come_later_are_where_they_would_have_been(
        rows in vec((0..5_u64, 0..5_i64, prop_oneof![Just(""), Just("47"), Just("48"), Just("v2")], any::<bool>()), 0..40),
    ) {
        let (mut first, mut later, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (sequence, (person, time_ms, release, is_later)) in (0..).zip(rows) {
            let row = (person, time_ms, sequence, release);
            all.push(row);
            if is_later { later.push(row) } else { first.push(row) }
        }
        prop_assert_eq!(told(&base(first).with(&base(later))), told(&base(all)));
    }
}
