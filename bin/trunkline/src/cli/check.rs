//! `trunkline check`: the verify stage of one commit on this machine, as trunk runs it.

mod gates;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use clap::Args;
use delivery::gate::Verdict;
use delivery::git::Mirror;
use delivery::verify::{self, Plan, Sink, StepFinished, StepKind, StepQueued, StepStarted, StepState, Verified};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kernel::Problem;
use ownership::model::Violation;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::options::Common;
use super::runtime::runtime;
use crate::definitions::AllDefinitions;
use crate::out::{self, short};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The commit to verify
    #[arg(long, default_value = "HEAD", value_name = "REV")]
    commit: String,
    /// Folder of OSV advisories to judge what the commit is made of by; without it that is not judged
    #[arg(long, env = "TRUNKLINE_ADVISORIES", value_name = "DIR")]
    advisories: Option<PathBuf>,
}

/// Verifies; exit 1 if the change would not ship.
pub(super) fn verify(args: &CheckArgs, common: &Common) -> anyhow::Result<ExitCode> {
    out::log("error");
    runtime()?.block_on(run(args, common))
}

async fn run(args: &CheckArgs, common: &Common) -> anyhow::Result<ExitCode> {
    let repository = top(&std::env::current_dir()?)?;
    let commit = git(&repository, &["rev-parse", "--verify", "--quiet", &format!("{}^{{commit}}", args.commit)])
        .ok_or_else(|| Problem::not_found(format!("{} is no commit of {}", args.commit, repository.display())))?;
    if args.commit == "HEAD"
        && !common.quiet
        && git(&repository, &["status", "--porcelain"]).is_some_and(|s| !s.is_empty())
    {
        out::talk(format_args!("{} is checked; what is not committed is not", short(&commit)));
    }
    let data = cache_folder(&repository)?;
    let mirror_folder = data.join("repositories").join("here.git");
    let mirror = Mirror::open(&mirror_folder, &repository.display().to_string()).await?;
    mirror.fetch_commit(&commit).await?;
    refuse_unusable(&mirror, &commit).await?;
    let parent = git(&repository, &["rev-parse", "--verify", "--quiet", &format!("{commit}^1")]);
    let run = kernel::id::fresh();
    let work = data.join("work").join("runs").join(&run);
    let plan = Plan {
        mirror: mirror_folder,
        repository: "here".into(),
        commit: commit.clone(),
        parent,
        data: data.clone(),
        logs: data.join("logs").join(short(&commit)),
        work,
        redact: vec![],
        definitions: Arc::new(AllDefinitions),
        gates: gates::here(run, args.advisories.clone()),
    };
    let sink = Arc::new(Told { quiet: common.quiet || common.json, steps: Mutex::default() });
    let logs = plan.logs.clone();
    let cancel = CancellationToken::new();
    let interrupt = cancel.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        interrupt.cancel();
    });
    let verified = verify::run(plan, &exec::Launcher::current(), Arc::clone(&sink) as Arc<dyn Sink>, cancel).await?;
    tell(&commit, &verified, &sink, &logs, common)?;
    Ok(if verified.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A wrong `trunkline.yaml` is bad input, not a check that said no.
async fn refuse_unusable(mirror: &Mirror, commit: &str) -> anyhow::Result<()> {
    let Some(text) = mirror.configuration(commit).await? else {
        return Err(Problem::invalid("there is no trunkline.yaml in this commit")
            .hint("`trunkline init` writes one; commit it")
            .into());
    };
    delivery::config::parse(&text, delivery::config::FILE).map_err(|problem| *problem)?;
    Ok(())
}

fn top(folder: &Path) -> anyhow::Result<PathBuf> {
    let top = git(folder, &["rev-parse", "--show-toplevel"]);
    Ok(top
        .map(PathBuf::from)
        .ok_or_else(|| Problem::invalid("this is no git repository").hint("stand in the product's repository"))?)
}

fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let output = std::process::Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Kept between checks for the sake of caches; may be deleted at any time.
fn cache_folder(repository: &Path) -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => {
            PathBuf::from(std::env::var_os("HOME").context("neither HOME nor XDG_CACHE_HOME is set")?).join(".cache")
        }
    };
    let name: String =
        repository.display().to_string().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let folder = base.join("trunkline").join("check").join(name.trim_matches('-'));
    for part in ["repositories", "work", "logs", "artifacts"] {
        std::fs::create_dir_all(folder.join(part)).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    Ok(folder)
}

/// Says each step as it ends, and remembers it.
#[derive(Debug)]
struct Told {
    quiet: bool,
    steps: Mutex<Vec<(StepQueued, Option<StepFinished>)>>,
}

