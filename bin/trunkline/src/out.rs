//! Where words go: data to standard output, talk to standard error; colour only on a terminal.

use std::fmt::Display;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BUSY: Style = AnsiColor::Blue.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// A line of data.
pub(crate) fn line(text: impl Display) {
    // Whoever closed our output does not want more of it.
    let _ = writeln!(anstream::stdout().lock(), "{text}");
}

/// Text of data as it is, without a line end of its own.
pub(crate) fn raw(text: &str) {
    let _ = write!(anstream::stdout().lock(), "{text}");
}

/// The one JSON document.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string(value).context("an answer cannot be written as JSON")?;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    Ok(())
}

/// A line of talk.
pub(crate) fn talk(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A table as wide as the terminal.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    for text in table.to_string().lines() {
        line(text.trim_end());
    }
}

/// Our own log to standard error, at `level` and above unless `RUST_LOG` says otherwise.
pub(crate) fn log(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // Our log may be on a full disk, and complaining of that with `eprintln!` would panic.
    let subscriber = subscriber.log_internal_errors(false);
    // A second call keeps the first.
    let _ = subscriber.try_init();
}

/// `21 s`, `2 min 40 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no duration is that long")]
    let whole = seconds.round() as u64;
    if whole < 60 { format!("{whole} s") } else { format!("{} min {} s", whole / 60, whole % 60) }
}

/// Icon and colour of a state, as on the pages.
pub(crate) fn mark(kind: &str) -> String {
    let (style, icon) = match kind {
        "good" => (GOOD, "✓"),
        "bad" => (BAD, "✗"),
        "warn" => (WARN, "!"),
        "busy" => (BUSY, "◐"),
        _ => (FAINT, "·"),
    };
    format!("{style}{icon}{style:#}")
}

/// A commit as people write it.
pub(crate) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}
