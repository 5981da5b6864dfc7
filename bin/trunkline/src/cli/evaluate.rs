//! `trunkline evaluate`: flags of a file for one context or many, without a server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use flags::model::{Context, Evaluation, EvaluationError, FlagSet, Ruleset, Segment};
use kernel::{Clock as _, Problem};
use serde_json::{Value, json};

use super::options::Common;
use crate::out;

/// Whose format the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Flagd,
    Launchdarkly,
    Unleash,
    Growthbook,
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// Keys of flags; with --contexts, all if none is named
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    /// Flag definitions, JSON or YAML
    #[arg(long, value_name = "FILE")]
    flags: PathBuf,
    /// One context, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "contexts", required_unless_present = "contexts")]
    context: Option<String>,
    /// Many contexts, one a line
    #[arg(long, value_name = "FILE", requires = "json_lines")]
    contexts: Option<PathBuf>,
    /// One JSON object a line: every context, every key
    #[arg(long)]
    json_lines: bool,
    /// Whose format the definitions have
    #[arg(long, value_enum, default_value = "flagd")]
    format: Format,
}

/// Evaluates, and prints what each flag answers.
pub(super) fn evaluate(args: &EvaluateArgs, common: &Common) -> anyhow::Result<()> {
    if args.format != Format::Flagd {
        let problem = Problem::invalid("only flagd's format is read so far");
        return Err(problem.hint("others' exports will follow; write the flags in flagd's format").into());
    }
    let loaded = Loaded::read(&args.flags)?;
    let now = kernel::SystemClock.now().as_second();
    match (&args.contexts, &args.context) {
        (Some(contexts), _) => many(&loaded, args, contexts, now),
        (None, Some(context)) => one(&loaded, args, context, now, common),
        (None, None) => unreachable!("clap asks for one of them"),
    }
}

/// The file, ready to answer, and what is wrong with it.
struct Loaded {
    ruleset: Ruleset,
    problems: Vec<Problem>,
}

impl Loaded {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let text = fs::read(path).map_err(|error| {
            Problem::invalid(format!("cannot read {name}: {error}")).hint("--flags names the file of definitions")
        })?;
        let text = String::from_utf8(text).map_err(|error| not_utf8(error.as_bytes(), &name))?;
        let (file, mut problems) = flags::model::read(&text, &name);
        // Nothing at all could be read: there are no answers to give.
        if file.definitions.is_empty()
            && file.unusable.is_empty()
            && let Some(problem) = problems.first()
        {
            return Err(problem.clone().into());
        }
        let mut set = FlagSet { segments: segments(path)?, ..FlagSet::default() };
        problems.extend(set.add(file));
        let (ruleset, more) = Ruleset::lenient(&set);
        // Reading a rule and compiling it find some mistakes both.
        problems.extend(more.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
        Ok(Self { ruleset, problems })
    }

    fn known(&self, key: &str) -> Result<(), Problem> {
        if self.ruleset.contains(key) {
            return Ok(());
        }
        let known: Vec<_> = self.ruleset.keys().take(20).collect();
        Err(Problem::not_found(format!("flag {key:?} is not known")).hint(format!("known here: {}", known.join(", "))))
    }
}

fn not_utf8(bytes: &[u8], name: &str) -> Problem {
    let valid = String::from_utf8_lossy(bytes);
    let before = valid.split('\u{FFFD}').next().unwrap_or_default();
    let line = before.lines().count().max(1);
    let column = before.lines().last().map_or(0, |line| line.chars().count()) + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Problem::invalid("the file is not UTF-8").at(name, number(line), number(column)).hint("save it as UTF-8")
}

/// `segments/*.txt` beside the file or beside its folder, as in a product's repository.
fn segments(path: &Path) -> anyhow::Result<BTreeMap<String, Arc<Segment>>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let beside = [folder.join("segments"), folder.join("..").join("segments")];
    let mut segments = BTreeMap::new();
    for file in beside.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().filter_map(Result::ok) {
        let path = file.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_some_and(|extension| extension == "txt") && !segments.contains_key(name) {
            let shown = path.display().to_string();
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
            segments.insert(name.to_owned(), Arc::new(Segment::parse(&text, &shown)?));
        }
    }
    Ok(segments)
}

