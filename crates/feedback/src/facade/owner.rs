//! Whose words are to read: of the domain that owns the survey that was answered, else the journey that it is about.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::join::Found;
use super::{Feedback, Subject};
use crate::Error;
use crate::model::Said;

impl Feedback {
    /// The domain of each, in the same order; none if nobody owns what it is about.
    pub(super) async fn owners(&self, all: &[Found]) -> Result<Vec<Option<String>>, Error> {
        let mut known: HashMap<Subject<'_>, Option<String>> = HashMap::new();
        let mut owners = Vec::with_capacity(all.len());
        for one in all {
            let mut owner = None;
            for subject in subjects(&one.said) {
                owner = match known.entry(subject) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => new.insert(self.0.options.owners.owner(subject).await?).clone(),
                };
                if owner.is_some() {
                    break;
                }
            }
            owners.push(owner);
        }
        Ok(owners)
    }
}

fn subjects(said: &Said) -> impl Iterator<Item = Subject<'_>> {
    let survey = said.survey.as_deref().map(Subject::Survey);
    survey.into_iter().chain(said.journey.as_deref().map(Subject::Journey))
}
