//! A segment: a list of targeting keys, one a line.

use kernel::Problem;

use super::document::Place;
use super::hash::Names;
use super::limits::SEGMENT_KEYS_MAX;

/// The keys of one segment.
#[derive(Debug, Clone, Default)]
pub struct Segment {
    keys: Names,
}

impl Segment {
    /// Reads `segments/NAME.txt`: blank lines and what follows `#` at the beginning of a line are left out.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problem> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Names = lines.collect();
        if keys.len() > SEGMENT_KEYS_MAX {
            let problem = Problem::invalid(format!("the segment has {} keys", keys.len()));
            return Err(Place::default().mark(problem, file).hint(format!("at most {SEGMENT_KEYS_MAX} are read")));
        }
        Ok(Self { keys })
    }

    /// Whether `key` is in it.
    pub fn contains(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter()
    }
}
