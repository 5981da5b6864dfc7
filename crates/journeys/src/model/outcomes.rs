//! What became of each person who entered: the only thing that reports, trends, histograms and lists are made from.

/// When persons may enter: the first step's time, `from_ms` included, `to_ms` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entries {
    pub from_ms: i64,
    pub to_ms: i64,
}

impl Entries {
    /// At any time.
    pub const ALL: Self = Self { from_ms: i64::MIN, to_ms: i64::MAX };

    pub(crate) const fn contain(&self, time_ms: i64) -> bool {
        self.from_ms <= time_ms && time_ms < self.to_ms
    }
}

/// Where an event stands among the lists that were evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub list: u32,
    pub row: u32,
}

/// One person: of all their chains the deepest, of those the first to get there, of those the one that began last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome<'a> {
    pub person: u64,
    /// When each step was done, from the first to the deepest; never empty.
    pub times_ms: &'a [i64],
    /// The event that is the chain's first.
    pub first: Place,
    /// Not all steps were done, and there is time left to.
    pub is_pending: bool,
}

impl Outcome<'_> {
    /// How many steps were done.
    pub const fn depth(&self) -> usize {
        self.times_ms.len()
    }

    /// When the chain began.
    pub const fn entered_ms(&self) -> i64 {
        self.times_ms[0]
    }
}

/// Everybody who entered, in order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    heads: Vec<Head>,
    /// The times of all, one person after the other.
    times_ms: Vec<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    person: u64,
    first: Place,
    /// Where this person's times end.
    end: usize,
    is_pending: bool,
}

impl Outcomes {
    pub(crate) fn push(&mut self, outcome: &Outcome<'_>) {
        self.times_ms.extend_from_slice(outcome.times_ms);
        let Outcome { person, first, is_pending, .. } = *outcome;
        self.heads.push(Head { person, first, end: self.times_ms.len(), is_pending });
    }

    /// Adds those of other persons.
    pub(crate) fn append(&mut self, other: Self) {
        let base = self.times_ms.len();
        self.times_ms.extend(other.times_ms);
        self.heads.extend(other.heads.into_iter().map(|head| Head { end: base + head.end, ..head }));
    }

    /// How many entered.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Nobody entered.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Outcome<'_>> {
        let mut start = 0;
        self.heads.iter().map(move |head| {
            let times_ms = &self.times_ms[start..head.end];
            start = head.end;
            Outcome { person: head.person, times_ms, first: head.first, is_pending: head.is_pending }
        })
    }
}
