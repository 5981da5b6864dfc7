//! The rows of an event in segments: read once and kept, sorted by the person as stored. What becomes a segment later is read then,
//! and merged in.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use columnar::segment::Text;

use super::Error;
use super::answers::{Properties, Select};
use super::forget::Wishes;
use super::state::{Shared, State};
use super::stored::{ASIDE, PERSON, PROPERTIES, RECEIVED, RELEASE, SEQUENCE, Stored, TIME, VOUCH};

/// Lists that are kept take at most so much.
const CACHE_BYTES_MAX: usize = 256 << 20;
/// The word of rows that name no release.
const UNNAMED: u32 = 0;

/// What there is at some moment.
#[derive(Debug)]
pub(super) struct Stock {
    pub(super) segments: Vec<Arc<Stored>>,
    takeouts: u64,
    forgotten: Wishes,
}

impl Stock {
    pub(super) fn of(state: &State) -> Self {
        let forgotten = state.forgotten.clone();
        Self { segments: state.segments.clone(), takeouts: state.takeouts, forgotten }
    }
}

/// Lists of events in segments, as long as nothing is taken out of them.
#[derive(Debug, Default)]
pub(super) struct Cache {
    takeouts: u64,
    lists: HashMap<Key, Kept>,
    bytes: usize,
}

/// An event, and whether with properties.
type Key = (String, bool);

#[derive(Debug, Clone)]
struct Kept {
    /// Whose rows these are.
    segments: BTreeSet<u64>,
    base: Arc<Base>,
}

/// The rows of one event in segments that count, sorted by (stored person, time, sequence).
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) items: Vec<Item>,
    pub(super) vouches: Vec<u64>,
    /// Places in `words`.
    pub(super) releases: Vec<u32>,
    pub(super) words: Vec<String>,
    /// Empty unless wanted.
    pub(super) properties: Vec<Text>,
}

/// A row's place in the order, and where the rest of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) person: u64,
    pub(super) time_ms: i64,
    pub(super) sequence: u64,
    /// A place in the base, or behind it in the tail.
    pub(super) at: usize,
}

/// What is kept of a name, with what came since; else all of it, read now.
pub(super) fn base(shared: &Shared, stock: &Stock, select: &Select, name: &str) -> Result<Arc<Base>, Error> {
    let key = (name.to_owned(), select.properties == Properties::Wanted);
    let segments: BTreeSet<u64> = stock.segments.iter().map(|segment| segment.row.id).collect();
    let kept = shared.cache().kept(&key, stock).filter(|kept| kept.segments.is_subset(&segments));
    let base = match kept {
        Some(kept) if kept.segments == segments => return Ok(kept.base),
        Some(kept) => {
            let new = Base::read(stock, &key, |segment| !kept.segments.contains(&segment))?;
            if new.items.is_empty() { kept.base } else { Arc::new(kept.base.with(&new)) }
        }
        None => Arc::new(Base::read(stock, &key, |_| true)?),
    };
    // Whoever asks for all events in a row would throw out what is about to be asked for again.
    let stays = select.names.is_empty();
    shared.cache().keep(key, Kept { segments, base: Arc::clone(&base) }, stock, stays);
    Ok(base)
}

impl Cache {
    fn kept(&mut self, key: &Key, stock: &Stock) -> Option<Kept> {
        if self.takeouts < stock.takeouts {
            *self = Self { takeouts: stock.takeouts, ..Self::default() };
        }
        self.lists.get(key).filter(|_| self.takeouts == stock.takeouts).cloned()
    }

    /// What is kept already stays if it `stays`; else it makes room.
    fn keep(&mut self, key: Key, new: Kept, stock: &Stock, stays: bool) {
        if self.takeouts != stock.takeouts {
            return;
        }
        if let Some(old) = self.lists.remove(&key) {
            self.bytes -= old.base.bytes();
        }
        let bytes = new.base.bytes();
        if !stays && self.bytes + bytes > CACHE_BYTES_MAX {
            self.lists.clear();
            self.bytes = 0;
        }
        if self.bytes + bytes <= CACHE_BYTES_MAX {
            self.bytes += bytes;
            self.lists.insert(key, new);
        }
    }

    /// The rows of these segments are another's from now on.
    pub(super) fn rename(&mut self, gone: &[u64], new: Option<u64>) {
        for kept in self.lists.values_mut().filter(|kept| gone.iter().all(|id| kept.segments.contains(id))) {
            kept.segments.retain(|id| !gone.contains(id));
            kept.segments.extend(new);
        }
    }
}

