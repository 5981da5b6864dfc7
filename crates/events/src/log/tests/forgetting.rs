//! Forgetting a person, proved by the bytes.

use columnar::segment::Segment;
use storage::testing::databases;

use super::*;
use crate::record::Rejected;

const SECRET: &str = "ann-7f3c@example.org";
const ANONYMOUS: &str = "anonymous-99f1c";

/// Names of files that have the text, packed or not.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let has = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
            continue;
        }
        let Some((bytes, unpacked)) = whole(&path) else { continue };
        if has(&bytes) || has(&unpacked) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// A file's bytes, as they are and unpacked; `None` if it is gone since. One that is being written is waited for.
fn whole(path: &Path) -> Option<(Vec<u8>, Vec<u8>)> {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let bytes = std::fs::read(path).ok()?;
        let unpacked = match path.extension().and_then(|extension| extension.to_str()) {
            Some("facts") => zstd::decode_all(bytes.as_slice()).map_err(|error| error.to_string()),
            Some("parquet") => Segment::open(path).map(|s| unpacked(&s)).map_err(|error| error.to_string()),
            _ => Ok(Vec::new()),
        };
        match unpacked {
            Ok(unpacked) => return Some((bytes, unpacked)),
            Err(_) if !path.exists() => return None,
            Err(why) => assert!(std::time::Instant::now() < deadline, "{}: {why}", path.display()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All texts of a segment's columns.
fn unpacked(segment: &Segment) -> Vec<u8> {
    let texts = [0, 2, 7, 8, 12, 13, 14].map(|column| segment.texts(column, 0..segment.rows()).unwrap());
    texts.iter().flatten().flat_map(|text| text.to_vec()).collect()
}

#[tokio::test]
async fn a_forgotten_person_is_in_no_answer_and_in_no_file() {
    for store in databases().await {
        let data = tempfile::tempdir().unwrap();
        let bed = Bed::start(&store.db, data.path(), None).await;
        let writer = bed.edge();
        for round in 0..3 {
            let mut told = event(round, "seen", SECRET, NOW_MS - 5);
            told.witness = Some(SECRET.into());
            append(
                &writer,
                [
                    Record::Event(told),
                    Record::Event(event(100 + round, "seen", ANONYMOUS, NOW_MS - 5)),
                    Record::Event(event(200 + round, "seen", "ben", NOW_MS - 5)),
                    identity(ANONYMOUS, SECRET, NOW_MS - 5),
                    exposure("flag", "on", SECRET, NOW_MS - 5),
                    exposure("flag", "on", "ben", NOW_MS - 5),
                    served(ANONYMOUS, 1, NOW_MS - 5, true),
                ],
            )
            .await;
            if round < 2 {
                writer.seal().await.unwrap();
            }
        }
        bed.until("all is seen", async |bed| bed.told("seen", Who::Everyone).await.len() == 9).await;
        bed.until("segments are made", async |bed| !bed.events.0.read().segments.is_empty()).await;
        assert!(!files_with(data.path(), SECRET).is_empty(), "the search finds what is there");
        let exported = bed.events.export(ANONYMOUS).await.unwrap();
        assert!(exported.lines().count() >= 12 && exported.contains(SECRET), "{exported}");

        let events = bed.events.clone();
        let deleting = tokio::spawn(async move { events.delete(ANONYMOUS, "test").await.unwrap() });
        bed.until("it is out of answers", async |bed| bed.told("seen", Who::Everyone).await.len() == 3).await;
        assert!(bed.events.person(SECRET).await.unwrap().is_none());
        assert_eq!(bed.events.exposed_persons("flag").await.unwrap(), 1);
        // The edge goes on in a new file by and by.
        writer.seal().await.unwrap();
        assert!(deleting.await.unwrap().done, "{}", store.name);
        assert_eq!(files_with(data.path(), SECRET), Vec::<String>::new());
        assert_eq!(files_with(data.path(), ANONYMOUS), Vec::<String>::new());
        assert_eq!(bed.told("seen", Who::Everyone).await.len(), 3);

        // What they do from now on is new.
        let mut back = event(900, "seen", SECRET, NOW_MS + 10);
        back.received_ms = NOW_MS + 10;
        append(&writer, [Record::Event(back), Record::Event(event(0, "seen", SECRET, NOW_MS - 5))]).await;
        bed.until("they are back", async |bed| bed.told("seen", Who::Everyone).await.len() == 4).await;
        bed.stop().await;
        let bed = Bed::start(&store.db, data.path(), None).await;
        assert_eq!(bed.told("seen", Who::Everyone).await.len(), 4);
        bed.stop().await;
    }
}

fn rejected(excerpt: &str, at_ms: i64) -> Record {
    let (code, reason) = ("invalid_timestamp".into(), format!("no time is in {excerpt}"));
    Record::Rejected(Rejected { at_ms, source: Source::PosthogV0, code, reason, excerpt: excerpt.into(), token: None })
}

/// What others sent with the person's cookie, and what was not taken: in segments and in the log.
async fn of_others(writer: &Writer) {
    for round in 0..3 {
        let mut shared = event(round, "seen", "ben", NOW_MS - 5);
        (shared.witness, shared.role) = (Some(SECRET.into()), Some(access::Role::Client));
        append(
            writer,
            [
                Record::Event(shared),
                rejected(&format!(r#"{{"distinct_id":"{SECRET}","timestamp":"soon"}}"#), NOW_MS - 5),
                rejected(r#"{"distinct_id":"ben","timestamp":"soon"}"#, NOW_MS - 5),
            ],
        )
        .await;
        if round < 2 {
            writer.seal().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_forgotten_person_is_in_nobody_elses_events_and_in_no_rejection() {
    let (store, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
    let bed = Bed::start(&store.db, data.path(), None).await;
    let writer = bed.edge();
    of_others(&writer).await;
    bed.until("all is seen", async |bed| bed.told("seen", Who::Everyone).await.len() == 3).await;
    bed.until("segments are made", async |bed| !bed.events.0.read().segments.is_empty()).await;
    let words = async |bed: &Bed| bed.events.rejections(100).await.unwrap().items.len();
    assert_eq!(words(&bed).await, 6);

    let events = bed.events.clone();
    let deleting = tokio::spawn(async move { events.delete(SECRET, "test").await.unwrap() });
    bed.until("the words are out of answers", async |bed| words(bed).await == 3).await;
    writer.seal().await.unwrap();
    assert!(deleting.await.unwrap().done);
    assert_eq!(files_with(data.path(), SECRET), Vec::<String>::new());
    assert_eq!(bed.told("seen", Who::Everyone).await.len(), 3, "what Ben did stays");
    bed.stop().await;
    let bed = Bed::start(&store.db, data.path(), None).await;
    assert_eq!(words(&bed).await, 3, "what was said to Ben stays");
    bed.stop().await;
}

#[tokio::test]
async fn a_process_that_was_not_told_the_id_lets_all_words_go() {
    let (store, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
    let bed = Bed::start(&store.db, data.path(), None).await;
    let writer = bed.edge();
    of_others(&writer).await;
    bed.until("all is seen", async |bed| bed.told("seen", Who::Everyone).await.len() == 3).await;
    let key = bed.events.0.read().key().of(SECRET);
    bed.stop().await;
    // As if it had been killed between the wish and the first file.
    super::super::store::forget(&store.db, &[key], NOW_MS, "test").await.unwrap();
    let bed = Bed::start(&store.db, data.path(), None).await;
    writer.seal().await.unwrap();
    bed.until("it is in no file", async |bed| files_with(&bed.data, SECRET).is_empty()).await;
    assert_eq!(bed.told("seen", Who::Everyone).await.len(), 3, "what Ben did stays");
    assert!(bed.events.rejections(100).await.unwrap().items.is_empty());
    bed.stop().await;
}

#[tokio::test]
async fn what_was_rejected_is_kept_for_its_time() {
    const DAY: Duration = Duration::from_hours(24);
    let (store, data) = (storage::testing::sqlite().await, tempfile::tempdir().unwrap());
    let retention = Retention { rejections: Some(10 * DAY), ..Retention::default() };
    let bed = Bed::keeping(&store.db, data.path(), None, retention).await;
    let writer = bed.edge();
    let old = event(1, "seen", "ben", NOW_MS - 50 * 86_400_000);
    append(
        &writer,
        [Record::Event(old), rejected("older words", NOW_MS - 50 * 86_400_000), rejected("newer words", NOW_MS - 5)],
    )
    .await;
    writer.seal().await.unwrap();
    bed.until("the old is in no file", async |bed| {
        !bed.events.0.read().segments.is_empty() && files_with(&bed.data, "older words").is_empty()
    })
    .await;
    assert!(!files_with(&bed.data, "newer words").is_empty());
    assert_eq!(bed.told("seen", Who::Everyone).await.len(), 1, "events are kept for longer");
    assert_eq!(bed.events.rejections(9).await.unwrap().items.len(), 1);
    bed.stop().await;
}
