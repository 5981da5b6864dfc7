//! What a build still has to do: a bar on a terminal, a plain line every few seconds elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(5);

/// One step of a known number of steps.
#[derive(Debug)]
pub(crate) struct Progress {
    title: String,
    bar: Option<ProgressBar>,
    began: Instant,
    said: Instant,
    total: u64,
    done: u64,
}

impl Progress {
    /// `step` reads `2/3`; `total` is 0 where parts cannot be counted.
    pub(crate) fn begin(step: &str, what: &str, total: u64) -> Self {
        let title = format!("[{step}] {what}");
        let now = Instant::now();
        let bar = std::io::stderr().is_terminal().then(|| bar(&title, total));
        if bar.is_none() {
            crate::process::say(&title);
        }
        Self { title, bar, began: now, said: now, total, done: 0 }
    }

    /// There is less to do than was thought.
    pub(crate) fn expect(&mut self, total: u64) {
        self.total = total;
        if let Some(bar) = &self.bar {
            bar.set_length(total);
        }
    }

    /// So many parts are done, the last of them named.
    pub(crate) fn advance(&mut self, done: u64, last: &str) {
        self.done = done;
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(remains(done, self.total, self.began.elapsed(), last));
        } else {
            self.line(&remains(done, self.total, self.began.elapsed(), last));
        }
    }

    /// Still at it.
    pub(crate) fn tick(&mut self) {
        let elapsed = self.began.elapsed();
        if self.bar.is_none() && self.total == 0 {
            self.line(&format!("{} so far", span(elapsed)));
        } else if self.bar.is_none() {
            self.line(&format!("{}, {} so far", remains(self.done, self.total, elapsed, ""), span(elapsed)));
        }
    }

    pub(crate) fn end(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        crate::process::say(format!("{}: done in {}", self.title, span(self.began.elapsed())));
    }

    fn line(&mut self, text: &str) {
        if self.said.elapsed() >= EVERY {
            self.said = Instant::now();
            crate::process::say(format!("{}: {text}", self.title));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(title: &str, total: u64) -> ProgressBar {
    let (bar, template) = if total == 0 {
        (ProgressBar::new_spinner(), "{prefix} {spinner} {elapsed}")
    } else {
        (ProgressBar::new(total), "{prefix} {bar:24} {wide_msg}")
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the template is well formed"));
    bar.set_prefix(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// `120 of 371 crates, 251 remain, about 2 min (tokio)`.
fn remains(done: u64, total: u64, elapsed: Duration, last: &str) -> String {
    let left = total.saturating_sub(done);
    let about = estimate(done, total, elapsed).map(|left| format!(", about {}", span(left))).unwrap_or_default();
    let last = if last.is_empty() { String::new() } else { format!(" ({last})") };
    format!("{done} of {total} crates, {left} remain{about}{last}")
}

/// Crates near the end are larger than those at the beginning; so the estimate is not for the first of them.
fn estimate(done: u64, total: u64, elapsed: Duration) -> Option<Duration> {
    let is_early = done < 20 || elapsed < Duration::from_secs(10);
    if is_early || done >= total {
        return None;
    }
    u32::try_from(done).ok().zip(u32::try_from(total - done).ok()).map(|(done, left)| elapsed * left / done)
}

pub(crate) fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_remains() {
        let said = remains(100, 300, Duration::from_secs(50), "tokio");
        assert_eq!(said, "100 of 300 crates, 200 remain, about 1 min 40 s (tokio)");
    }

    #[test]
    fn does_not_guess_early() {
        assert_eq!(remains(3, 300, Duration::from_secs(50), ""), "3 of 300 crates, 297 remain");
    }
}
