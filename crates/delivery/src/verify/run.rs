//! A run: everything that is done to verify one commit, side by side as far as the machine has room.
//!
//! Checks come first, then builds and the plan, then red before green, which only informs. A failed check lets the other
//! checks finish, so that its author sees all that is wrong, and cancels the builds. What passed all of that is judged by
//! the gates.

use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;

use exec::{Launcher, Level};
use futures_util::future::join_all;
use kernel::Problem;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Product};
use crate::git::{self, Mirror, Scratch};
use crate::verify::build::{self, Built};
use crate::verify::check::{self, Checked};
use crate::verify::command::Bench;
use crate::verify::environment::Caches;
use crate::verify::red_green::{self, Changed, Question, RedGreen};
use crate::verify::schedule::{Ending, Schedule, Telling};
use crate::verify::{Error, Plan, Sink, StepState, Verified, definitions, gates};

mod planning;

use planning::Infrastructure;

/// What is done to be ready, and what was read then.
#[derive(Debug)]
struct Prepared {
    product: Product,
    changed: Changed,
    caches: Caches,
    /// (path, text)
    definitions: Vec<(String, String)>,
}

/// Verifies the commit of `plan`. What is wrong with the change is in the answer; an error is ours.
///
/// Cancelled, it ends what runs and answers that it did not pass. Dropping the future ends what runs as well.
pub async fn run(
    plan: Plan,
    launcher: &Launcher,
    sink: Arc<dyn Sink>,
    cancel: CancellationToken,
) -> Result<Verified, Error> {
    let tell = Telling::new(sink);
    let mirror = Mirror::existing(&plan.mirror, "");
    let _work = Scratch::make(plan.work.clone()).map_err(Error::io("make the folder", &plan.work))?;
    std::fs::create_dir_all(&plan.logs).map_err(Error::io("make the folder", &plan.logs))?;
    let prepared = match first_step(&plan, &mirror, &tell).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(unusable(why)),
    };
    let level = match prepared.product.isolation {
        Some(config::Level::Off) => Level::Off,
        _ => Level::Strict,
    };
    let slots = Semaphore::new(std::thread::available_parallelism().map_or(2, NonZero::get));
    let bench = Bench { plan: &plan, launcher, mirror: mirror.clone(), caches: prepared.caches, level, slots };
    let schedule = Schedule::of(&prepared.product, prepared.definitions.len(), &plan.gates.all, &plan.logs);
    tell.queued(schedule.all()).await;
    let problems = definitions::run(&plan, &prepared.definitions, schedule.definitions.as_ref(), &tell).await?;
    let verified = everything(&bench, prepared.product, (&prepared.changed, problems), &schedule, &tell, &cancel).await;
    let verified = gates::run(&bench, &schedule.gates, verified, &tell, &cancel).await;
    // Nobody waits for it.
    tokio::spawn(async move {
        if let Err(error) = mirror.tidy().await {
            tracing::warn!(%error, "a mirror could not be tidied");
        }
    });
    Ok(verified)
}

/// Reads what is to be done. The inner error is a sentence for the author of the change.
async fn first_step(plan: &Plan, mirror: &Mirror, tell: &Telling) -> Result<Result<Prepared, String>, Error> {
    let step = Schedule::prepare(&plan.logs);
    tell.queued(vec![step.clone()]).await;
    tell.started(&step).await;
    let began = Instant::now();
    let prepared = prepare(plan, mirror).await;
    let mut ending = match &prepared {
        Ok(Ok(prepared)) => Ending::plain(StepState::Passed, described(&prepared.product)),
        Ok(Err(why)) => Ending::plain(StepState::Failed, why.clone()),
        Err(error) => Ending::failed(error),
    };
    ending.seconds = began.elapsed().as_secs_f64();
    // The step runs no command; its log is its summary.
    let text = format!("{} of {}\n{}\n", plan.commit, plan.repository, ending.summary.as_deref().unwrap_or_default());
    ending.log_bytes = text.len() as u64;
    std::fs::write(&step.log, text).map_err(Error::io("write", &step.log))?;
    tell.finished(&step, &ending).await;
    prepared
}

fn described(product: &Product) -> String {
    let many = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    format!("{}, {}", many(product.checks.len(), "check"), many(product.services.len(), "service"))
}

async fn prepare(plan: &Plan, mirror: &Mirror) -> Result<Result<Prepared, String>, Error> {
    if !mirror.contains(&plan.commit).await? {
        return Err(Error::NoCommit { sha: plan.commit.clone(), repository: plan.repository.clone() });
    }
    let Some(text) = mirror.configuration(&plan.commit).await? else {
        return Ok(Err("there is no trunkline.yaml in this commit; `trunkline init` writes one".into()));
    };
    let product = match config::parse(&text, "trunkline.yaml") {
        Ok(product) => product,
        Err(invalid) => return Ok(Err(invalid.told())),
    };
    let changed = red_green::changed(mirror, &plan.commit, plan.parent.as_deref()).await?;
    let caches = Caches::prepare(&plan.data, &plan.repository)?;
    let definitions = match crate::definitions::read(mirror, &plan.commit).await {
        Err(error @ git::Error::TooMany { .. }) => return Ok(Err(error.to_string())),
        definitions => definitions?,
    };
    Ok(Ok(Prepared { product, changed, caches, definitions }))
}