fn one(loaded: &Loaded, args: &EvaluateArgs, context: &str, now: i64, common: &Common) -> anyhow::Result<()> {
    let [key] = args.keys.as_slice() else {
        return Err(Problem::invalid("one flag is evaluated for one context")
            .hint("name one KEY, or give --contexts FILE --json-lines")
            .into());
    };
    loaded.known(key)?;
    let context = Context::from_slice(context.as_bytes())
        .map_err(|error| Problem::invalid(error.to_string()).hint("for example '{\"targetingKey\": \"ann\"}'"))?;
    if let Some(problem) = loaded.ruleset.problem(key) {
        return Err(problem.clone().into());
    }
    let answer = loaded.ruleset.evaluate(key, &context, now);
    tell_problems(loaded, common);
    if common.json || args.json_lines {
        return out::json(&shape(key, &answer));
    }
    match answer {
        Ok(Evaluation { served: Some(served), reason, .. }) => {
            out::line(format_args!("{key} = {} ({}, {})", served.value, served.variant, reason.name()));
        }
        Ok(Evaluation { served: None, reason, .. }) => {
            out::line(format_args!("{key}: the caller's own default ({})", reason.name()));
        }
        Err(error) => out::line(format_args!("{key}: {} ({})", error, error.code.name())),
    }
    Ok(())
}

fn tell_problems(loaded: &Loaded, common: &Common) {
    if !common.quiet {
        for problem in &loaded.problems {
            out::talk(format_args!("{} {}", out::mark("warn"), problem.told()));
        }
    }
}

fn many(loaded: &Loaded, args: &EvaluateArgs, contexts: &Path, now: i64) -> anyhow::Result<()> {
    for key in &args.keys {
        loaded.known(key)?;
    }
    let keys: Vec<&str> = match args.keys.as_slice() {
        [] => loaded.ruleset.keys().collect(),
        named => named.iter().map(String::as_str).collect(),
    };
    for problem in &loaded.problems {
        out::talk(format_args!("{} {}", out::mark("warn"), problem.told()));
    }
    let name = contexts.display().to_string();
    let file = fs::File::open(contexts).map_err(|error| Problem::invalid(format!("cannot read {name}: {error}")))?;
    let mut to = BufWriter::new(std::io::stdout().lock());
    for (position, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let context = Context::from_slice(&line);
        for key in &keys {
            let mut answer = match &context {
                Ok(context) => shape(key, &loaded.ruleset.evaluate(key, context, now)),
                Err(error) => failure(key, "INVALID_CONTEXT", &error.to_string(), &json!({})),
            };
            answer["context_line"] = json!(position + 1);
            if writeln!(to, "{answer}").is_err() {
                // Whoever closed our output does not want more of it.
                return Ok(());
            }
        }
    }
    let _ = to.flush();
    Ok(())
}

fn shape(key: &str, answer: &Result<Evaluation<'_>, EvaluationError<'_>>) -> Value {
    match answer {
        Ok(evaluation) => {
            let mut shape = json!({ "key": key });
            if let Some(served) = &evaluation.served {
                shape["value"] = served.value.clone();
                shape["variant"] = json!(served.variant);
            }
            shape["reason"] = json!(evaluation.reason);
            shape["metadata"] = json!(evaluation.metadata);
            shape
        }
        Err(error) => {
            failure(key, error.code.name(), &error.message, &json!(error.metadata.cloned().unwrap_or_default()))
        }
    }
}

fn failure(key: &str, code: &str, message: &str, metadata: &Value) -> Value {
    json!({ "key": key, "reason": "ERROR", "error_code": code, "error_message": message, "metadata": metadata })
}