impl Base {
    fn bytes(&self) -> usize {
        let row = size_of::<Item>() + 12;
        let properties: usize = self.properties.iter().map(|text| text.len() + size_of::<Text>()).sum();
        self.items.len() * row + properties
    }

    /// Of the segments that are `wanted`.
    fn read(stock: &Stock, (name, with_properties): &Key, wanted: impl Fn(u64) -> bool) -> Result<Self, Error> {
        let mut base = Self { words: vec![String::new()], ..Self::default() };
        let mut codes = HashMap::from([(Vec::new(), UNNAMED)]);
        for segment in stock.segments.iter().filter(|segment| wanted(segment.row.id)) {
            if let Some(range) = segment.events.range(name) {
                base.add(segment, range, (&stock.forgotten, *with_properties), &mut codes)?;
            }
        }
        // Each segment's rows are in order already: the stable sort merges runs.
        base.items.sort();
        base.vouches = base.items.iter().map(|item| base.vouches[item.at]).collect();
        base.releases = base.items.iter().map(|item| base.releases[item.at]).collect();
        if *with_properties {
            base.properties = base.items.iter().map(|item| base.properties[item.at].clone()).collect();
        }
        for (at, item) in base.items.iter_mut().enumerate() {
            item.at = at;
        }
        Ok(base)
    }

    /// These rows and those.
    fn with(&self, more: &Self) -> Self {
        let mut both = Self { words: self.words.clone(), ..Self::default() };
        let known: HashMap<&str, u32> = (0..).zip(&self.words).map(|(code, word)| (word.as_str(), code)).collect();
        let mut codes = Vec::new();
        for word in &more.words {
            codes.push(known.get(word.as_str()).copied().unwrap_or_else(|| {
                both.words.push(word.clone());
                code_of(both.words.len() - 1)
            }));
        }
        let rows = self.items.len() + more.items.len();
        both.items.reserve_exact(rows);
        both.vouches.reserve_exact(rows);
        both.releases.reserve_exact(rows);
        let mut take = |from: &Self, at: usize, code: &dyn Fn(u32) -> u32| {
            both.items.push(Item { at: both.items.len(), ..from.items[at] });
            both.vouches.push(from.vouches[at]);
            both.releases.push(code(from.releases[at]));
            both.properties.extend(from.properties.get(at).cloned());
        };
        let place = |item: &Item| (item.person, item.time_ms, item.sequence);
        let mut ours = 0;
        for (theirs, item) in more.items.iter().enumerate() {
            while self.items.get(ours).is_some_and(|own| place(own) <= place(item)) {
                take(self, ours, &|code| code);
                ours += 1;
            }
            take(more, theirs, &|code| codes[code as usize]);
        }
        (ours..self.items.len()).for_each(|at| take(self, at, &|code| code));
        both
    }

    fn add(
        &mut self,
        segment: &Stored,
        range: Range<usize>,
        (forgotten, with_properties): (&Wishes, bool),
        codes: &mut HashMap<Vec<u8>, u32>,
    ) -> Result<(), Error> {
        let ints = |column| segment.events.ints(column, range.clone());
        let (persons, times, sequences) = (ints(PERSON)?, ints(TIME)?, ints(SEQUENCE)?);
        let (vouches, asides) = (ints(VOUCH)?, ints(ASIDE)?);
        let received = if forgotten.is_empty() { Vec::new() } else { ints(RECEIVED)? };
        let releases = segment.events.texts(RELEASE, range.clone())?;
        let properties = if with_properties { segment.events.texts(PROPERTIES, range)? } else { Vec::new() };
        for i in 0..persons.len() {
            let person = persons[i].cast_unsigned();
            let is_forgotten = received.get(i).is_some_and(|at| forgotten.cover(person, *at));
            if asides[i] != 0 || is_forgotten {
                continue;
            }
            let (time_ms, sequence) = (times[i], sequences[i].cast_unsigned());
            self.items.push(Item { person, time_ms, sequence, at: self.items.len() });
            self.vouches.push(vouches[i].cast_unsigned());
            let code = if releases[i].is_empty() { UNNAMED } else { self.code(&releases[i], codes) };
            self.releases.push(code);
            self.properties.extend(properties.get(i).cloned());
        }
        Ok(())
    }

    fn code(&mut self, word: &Text, codes: &mut HashMap<Vec<u8>, u32>) -> u32 {
        if let Some(code) = codes.get(&**word) {
            return *code;
        }
        let code = code_of(self.words.len());
        self.words.push(word.as_str().to_owned());
        codes.insert(word.to_vec(), code);
        code
    }
}

fn code_of(place: usize) -> u32 {
    u32::try_from(place).expect("there are fewer words than rows")
}

#[cfg(test)]
mod tests;