fn unusable(why: String) -> Verified {
    let red_green = RedGreen::unknown("the configuration cannot be used");
    Verified {
        passed: false,
        why: Some(why),
        config: None,
        red_green,
        artifacts: vec![],
        plan: None,
        held: None,
        problems: vec![],
    }
}

async fn everything(
    bench: &Bench<'_>,
    product: Product,
    (changed, problems): (&Changed, Vec<Problem>),
    schedule: &Schedule,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Verified {
    let builds = cancel.child_token();
    if !problems.is_empty() {
        builds.cancel();
    }
    let (done, questions) = questions(&product, changed, schedule);
    // Polled in this order, so that the first slots go to the checks.
    let (checked, built, planned, proofs) = tokio::join!(
        checks(bench, &product, schedule, done, tell, (cancel, &builds)),
        services(bench, &product, schedule, tell, &builds),
        planning::run(bench, &product, schedule.plan.as_ref(), tell, &builds),
        join_all(questions.into_iter().map(|question| red_green::run(bench, question, tell, cancel))),
    );
    let why = if cancel.is_cancelled() {
        Some("the run was cancelled".to_owned())
    } else {
        why(&problems, &checked, &built, &planned)
    };
    Verified {
        passed: why.is_none(),
        why,
        red_green: proof(&product, changed, proofs),
        config: Some(product),
        artifacts: built.into_iter().filter_map(|built| Some((built.service, built.artifact?))).collect(),
        held: planned.held(),
        plan: planned.plan(),
        problems,
    }
}

/// The questions of red before green, and where each check hands its outcome to its own.
fn questions<'a>(
    product: &'a Product,
    changed: &'a Changed,
    schedule: &'a Schedule,
) -> (Vec<Option<oneshot::Sender<Checked>>>, Vec<Question<'a>>) {
    let mut senders = Vec::new();
    let mut questions = Vec::new();
    let mut steps = schedule.red_green.iter();
    for check in &product.checks {
        let step = if check.tests.is_empty() { None } else { steps.next() };
        senders.push(step.map(|step| {
            let (sender, here) = oneshot::channel();
            questions.push(Question { check, step, changed, here });
            sender
        }));
    }
    (senders, questions)
}

async fn checks(
    bench: &Bench<'_>,
    product: &Product,
    schedule: &Schedule,
    done: Vec<Option<oneshot::Sender<Checked>>>,
    tell: &Telling,
    (cancel, builds): (&CancellationToken, &CancellationToken),
) -> Vec<Checked> {
    let all = product.checks.iter().zip(&schedule.checks).zip(done).map(|((check, step), done)| async move {
        let checked = check::run(bench, check, step, tell, cancel).await;
        if checked.state != StepState::Passed {
            builds.cancel();
        }
        if let Some(done) = done {
            // Nobody asks when the change has no tests.
            let _ = done.send(checked.clone());
        }
        checked
    });
    join_all(all).await
}

async fn services(
    bench: &Bench<'_>,
    product: &Product,
    schedule: &Schedule,
    tell: &Telling,
    cancel: &CancellationToken,
) -> Vec<Built> {
    let all = product.services.iter().zip(&schedule.builds).map(|((name, service), step)| async move {
        let built = build::run(bench, (name, service), step, tell, cancel).await;
        if built.state != StepState::Passed {
            cancel.cancel();
        }
        built
    });
    join_all(all).await
}

fn proof(product: &Product, changed: &Changed, proofs: Vec<RedGreen>) -> RedGreen {
    let without = if product.checks.is_empty() {
        RedGreen::no_tests("there are no checks")
    } else if product.checks.iter().all(|check| check.tests.is_empty()) {
        RedGreen::unknown("no check says which files are its tests (checks[].tests)")
    } else {
        changed.without_tests()
    };
    red_green::strongest(proofs, without)
}

/// Why the change does not pass, if it does not.
fn why(problems: &[Problem], checked: &[Checked], built: &[Built], planned: &Infrastructure) -> Option<String> {
    let wrong = (!problems.is_empty()).then(|| format!("definitions are wrong: {}", definitions::summary(problems)));
    let described = |name: &str, summary: Option<&String>| {
        summary.map_or_else(|| name.to_owned(), |summary| format!("{name} ({summary})"))
    };
    let bad: Vec<_> = checked.iter().filter(|check| check.state != StepState::Passed).collect();
    if !bad.is_empty() {
        let list: Vec<_> = bad.iter().map(|check| described(&check.name, check.summary.as_ref())).collect();
        let failed = format!("checks failed: {}", list.join(", "));
        return Some(wrong.map_or_else(|| failed.clone(), |wrong| format!("{wrong}; {failed}")));
    }
    if wrong.is_some() {
        return wrong;
    }
    if let Some(why) = planned.failure() {
        return Some(format!("terraform plan failed: {why}"));
    }
    let bad: Vec<_> =
        built.iter().filter(|built| matches!(built.state, StepState::Failed | StepState::TimedOut)).collect();
    let list: Vec<_> = bad.iter().map(|built| described(&built.service, built.summary.as_ref())).collect();
    if !list.is_empty() {
        return Some(format!("build failed: {}", list.join(", ")));
    }
    built.iter().any(|built| built.artifact.is_none()).then(|| "the builds were cancelled".to_owned())
}
