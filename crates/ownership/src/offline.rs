//! `own map`, `own check`: the same relation and checks over the files of a folder or a commit, without a server.
//!
//! Where files come from is the caller's business ([`Source`]): this crate starts no process and reads no disk.

mod history;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::model::check::{Finding, findings};
use crate::model::verdict::violation;
use crate::model::{Brought, Files, Gate, Parsed, Product, Violation, is_read, parse, waiver};

pub use history::{CheckHistory, Commit, Figures, History, Stopped, history};

/// Most files of a product that are looked at.
const FILES_MAX: usize = 500_000;
/// Texts that are remembered as read; beyond, all is read anew.
const PARSED_MAX: usize = 1_000_000;

/// A file and which text it has: two of one id have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From the top of the repository.
    pub path: String,
    pub id: String,
}

/// Where files come from.
pub trait Source {
    type Error;

    /// The files of a commit; those of the folder if none is named.
    fn files(&mut self, commit: Option<&str>) -> Result<Vec<Entry>, Self::Error>;

    /// These texts will be asked for next.
    fn prepare(&mut self, entries: &[&Entry]) -> Result<(), Self::Error> {
        let _ = entries;
        Ok(())
    }

    /// The text of a file; none if it is no text or longer than [`crate::model::SOURCE_BYTES_MAX`] by far.
    fn text(&mut self, entry: &Entry) -> Result<Option<String>, Self::Error>;

    /// Who brought each line of a file, and who approved of it; nothing where that is not known.
    fn brought(&mut self, commit: Option<&str>, path: &str) -> Result<BTreeMap<u32, Brought>, Self::Error> {
        let _ = (commit, path);
        Ok(BTreeMap::new())
    }
}

/// Reads products of a source, each text once.
#[derive(Debug)]
pub struct Reader<S> {
    source: S,
    parsed: HashMap<(String, String), Arc<Parsed>>,
    other: Arc<Parsed>,
}

impl<S: Source> Reader<S> {
    pub fn new(source: S) -> Self {
        Self { source, parsed: HashMap::new(), other: Arc::default() }
    }

    pub fn source(&mut self) -> &mut S {
        &mut self.source
    }

    /// The product in a commit, or in the folder if none is named.
    pub fn product(&mut self, commit: Option<&str>) -> Result<Product, S::Error> {
        let mut product = Product::new(self.files(commit)?);
        if product.waivers().next().is_some() {
            product.waivers_brought_by(&self.source.brought(commit, waiver::FILE)?);
        }
        Ok(product)
    }

    fn files(&mut self, commit: Option<&str>) -> Result<Files, S::Error> {
        let mut entries = self.source.files(commit)?;
        entries.truncate(FILES_MAX);
        if self.parsed.len() > PARSED_MAX {
            self.parsed.clear();
        }
        let is_missing =
            |entry: &&Entry| is_read(&entry.path) && !self.parsed.contains_key(&(entry.path.clone(), entry.id.clone()));
        let missing: Vec<&Entry> = entries.iter().filter(is_missing).collect();
        self.source.prepare(&missing)?;
        let mut files = Files::new();
        for entry in entries {
            let parsed = self.parsed(&entry)?;
            files.insert(entry.path, parsed);
        }
        Ok(files)
    }

    fn parsed(&mut self, entry: &Entry) -> Result<Arc<Parsed>, S::Error> {
        if !is_read(&entry.path) {
            return Ok(Arc::clone(&self.other));
        }
        let key = (entry.path.clone(), entry.id.clone());
        if let Some(parsed) = self.parsed.get(&key) {
            return Ok(Arc::clone(parsed));
        }
        let text = self.source.text(entry)?;
        let parsed = Arc::new(parse(&entry.path, text.as_deref()));
        self.parsed.insert(key, Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// The violations that a change brings: those of the product after it that were not there before, wherever their lines went.
pub fn brought(before: &Product, after: &Product, today: Date, gate: Gate) -> Vec<Violation> {
    brought_since(&[before], after, today, gate)
}

/// As [`brought`], where several are there before: what any of them has is none of this change's.
pub fn brought_since(before: &[&Product], after: &Product, today: Date, gate: Gate) -> Vec<Violation> {
    let mut known = Counted::new();
    for product in before {
        for (identity, count) in counted(&findings(product)) {
            let most = known.entry(identity).or_default();
            *most = count.max(*most);
        }
    }
    let new = fresh(findings(after), known);
    new.iter().map(|finding| violation(after, finding, today, gate)).collect()
}

type Identity = (crate::model::Check, String, String);
type Counted = BTreeMap<Identity, usize>;

fn counted(findings: &[Finding]) -> Counted {
    let mut counted = Counted::new();
    for finding in findings {
        *counted.entry(identity(finding)).or_default() += 1;
    }
    counted
}

fn fresh(findings: Vec<Finding>, mut known: Counted) -> Vec<Finding> {
    let mut fresh = Vec::new();
    for finding in findings {
        match known.get_mut(&identity(&finding)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => fresh.push(finding),
        }
    }
    fresh
}

fn identity(finding: &Finding) -> Identity {
    (finding.check, finding.path.clone(), finding.message.clone())
}
