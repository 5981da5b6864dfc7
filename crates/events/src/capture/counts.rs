//! What was counted, in the Prometheus text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::limits::Limits;
use super::{once, quota};

#[derive(Debug, Default)]
pub(super) struct Counts {
    /// By format.
    taken: Mutex<BTreeMap<&'static str, u64>>,
    /// By format and code.
    refused: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    /// Whole requests, by format and code.
    failed: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    pub(super) exposures: AtomicU64,
    pub(super) page_views: AtomicU64,
    /// What nobody waited for and the log could not take.
    pub(super) lost: AtomicU64,
}

impl Counts {
    pub(super) fn take(&self, format: &'static str, events: usize) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(format).or_default() += events as u64;
    }

    pub(super) fn refuse(&self, format: &'static str, code: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry((format, code)).or_default() += 1;
    }

    pub(super) fn fail(&self, format: &'static str, code: &'static str) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner).entry((format, code)).or_default() += 1;
    }

    pub(super) fn text(&self, limits: &Limits) -> String {
        let mut page = String::new();
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        family(&mut page, "trunkline_capture_events_total", "counter", "Events taken, durable.");
        for (format, count) in taken {
            let _ = writeln!(page, "trunkline_capture_events_total{{format=\"{format}\"}} {count}");
        }
        by_code(&mut page, "trunkline_capture_refused_total", "Events that were not taken.", &self.refused);
        by_code(&mut page, "trunkline_capture_failures_total", "Requests that were not taken.", &self.failed);
        let numbers = [
            ("trunkline_capture_exposures_total", "Exposures written.", &self.exposures),
            ("trunkline_capture_page_views_total", "Page views that the edge saw by itself.", &self.page_views),
            ("trunkline_capture_lost_total", "What the edge saw by itself and the log could not take.", &self.lost),
        ];
        for (name, help, number) in numbers {
            family(&mut page, name, "counter", help);
            let _ = writeln!(page, "{name} {}", number.load(Relaxed));
        }
        bounds(&mut page, limits);
        page
    }
}

fn by_code(page: &mut String, name: &str, help: &str, counts: &Mutex<BTreeMap<(&'static str, &'static str), u64>>) {
    family(page, name, "counter", help);
    for ((format, code), count) in counts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let _ = writeln!(page, "{name}{{format=\"{format}\",code=\"{code}\"}} {count}");
    }
}

fn bounds(page: &mut String, limits: &Limits) {
    family(page, "trunkline_capture_limit", "gauge", "Bounds: a number of things.");
    let numbers = [
        ("decompression_ratio", limits.ratio),
        ("events_per_request", limits.events_per_request),
        ("quota_keys", quota::KEYS_MAX),
        ("remembered_exposures", once::HELD_MAX),
    ];
    for (what, bound) in numbers {
        let _ = writeln!(page, "trunkline_capture_limit{{what=\"{what}\"}} {bound}");
    }
    family(page, "trunkline_capture_limit_bytes", "gauge", "Bounds: bytes.");
    for (what, bound) in [("body", limits.body_bytes), ("event", limits.event_bytes), ("in_hand", limits.in_hand_bytes)]
    {
        let _ = writeln!(page, "trunkline_capture_limit_bytes{{what=\"{what}\"}} {bound}");
    }
}

fn family(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
}
