//! What all files of a product say together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::Problem;

use super::declared::Declared;
use super::parsed::{Declares, Facts};
use super::{
    Approval, Brought, Catalog, Check, CodeOwners, Flag, Journey, Owner, Parsed, Principle, Relation, Thing, ThingKind,
    Waiver, Word, codeowners,
};

/// Events that a library sends by itself begin so.
const LIBRARYS_OWN: char = '$';
/// The edge counts pages by itself.
const EDGES_OWN: &str = "page viewed";

/// The files of a product by their paths from the top.
pub type Files = BTreeMap<String, Arc<Parsed>>;

type Owners = BTreeMap<String, Option<Arc<Owner>>>;

/// A product.
#[derive(Debug, Clone, Default)]
pub struct Product {
    files: Files,
    declaring: Files,
    owners: Owners,
    relation: Relation,
    principles: Vec<Principle>,
    waivers: Vec<Waiver>,
    problems: Vec<Problem>,
}

impl Product {
    /// What the files say.
    pub fn new(files: Files) -> Self {
        Self::with(files.clone(), files, &BTreeMap::new())
    }

    /// What `files` say, if catalog, CODEOWNERS and principles were those of this product.
    #[must_use]
    pub fn at(&self, files: Files) -> Self {
        Self::with(files, self.declaring.clone(), &self.owners)
    }

    fn with(files: Files, declaring: Files, known: &Owners) -> Self {
        let entities = declaring.values().filter_map(|parsed| match &parsed.declares {
            Declares::Catalog(entities) => Some(entities.clone()),
            _ => None,
        });
        let (catalog, mut problems) = Catalog::new(entities.flatten());
        problems.splice(0..0, declaring.values().flat_map(|parsed| parsed.problems.clone()));
        let (principles, more) = principles(&declaring);
        problems.extend(more);
        let waivers = files.values().flat_map(|parsed| match &parsed.declares {
            Declares::Waivers(waivers) => waivers.as_slice(),
            _ => &[],
        });
        let waivers = waivers.cloned().collect();
        let mut product = Self { files, declaring, principles, waivers, problems, ..Self::default() };
        product.relation = Relation::new(catalog, product.codeowners(), product.declared());
        product.owners = product.owners(known);
        product
    }

    /// Who owns each file; what is known of a path stays as long as what declares it.
    fn owners(&self, known: &Owners) -> Owners {
        let find = |path: &str| self.relation.owner(Thing::path(path)).map(Arc::new);
        let owner = |path: &str| known.get(path).cloned().unwrap_or_else(|| find(path));
        self.paths().map(|path| (path.to_owned(), owner(path))).collect()
    }

    /// Who owns a thing; as [`Relation::owner`], and at once for a file that is there.
    pub fn owner(&self, thing: Thing<'_>) -> Option<Arc<Owner>> {
        let known = self.owners.get(thing.name).filter(|_| thing.kind == ThingKind::Path);
        known.cloned().unwrap_or_else(|| self.relation.owner(thing).map(Arc::new))
    }

    /// Who owns what.
    pub fn relation(&self) -> &Relation {
        &self.relation
    }

    pub fn principles(&self) -> &[Principle] {
        &self.principles
    }

    /// What is wrong in the files that declare something.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Sources that were not read, because they are too long or no text.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter(|(_, parsed)| parsed.is_unread).map(|(path, _)| path.as_str())
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Which text a file has: the same one as long as it is there.
    pub(crate) fn text_of(&self, path: &str) -> Option<*const Parsed> {
        self.files.get(path).map(Arc::as_ptr)
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = (&str, &Facts)> {
        self.files.iter().map(|(path, parsed)| (path.as_str(), &parsed.facts))
    }

    /// The file of CODEOWNERS that counts, and its path.
    pub(crate) fn codeowners(&self) -> Option<(&CodeOwners, &'static str)> {
        codeowners::PLACES.into_iter().find_map(|place| match &self.declaring.get(place)?.declares {
            Declares::CodeOwners(codeowners) => Some((codeowners, place)),
            _ => None,
        })
    }

    pub fn flags(&self) -> impl Iterator<Item = &Flag> {
        self.files.values().flat_map(|parsed| match &parsed.declares {
            Declares::Flags(flags) => flags.as_slice(),
            _ => &[],
        })
    }

    pub fn journeys(&self) -> impl Iterator<Item = &Journey> {
        self.files.values().filter_map(|parsed| match &parsed.declares {
            Declares::Journey(journey) => Some(journey),
            _ => None,
        })
    }

    /// The flags, journeys, experiments and surveys.
    pub(crate) fn declared(&self) -> impl Iterator<Item = Declared<'_>> {
        let alone = self.files.values().filter_map(|parsed| match &parsed.declares {
            Declares::Journey(journey) => Some(journey.declared()),
            Declares::Experiment(experiment) => Some(experiment.declared(ThingKind::Experiment)),
            Declares::Survey(survey) => Some(survey.declared(ThingKind::Survey)),
            _ => None,
        });
        self.flags().map(Flag::declared).chain(alone)
    }

