//! Which steps an event can fill, prepared once per definition.

use serde_json::value::RawValue;

use super::kernel::Steps;
use super::scalar::{Held, pick};
use super::{Definition, Scalar};

/// A definition, ready to be asked about events.
#[derive(Debug)]
pub struct Matcher {
    names: Vec<String>,
    events: Vec<Wanted>,
}

/// What one event name can fill.
#[derive(Debug, Default)]
struct Wanted {
    /// Steps without a condition.
    always: u32,
    /// Keys of properties that any condition names.
    keys: Vec<String>,
    /// (the step's bit, (index of a key, value))
    sometimes: Vec<(u32, Vec<(usize, Scalar)>)>,
}

impl Matcher {
    /// Prepares a definition.
    pub fn new(definition: &Definition) -> Self {
        let mut matcher = Self { names: Vec::new(), events: Vec::new() };
        for (step, declared) in definition.steps.iter().enumerate() {
            let at = matcher.names.iter().position(|name| *name == declared.event).unwrap_or_else(|| {
                matcher.names.push(declared.event.clone());
                matcher.events.push(Wanted::default());
                matcher.names.len() - 1
            });
            let wanted = &mut matcher.events[at];
            if declared.conditions.is_empty() {
                wanted.always |= 1 << step;
                continue;
            }
            let conditions = declared.conditions.iter().map(|(key, value)| (wanted.key(key), value.clone())).collect();
            wanted.sometimes.push((1 << step, conditions));
        }
        matcher
    }

    /// The events that fill any step, each once, in the order of steps.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether any condition looks at properties.
    pub fn looks_at_properties(&self) -> bool {
        self.events.iter().any(|wanted| !wanted.sometimes.is_empty())
    }

    /// The steps that an event can fill, as bits; 0 for none.
    pub fn steps(&self, name: &str, properties: &RawValue) -> u32 {
        let at = self.names.iter().position(|known| known == name);
        at.map_or(0, |at| self.events[at].steps(properties))
    }

    /// The steps that an event can fill whatever its properties are, as bits.
    pub fn always(&self, name: &str) -> u32 {
        let at = self.names.iter().position(|known| known == name);
        at.map_or(0, |at| self.events[at].always)
    }

    /// The steps that each of a list's events can fill.
    pub fn column(&self, rows: &events::EventRows) -> Steps {
        let Some(at) = self.names.iter().position(|known| *known == rows.name) else { return Steps::All(0) };
        let wanted = &self.events[at];
        if wanted.sometimes.is_empty() {
            return Steps::All(wanted.always);
        }
        assert_eq!(rows.properties.len(), rows.persons.len(), "rows were asked for with their properties");
        Steps::Each(rows.properties.iter().map(|properties| wanted.steps(properties)).collect())
    }
}

impl Wanted {
    fn key(&mut self, key: &str) -> usize {
        self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        })
    }

    fn steps(&self, properties: &RawValue) -> u32 {
        if self.sometimes.is_empty() {
            return self.always;
        }
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let mut found = vec![Held::Nothing; keys.len()];
        pick(properties, &keys, &mut found);
        let fits = |conditions: &[(usize, Scalar)]| conditions.iter().all(|(key, value)| found[*key].is(value));
        let some = self.sometimes.iter().filter(|(_, conditions)| fits(conditions));
        some.fold(self.always, |steps, (bit, _)| steps | bit)
    }
}
