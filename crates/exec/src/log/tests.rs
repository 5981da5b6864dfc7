use super::*;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("deep/step.log");
    (folder, log)
}

#[test]
fn stop_keeps_the_beginning_and_the_end() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 10, LogMode::Stop).unwrap();
    sink.write("012345678ä".as_bytes());
    sink.write(&vec![b'x'; 100_000]);
    sink.write(b"\nthe end\n");
    let totals = sink.close(None);
    let text = fs::read_to_string(&log).unwrap();
    assert!(totals.is_truncated);
    assert_eq!(totals.bytes, text.len() as u64);
    let left_out = 2 + 100_000 + 9 - TAIL_BYTES;
    let expected = format!(
        "012345678\ntrunkline: output was cut here: this log holds at most 10 bytes\n\
         trunkline: {left_out} bytes were left out here; the end of the output follows\nxxx"
    );
    assert!(text.starts_with(&expected), "{}", &text[..200]);
    assert!(text.ends_with("xxx\nthe end\n"));
}

#[test]
fn stop_leaves_an_output_that_fits_alone() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 4, LogMode::Stop).unwrap();
    sink.write(b"abc");
    sink.write(b"\n");
    assert!(!sink.close(None).is_truncated);
    assert_eq!(fs::read_to_string(&log).unwrap(), "abc\n");
}

#[test]
fn a_second_command_appends_within_the_same_bound() {
    let (_folder, log) = folder();
    for _ in 0..2 {
        let mut sink = Sink::open(&log, 6, LogMode::Stop).unwrap();
        sink.write(b"abc\n");
        sink.close(None);
    }
    assert!(fs::read_to_string(&log).unwrap().starts_with("abc\nab\ntrunkline: output was cut here"));
}

#[test]
fn rotate_keeps_the_end_in_two_files_and_lines_whole() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 20, LogMode::Rotate).unwrap();
    for number in 100..200 {
        sink.write(format!("line {number}\n").as_bytes());
    }
    sink.close(None);
    assert_eq!(fs::read_to_string(tail::previous(&log)).unwrap(), "line 196\nline 197\n");
    assert_eq!(fs::read_to_string(&log).unwrap(), "line 198\nline 199\n");
    assert_eq!(tail::tail(&log, 3).unwrap(), "line 197\nline 198\nline 199");
    assert_eq!(tail::tail(&log, 1).unwrap(), "line 199");
}

#[test]
fn rotate_cuts_a_line_that_is_longer_than_a_file_between_characters() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 5, LogMode::Rotate).unwrap();
    sink.write("ääääää".as_bytes());
    sink.close(None);
    assert_eq!(fs::read_to_string(tail::previous(&log)).unwrap(), "ää");
    assert_eq!(fs::read_to_string(&log).unwrap(), "ää");
}

#[test]
fn rotate_moves_on_even_if_a_character_is_longer_than_the_bound() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 1, LogMode::Rotate).unwrap();
    sink.write("🦀🦀".as_bytes());
    sink.close(None);
}

#[test]
fn a_log_that_cannot_be_written_says_so_once_it_can() {
    let (_folder, log) = folder();
    let mut sink = Sink::open(&log, 1000, LogMode::Stop).unwrap();
    sink.write(b"before\n");
    // A device that is always full stands for the disk.
    let real = sink.file.replace(File::options().write(true).open("/dev/full").unwrap());
    sink.write(b"gone\n");
    sink.write(b"gone too\n");
    sink.file = real;
    sink.write(b"after\n");
    assert!(sink.close(None).is_truncated);
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.starts_with("before\n\ntrunkline: 14 bytes of output were lost here: No space left"), "{text}");
    assert!(text.ends_with("after\n"));
}

#[test]
fn the_tail_of_no_log_is_empty() {
    let (_folder, log) = folder();
    assert_eq!(tail::tail(&log, 3).unwrap(), "");
}