    /// The same with waivers that no file holds.
    #[must_use]
    pub fn granted(mut self, waivers: impl IntoIterator<Item = Waiver>) -> Self {
        self.waivers.extend(waivers);
        self
    }

    pub fn waivers(&self) -> impl Iterator<Item = &Waiver> {
        self.waivers.iter()
    }

    /// Who brought each line of the waivers, and who approved of it. Who brought it asks, where a waiver does not say who does.
    pub(crate) fn waivers_brought_by(&mut self, lines: &BTreeMap<u32, Brought>) {
        for waiver in self.waivers.iter_mut().filter(|waiver| waiver.number().is_none()) {
            let Some(brought) = lines.get(&waiver.place.line) else { continue };
            waiver.author.get_or_insert_with(|| brought.author.clone());
            waiver.approval = Approval::Brought(brought.clone());
        }
    }

    /// The principle that owns a check.
    pub fn principle_of(&self, check: Check) -> Option<&Principle> {
        self.principles.iter().find(|principle| principle.checks.iter().any(|(own, _)| *own == check))
    }

    pub(crate) fn domain_of_path(&self, path: &str) -> Option<String> {
        self.owner(Thing::path(path)).map(|owner| owner.domain().to_owned())
    }

    /// Where events are named: in the steps of journeys, and where code sends them. Those that no product sends itself are none.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&str, &Word)> {
        let steps =
            self.journeys().flat_map(|journey| journey.events.iter().map(|event| (&*journey.place.file, event)));
        let sent = self.facts().flat_map(|(path, facts)| facts.events.iter().map(move |event| (path, event)));
        steps.chain(sent).filter(|(_, event)| !event.text.starts_with(LIBRARYS_OWN) && event.text != EDGES_OWN)
    }

    /// All that can be owned and is there: files, tables that are written, events that are named, and what files declare.
    pub(crate) fn things(&self) -> BTreeSet<(ThingKind, &str)> {
        let paths = self.paths().map(|path| (ThingKind::Path, path));
        let tables =
            self.facts().flat_map(|(_, facts)| &facts.writes).map(|write| (ThingKind::Table, write.table.as_str()));
        let events = self.events().map(|(_, event)| (ThingKind::Event, event.text.as_str()));
        let declared = self.declared().map(|thing| (thing.kind, thing.name));
        paths.chain(tables).chain(events).chain(declared).collect()
    }
}

/// The principles, and what is wrong between them: a check belongs to one.
fn principles(files: &Files) -> (Vec<Principle>, Vec<Problem>) {
    let all = files.values().filter_map(|parsed| match &parsed.declares {
        Declares::Principle(principle) => Some(principle.clone()),
        _ => None,
    });
    let mut principles: Vec<Principle> = all.collect();
    let mut owned: BTreeMap<Check, String> = BTreeMap::new();
    let mut problems = Vec::new();
    for principle in &mut principles {
        principle.checks.retain(|(check, line)| {
            let Some(first) = owned.get(check) else {
                owned.insert(*check, principle.id.clone());
                return true;
            };
            let problem = Problem::invalid(format!("check {:?} belongs to principle {first:?} already", check.name()));
            problems.push(problem.at(&*principle.place.file, *line, 1).hint("leave it to one of the two"));
            false
        });
    }
    (principles, problems)
}
