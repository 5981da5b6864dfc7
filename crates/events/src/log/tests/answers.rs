//! What is answered: persons, releases, exposures, counts, imports.

use access::Role;
use storage::testing::sqlite;

use super::*;
use crate::log::Release;
use crate::record::Aside;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn release(deployment: u64, commit: &str, from_ms: i64, to_ms: Option<i64>) -> Release {
    Release { deployment, service: "shop".into(), commit: commit.into(), digest: None, from_ms, to_ms }
}

fn with(mut event: Event, properties: &str) -> Event {
    event.properties = RawValue::from_string(properties.to_owned()).unwrap();
    event
}

async fn bed() -> (Bed, storage::testing::TestDb, tempfile::TempDir) {
    let (store, data) = (sqlite().await, tempfile::tempdir().unwrap());
    (Bed::start(&store.db, data.path(), None).await, store, data)
}

/// Once with all in the tail, once with all in segments.
async fn twice(bed: &Bed, writer: &Writer, check: impl AsyncFn(&Bed)) {
    append(writer, [Record::Event(event(u128::MAX, "end", "end", 0))]).await;
    bed.until("all is read", async |bed| !bed.told("end", Who::Everyone).await.is_empty()).await;
    check(bed).await;
    writer.seal().await.unwrap();
    bed.until_stored().await;
    check(bed).await;
}

#[tokio::test]
async fn rows_are_of_resolved_persons_in_order_and_links_can_be_undone() {
    let (bed, _store, _data) = bed().await;
    let writer = bed.edge();
    append(
        &writer,
        [
            Record::Event(event(1, "seen", "anonymous", 10)),
            Record::Event(event(2, "seen", "ann", 5)),
            Record::Event(event(3, "seen", "ann", 20)),
            Record::Event(event(4, "seen", "verifier:1", 20)),
            Record::Event(Event { aside: Some(Aside::Bot), ..event(5, "seen", "robot", 20) }),
            identity("anonymous", "ann", 15),
            identity("ben", "verifier:1", 15),
        ],
    )
    .await;
    twice(&bed, &writer, async |bed| {
        let told = bed.told("seen", Who::Everyone).await;
        assert_eq!(told, [5, 10, 20].map(|time| ("ann".to_owned(), time)));
        assert_eq!(bed.told("seen", Who::Only(vec!["anonymous".into()])).await.len(), 3);
        assert_eq!(bed.told("seen", Who::Only(vec!["ben".into()])).await.len(), 0);
        assert_eq!(bed.events.synthetic_persons(20, 21).await.unwrap(), 1, "the bot is no probe");
        assert_eq!(bed.events.synthetic_persons(0, 20).await.unwrap(), 0);
    })
    .await;
    bed.events.unlink("anonymous", "ann", "test").await.unwrap();
    assert_eq!(bed.told("seen", Who::Only(vec!["ann".into()])).await.len(), 2);
    bed.events.link("anonymous", "ann", "test").await.unwrap();
    // The instant is the same, and what was undone up to it stays so.
    assert_eq!(bed.told("seen", Who::Only(vec!["ann".into()])).await.len(), 2);
    bed.stop().await;
}

#[tokio::test]
async fn a_client_token_alone_moves_nothing_of_witnessed_persons() {
    let (bed, _store, _data) = bed().await;
    let writer = bed.edge();
    let client = |event: Event| Event { role: Some(Role::Client), ..event };
    let own = Event { witness: Some("ann".into()), ..client(event(1, "paid", "ann", 10)) };
    let forged_identity = match identity("ann", "mallory", 1) {
        Record::Identity(identity) => Record::Identity(Identity { role: Some(Role::Client), ..identity }),
        other => other,
    };
    append(
        &writer,
        [
            served("ann", 1, 1, true),
            Record::Event(own),
            Record::Event(client(event(2, "paid", "ann", 11))),
            Record::Event(client(event(3, "paid", "mallory", 12))),
            Record::Event(event(4, "paid", "ann", 13)),
            forged_identity,
        ],
    )
    .await;
    twice(&bed, &writer, async |bed| {
        let told = bed.told("paid", Who::Witnessed).await;
        assert_eq!(told, [("ann".to_owned(), 10), ("ann".to_owned(), 13)]);
        assert_eq!(bed.told("paid", Who::Everyone).await.len(), 4);
    })
    .await;
    bed.stop().await;
}

