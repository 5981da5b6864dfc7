//! flagd's testbed: its scenarios, played on our evaluation with the split algorithm that their tags name.

use std::collections::BTreeMap;
use std::path::Path;

use flags::model::{Algorithm, Context, FlagSet, Kind, Ruleset, read};
use serde_json::{Map, Value, json};

use crate::suites;

/// 2027-01-15, so that rules about the past and the future hold.
const NOW: i64 = 1_800_000_000;

struct Scenario {
    name: String,
    algorithm: Algorithm,
    steps: Vec<String>,
    /// The table under the last step.
    table: Vec<Vec<String>>,
}

#[test]
fn the_evaluator_scenarios_hold() {
    let Some(testbed) = suites::folder("flagd-testbed") else { return };
    let set = flags_of(&[testbed.join("evaluator/flags/testkit-flags.json")]);
    let mut played = 0;
    for feature in std::fs::read_dir(testbed.join("evaluator/gherkin")).unwrap() {
        let text = std::fs::read_to_string(feature.unwrap().path()).unwrap();
        for scenario in scenarios(&text) {
            play(&scenario, &set);
            played += 1;
        }
    }
    assert!(played >= 140, "only {played} scenarios were found");
}

#[test]
fn the_provider_scenarios_about_targeting_hold() {
    let Some(testbed) = suites::folder("flagd-testbed") else { return };
    let files = ["custom-ops", "testing-flags", "evaluator-refs", "edge-case-flags", "zero-flags"];
    let set = flags_of(&files.map(|name| testbed.join("flags").join(format!("{name}.json"))));
    let text = std::fs::read_to_string(testbed.join("gherkin/targeting.feature")).unwrap();
    let scenarios = scenarios(&text);
    let of = |algorithm| scenarios.iter().filter(|scenario| scenario.algorithm == algorithm).count();
    let counts = [Algorithm::Flagd1, Algorithm::Flagd2, Algorithm::Flagd3].map(of);
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    for scenario in &scenarios {
        play(scenario, &set);
    }
}

fn flags_of(files: &[impl AsRef<Path>]) -> FlagSet {
    let mut set = FlagSet::default();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        // Some flags of the testbed are wrong on purpose.
        let (read, _) = read(&text, &file.as_ref().display().to_string());
        set.add(read);
    }
    set
}

fn play(scenario: &Scenario, set: &FlagSet) {
    let mut set = set.clone();
    for flag in set.flags.values_mut() {
        flag.pin.algorithm = scenario.algorithm;
    }
    let (ruleset, _) = Ruleset::lenient(&set);
    let mut state = State { context: Map::new(), flag: None, ruleset: &ruleset };
    for step in &scenario.steps {
        state.step(step, &scenario.table).unwrap_or_else(|wrong| panic!("{}: {step}: {wrong}", scenario.name));
    }
}

struct State<'a> {
    context: Map<String, Value>,
    /// Type, key, fallback.
    flag: Option<(String, String, String)>,
    ruleset: &'a Ruleset,
}

impl State<'_> {
    fn step(&mut self, step: &str, table: &[Vec<String>]) -> Result<(), String> {
        let (bare, words) = taken_apart(step);
        match (bare.as_str(), words.as_slice()) {
            // Options are of the client that plays the scenarios elsewhere.
            ("an option of type with value", _)
            | ("an evaluator" | "a stable flagd provider" | "the flag was evaluated with details", []) => {}
            (flag, [key, fallback]) if flag.contains("-flag with key") => {
                let kind = flag.split_whitespace().nth(1).unwrap().trim_end_matches("-flag");
                self.flag = Some((kind.into(), key.clone(), fallback.clone()));
            }
            ("a context containing a targeting key with value", [key]) => self.set("targetingKey", json!(key)),
            ("a context containing a key , with type and with value", [key, kind, value]) => {
                self.set(key, typed(kind, value));
            }
            (
                "a context containing a nested property with outer key and inner key , with value",
                [outer, inner, value],
            ) => self.set(outer, json!({ inner: value })),
            (then, words) => return self.then(then, words, table),
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: Value) {
        self.context.insert(key.to_owned(), value);
    }

    fn then(&self, then: &str, words: &[String], table: &[Vec<String>]) -> Result<(), String> {
        let (kind, key, fallback) = self.flag.as_ref().ok_or("no flag")?;
        let (value, reason, code, metadata) = self.evaluated(kind, key, fallback);
        match (then, words) {
            ("the resolved details value should be", [expected]) => equal(&value, &typed(kind, expected)),
            ("the reason should be", [expected]) => equal(&json!(reason), &json!(expected)),
            ("the error-code should be", [expected]) => equal(&json!(code), &json!(expected)),
            ("the resolved metadata is empty", []) => equal(&Value::Object(metadata), &json!({})),
            ("the resolved metadata should contain", []) => table
                .iter()
                .skip(1)
                .try_for_each(|row| equal(metadata.get(&row[0]).unwrap_or(&Value::Null), &typed(&row[1], &row[2]))),
            _ => Err("this step is not known".into()),
        }
    }

    /// As an OpenFeature client sees it: the fallback where nothing is served or the type is another.
    fn evaluated(&self, kind: &str, key: &str, fallback: &str) -> (Value, String, String, Map<String, Value>) {
        let context = Context::from_json(Value::Object(self.context.clone())).unwrap();
        let fallback = typed(kind, fallback);
        match self.ruleset.evaluate(key, &context, NOW) {
            Ok(evaluation) if !fits(kind, evaluation.kind) => {
                (fallback, "ERROR".into(), "TYPE_MISMATCH".into(), evaluation.metadata.clone())
            }
            Ok(evaluation) => {
                let value = evaluation.served.map_or(fallback, |served| served.value.clone());
                let reason = json!(evaluation.reason).as_str().unwrap().to_owned();
                (value, reason, String::new(), evaluation.metadata.clone())
            }
            Err(error) => {
                (fallback, "ERROR".into(), error.code.name().into(), error.metadata.cloned().unwrap_or_default())
            }
        }
    }
}