impl Sink for Told {
    fn queued(&self, steps: Vec<StepQueued>) -> BoxFuture<'_, ()> {
        let mut known = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        for step in steps {
            if !known.iter().any(|(old, _)| old.name == step.name) {
                known.push((step, None));
            }
        }
        async {}.boxed()
    }

    fn started(&self, _: StepStarted) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }

    fn finished(&self, step: StepFinished) -> BoxFuture<'_, ()> {
        if !self.quiet {
            let summary = step.summary.as_ref().map_or(String::new(), |text| format!("  {text}"));
            out::talk(format_args!(
                "{} {:<20} {:>8}{summary}",
                out::mark(kind(&step)),
                step.name,
                out::seconds(step.seconds)
            ));
        }
        let mut known = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.iter_mut().find(|(old, _)| old.name == step.name) {
            found.1 = Some(step);
        }
        async {}.boxed()
    }
}

fn kind(step: &StepFinished) -> &'static str {
    match step.state {
        // It passes, and nothing is known.
        StepState::Passed if verdict(step) == Some(Verdict::NotJudged) => "warn",
        StepState::Passed => "good",
        StepState::Failed | StepState::TimedOut => "bad",
        StepState::Queued | StepState::Running => "busy",
        StepState::Cancelled | StepState::Skipped => "plain",
    }
}

/// What the gate said, if the step is one.
fn verdict(step: &StepFinished) -> Option<Verdict> {
    step.judgement.as_ref().map(|judgement| judgement.state)
}

/// What a gate that failed saw of the principles, each with its place and a hint.
fn violations(steps: &[(StepQueued, Option<StepFinished>)]) -> Vec<Violation> {
    let failed = steps.iter().filter_map(|(_, ended)| ended.as_ref()).filter(|ended| ended.state == StepState::Failed);
    let seen = failed.filter_map(|ended| ended.judgement.as_ref()).map(|judgement| &judgement.evidence["violations"]);
    seen.flat_map(|seen| serde_json::from_value::<Vec<Violation>>(seen.clone()).unwrap_or_default()).collect()
}

fn tell(commit: &str, verified: &Verified, sink: &Told, logs: &Path, common: &Common) -> anyhow::Result<()> {
    let steps = sink.steps.lock().unwrap_or_else(PoisonError::into_inner);
    if common.json {
        let checks: Vec<_> = steps
            .iter()
            .map(|(queued, ended)| {
                json!({
                    "name": queued.name, "kind": queued.kind, "state": ended.as_ref().map_or(StepState::Skipped, |e| e.state),
                    "seconds": ended.as_ref().map(|e| e.seconds), "summary": ended.as_ref().and_then(|e| e.summary.clone()),
                    "verdict": ended.as_ref().and_then(verdict),
                })
            })
            .collect();
        return out::json(&json!({
            "commit": commit, "passed": verified.passed, "why": verified.why, "held": verified.held,
            "problems": verified.problems, "violations": violations(&steps), "checks": checks, "red_green": verified.red_green,
        }));
    }
    let count = |wanted: &[StepState]| {
        let of_kind = steps.iter().filter(|(queued, _)| queued.kind == StepKind::Check);
        of_kind.filter(|(_, ended)| ended.as_ref().is_some_and(|e| wanted.contains(&e.state))).count()
    };
    let all = steps.iter().filter(|(queued, _)| queued.kind == StepKind::Check).count();
    let (passed, failed) = (count(&[StepState::Passed]), count(&[StepState::Failed, StepState::TimedOut]));
    for problem in &verified.problems {
        super::failure::write_text(problem);
    }
    violations(&steps).iter().for_each(super::own::tell_violation);
    if let Some(why) = &verified.why {
        out::line(format_args!("{} {} would not ship: {why}", out::mark("bad"), short(commit)));
    } else if let Some(held) = &verified.held {
        out::line(format_args!("{} {} would wait: {held}", out::mark("warn"), short(commit)));
    } else {
        out::line(format_args!("{} {} would ship", out::mark("good"), short(commit)));
    }
    for step in steps.iter().filter_map(|(_, ended)| ended.as_ref()) {
        if verdict(step) == Some(Verdict::NotJudged) {
            out::line(format_args!(
                "{} {}: {}",
                out::mark("warn"),
                step.name,
                step.summary.as_deref().unwrap_or_default()
            ));
        }
    }
    out::line(format_args!(
        "{passed} checks passed, {failed} failed, {} not run · logs in {}",
        all - passed - failed,
        logs.display()
    ));
    Ok(())
}