#[tokio::test]
async fn a_release_is_the_named_one_then_the_given_one_then_the_only_one() {
    let (bed, _store, _data) = bed().await;
    let releases = vec![
        release(1, "aaaaaaaaaa", 0, Some(100)),
        release(2, "bbbbbbbbbb", 50, None),
        release(3, "cccccccccc", 200, Some(300)),
    ];
    bed.events.set_releases(releases).await.unwrap();
    let writer = bed.edge();
    append(
        &writer,
        [
            Record::Event(with(event(1, "seen", "a", 60), r#"{"$release":"aaaaaaaa"}"#)),
            Record::Event(with(event(2, "seen", "b", 60), r#"{"$release":"unheard-of"}"#)),
            served("b", 2, 55, true),
            Record::Event(event(3, "seen", "c", 60)),
            Record::Event(event(4, "seen", "d", 120)),
            served("d", 3, 130, true),
            Record::Event(event(5, "seen", "d", 140)),
            Record::Event(event(6, "seen", "e", 250)),
        ],
    )
    .await;
    twice(&bed, &writer, async |bed| {
        let rows = bed.rows(&["seen"], Who::Everyone).await;
        let list = &rows.lists[0];
        let mut told: Vec<_> = list
            .persons
            .iter()
            .zip(&list.times_ms)
            .zip(&list.releases)
            .map(|((person, time), release)| (rows.person(*person).unwrap().to_owned(), *time, *release))
            .collect();
        told.sort();
        let expected = [
            ("a", 60, Some(1)),
            ("b", 60, Some(2)),
            ("c", 60, None),
            ("d", 120, Some(2)),
            ("d", 140, Some(3)),
            ("e", 250, None),
        ];
        assert_eq!(told, expected.map(|(person, time, release)| (person.to_owned(), time, release)));
    })
    .await;
    bed.stop().await;
}

#[tokio::test]
async fn an_exposure_is_in_force_until_the_next_one() {
    let (bed, _store, _data) = bed().await;
    let writer = bed.edge();
    append(
        &writer,
        [
            exposure("new", "off", "anonymous", 10),
            exposure("new", "on", "ann", 20),
            exposure("new", "on", "verifier:7", 20),
            identity("anonymous", "ann", 15),
            Record::Event(event(1, "seen", "ann", 30)),
        ],
    )
    .await;
    twice(&bed, &writer, async |bed| {
        let index = bed.events.exposures("new").await.unwrap();
        let ann = bed.rows(&["seen"], Who::Everyone).await.lists[0].persons[0];
        assert_eq!([9, 10, 19, 20].map(|at| index.at(ann, at)), [None, Some("off"), Some("off"), Some("on")]);
        assert_eq!(index.first_ms(ann), Some(10));
        assert_eq!(index.persons().collect::<Vec<_>>(), [(ann, "on")]);
        let counts = bed.events.flag_counts("new").await.unwrap();
        assert_eq!((counts.variants["on"], counts.days[0].day.as_str()), (1, "1970-01-01"));
        let person = bed.events.person("anonymous").await.unwrap().unwrap();
        assert_eq!((person.id.as_str(), person.flags["new"].as_str(), person.events), ("ann", "on", 1));
    })
    .await;
    bed.stop().await;
}

#[tokio::test]
async fn names_are_counted_by_day_and_person() {
    let (bed, _store, _data) = bed().await;
    let writer = bed.edge();
    append(
        &writer,
        [
            Record::Event(event(1, "seen", "anonymous", 10)),
            Record::Event(event(2, "seen", "ann", 20)),
            Record::Event(event(3, "seen", "ann", DAY)),
            Record::Event(event(4, "seen", "ben", DAY)),
            identity("anonymous", "ann", 15),
        ],
    )
    .await;
    twice(&bed, &writer, async |bed| {
        let names = bed.events.names(0, 10 * DAY).await.unwrap();
        let seen = names.items.iter().find(|item| item.name == "seen").unwrap();
        assert_eq!((seen.events, seen.persons), (4, 2));
        assert_eq!(
            seen.days.iter().map(|day| (day.day, day.events, day.persons)).collect::<Vec<_>>(),
            [(0, 2, 1), (1, 2, 2)]
        );
        assert_eq!((names.active[&0], names.active[&1], names.persons), (2, 2, 3), "`end` is a person too");
        let recent = bed.events.recent("event:seen person:ann", 10).await.unwrap();
        assert_eq!(recent.iter().map(|event| event.person.as_str()).collect::<Vec<_>>(), ["ann", "ann"]);
    })
    .await;
    bed.stop().await;
}

#[tokio::test]
async fn a_file_is_imported_once_however_often() {
    let (bed, _store, _data) = bed().await;
    let line = |person: &str, time: &str| {
        format!(r#"{{"event":"seen","distinct_id":"{person}","timestamp":"{time}","properties":{{"a":1}}}}"#)
    };
    let good = "1970-02-01T00:00:00Z";
    let file =
        [line("ann", good), line("ben", good), line("ann", good), line("ben", "9999-01-01T00:00:00Z"), String::new()];
    let file = file.join("\n");
    let report = bed.events.import(file.as_bytes()).await.unwrap();
    assert_eq!((report.read, report.accepted, report.duplicate, report.rejected_count), (4, 2, 1, 1));
    assert_eq!(report.rejected[0].line, 4);
    assert_eq!(bed.told("seen", Who::Everyone).await.len(), 2);
    let report = bed.events.import(file.as_bytes()).await.unwrap();
    assert_eq!((report.accepted, report.duplicate), (0, 3));
    assert_eq!(bed.told("seen", Who::Everyone).await.len(), 2);
    bed.stop().await;
}