fn equal(is: &Value, expected: &Value) -> Result<(), String> {
    let same = match (is.as_f64(), expected.as_f64()) {
        (Some(is), Some(expected)) => (is - expected).abs() < f64::EPSILON,
        _ => is == expected,
    };
    if same { Ok(()) } else { Err(format!("it is {is}")) }
}

fn fits(kind: &str, of: Kind) -> bool {
    match kind {
        "Boolean" => of == Kind::Boolean,
        "String" => of == Kind::String,
        "Integer" | "Float" => of == Kind::Number,
        _ => of == Kind::Object,
    }
}

fn typed(kind: &str, text: &str) -> Value {
    match kind {
        "Boolean" => json!(text == "true"),
        "Integer" => text.parse::<i64>().map(Value::from).unwrap(),
        "Float" => text.parse::<f64>().map(Value::from).unwrap(),
        "Object" => serde_json::from_str(&text.replace("\\\"", "\"")).unwrap(),
        _ => json!(text),
    }
}

/// A step without its quoted words, and those. A JSON object in quotes goes on to the last quote of the step.
fn taken_apart(step: &str) -> (String, Vec<String>) {
    let escaped = step.replace("\\\"", "\u{1}");
    let (mut bare, mut words, mut rest) = (String::new(), Vec::new(), escaped.as_str());
    while let Some((before, after)) = rest.split_once('"') {
        bare.push_str(before);
        let end = if after.starts_with('{') { after.rfind('"') } else { after.find('"') };
        let (word, behind) = after.split_at(end.unwrap_or(after.len()));
        words.push(word.replace('\u{1}', "\\\""));
        rest = behind.strip_prefix('"').unwrap_or_default();
    }
    bare.push_str(rest);
    (bare.split_whitespace().collect::<Vec<_>>().join(" "), words)
}

/// A reader of the part of Gherkin that the testbed uses.
fn scenarios(text: &str) -> Vec<Scenario> {
    let mut reader = Reader::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        reader.line(line);
    }
    reader.close();
    reader.scenarios
}

#[derive(Default)]
struct Reader {
    scenarios: Vec<Scenario>,
    background: Vec<String>,
    in_background: bool,
    tags: String,
    name: String,
    scenario_tags: String,
    steps: Vec<String>,
    table: Vec<Vec<String>>,
    /// Tags and rows.
    examples: Vec<(String, Vec<Vec<String>>)>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.starts_with('@') {
            self.tags.push_str(line);
        } else if line.starts_with("Feature:") {
            self.tags.clear();
        } else if line.starts_with("Background:") {
            self.in_background = true;
        } else if let Some(name) = line.strip_prefix("Scenario") {
            self.close();
            name.trim_start_matches(" Outline").trim_start_matches(": ").clone_into(&mut self.name);
            self.scenario_tags = std::mem::take(&mut self.tags);
        } else if line.starts_with("Examples:") {
            self.examples.push((std::mem::take(&mut self.tags), vec![]));
        } else if line.starts_with('|') {
            let cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
            match self.examples.last_mut() {
                Some((_, rows)) => rows.push(cells),
                None => self.table.push(cells),
            }
        } else if let Some((_, step)) = line.split_once(' ') {
            let steps = if self.in_background { &mut self.background } else { &mut self.steps };
            steps.push(step.to_owned());
        }
    }

    fn close(&mut self) {
        self.in_background = false;
        let steps: Vec<_> = self.background.iter().chain(&self.steps).cloned().collect();
        let tags = std::mem::take(&mut self.scenario_tags);
        let mut examples = std::mem::take(&mut self.examples);
        if examples.is_empty() && !self.steps.is_empty() {
            examples.push((String::new(), vec![vec![], vec![]]));
        }
        for (example_tags, rows) in examples {
            let algorithm = algorithm(&example_tags).or_else(|| algorithm(&tags)).unwrap_or_default();
            for row in rows.iter().skip(1) {
                let cells: BTreeMap<_, _> = rows[0].iter().zip(row).collect();
                let fill = |step: &String| {
                    cells.iter().fold(step.clone(), |step, (name, cell)| step.replace(&format!("<{name}>"), cell))
                };
                let steps = steps.iter().map(fill).collect();
                let table = self.table.clone();
                self.scenarios.push(Scenario { name: self.name.clone(), algorithm, steps, table });
            }
        }
        self.steps.clear();
        self.table.clear();
    }
}

fn algorithm(tags: &str) -> Option<Algorithm> {
    let tagged = |tag: &str| tags.contains(tag);
    match () {
        () if tagged("fractional-v1") => Some(Algorithm::Flagd1),
        () if tagged("fractional-v2") => Some(Algorithm::Flagd2),
        () if tagged("fractional-v3") => Some(Algorithm::Flagd3),
        () => None,
    }
}
