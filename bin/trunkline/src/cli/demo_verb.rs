//! `trunkline demo`: the sample product, its customers and everything that can happen to a change, on a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use demo::{Demo, Infrastructure, Options, Outcome, Progress, Summary, Trunk};
use kernel::Problem;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::down;
use super::options::Common;
use super::runtime::runtime;
use crate::out;
use crate::up;

/// Says that a data folder is a demo's, and may be made anew.
const MARK: &str = "demo";

#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Ends when the last scene was played
    #[arg(long)]
    headless: bool,
    /// System address: API and console
    #[arg(long, default_value = "127.0.0.1:7300", value_name = "HOST:PORT")]
    listen: String,
    /// Product address: what customers reach [default: 127.0.0.1:7400; with --headless any free port]
    #[arg(long, value_name = "HOST:PORT")]
    product_listen: Option<String>,
    /// Where the tour page is [default: 127.0.0.1:7500; with --headless any free port]
    #[arg(long, value_name = "HOST:PORT")]
    tour_listen: Option<SocketAddr>,
    /// Decides who the customers are and what they do
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Whether the canary that should be taken back is really broken
    #[arg(long, default_value = "broken")]
    canary: Canary,
    /// What customers make of the new checkout in the experiment
    #[arg(long, default_value = "better")]
    treatment: Treatment,
    /// The last scene that is played [default: the last there is]
    #[arg(long, value_name = "SCENE", value_parser = demo::SCENES)]
    until: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Canary {
    Broken,
    Healthy,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Treatment {
    Better,
    Same,
    Worse,
}

/// The ready line of `up`.
#[derive(Debug, Deserialize)]
struct Ready {
    url: String,
    product_url: String,
    token_file: PathBuf,
}

/// Exit 0 only if every scene went as expected.
pub(crate) fn play(args: &DemoArgs, common: &Common) -> anyhow::Result<ExitCode> {
    out::log("error");
    let data = match &common.data {
        Some(data) => std::path::absolute(data)?,
        None => up::default_data("demo")?,
    };
    make_room(&data)?;
    let summary = runtime()?.block_on(run(args, common, &data));
    let stopped = down::stop_quietly(&data);
    let summary = summary?;
    stopped?;
    if args.headless && common.json {
        out::json(&summary)?;
    }
    Ok(if summary.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder is empty, or an earlier demo's, which is stopped and removed.
fn make_room(data: &Path) -> anyhow::Result<()> {
    if data.join(MARK).exists() {
        down::stop_quietly(data)?;
        remove(data)?;
    }
    if fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some()) {
        let problem = Problem::conflict(format!("{} is not empty and is no demo's", data.display()));
        return Err(problem.hint("give another --data DIR").into());
    }
    fs::create_dir_all(data.join(MARK)).with_context(|| format!("cannot make {}", data.display()))
}

/// Artifacts are read-only, their folders too.
fn remove(data: &Path) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(data).into_iter().flatten().filter(|entry| entry.file_type().is_dir()) {
        fs::set_permissions(entry.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    }
    fs::remove_dir_all(data).with_context(|| format!("cannot remove {}", data.display()))
}

async fn run(args: &DemoArgs, common: &Common, data: &Path) -> anyhow::Result<Summary> {
    let infrastructure = Infrastructure::of_this_machine();
    let trunk = Trunk::prepare(&data.join(MARK).join("shop"), infrastructure).await?;
    let talks = !common.quiet && !common.json;
    if talks && infrastructure == Infrastructure::LeftOut {
        out::talk("There is no terraform on this machine: the shop's infrastructure is left out.");
    }
    let start_again = Start { args: args.clone(), repository: trunk.folder().to_owned(), data: data.to_owned() };
    let (child, ready) = start_again.start().await?;
    let (keeper, mut control_plane) = keep(child, start_again);
    let any = SocketAddr::from(([127, 0, 0, 1], if args.headless { 0 } else { 7500 }));
    let options = Options {
        seed: args.seed,
        server_url: ready.url.clone(),
        product_url: ready.product_url.clone(),
        token: fs::read_to_string(&ready.token_file)?.trim().to_owned(),
        trunk,
        canary: match args.canary {
            Canary::Broken => demo::Canary::Broken,
            Canary::Healthy => demo::Canary::Healthy,
        },
        treatment: match args.treatment {
            Treatment::Better => demo::Treatment::Better,
            Treatment::Same => demo::Treatment::Same,
            Treatment::Worse => demo::Treatment::Worse,
        },
        until: args.until.clone(),
        control_plane: Arc::new(keeper),
        tour_listen: args.tour_listen.unwrap_or(any),
    };
    let mut demo = Demo::open(options, Arc::new(move |progress| tell(&progress, talks))).await?;
    if talks {
        out::talk(format_args!("\n  Open the tour: {}\n", demo.tour_url()));
        out::talk(format_args!("  shop      {}\n  console   from the tour page\n", ready.product_url));
    }
    let summary = tokio::select! {
        summary = demo.play() => summary,
        ended = &mut control_plane => anyhow::bail!("the control plane ended: {}", ended?),
        _ = tokio::signal::ctrl_c() => anyhow::bail!("the demo was interrupted"),
    };
    if talks || (args.headless && !common.json) {
        tell_summary(&summary);
    }
    if !args.headless {
        out::talk("\nThe demo keeps running: customers shop, the pages stay. ^C ends it.");
        // `trunkline down` from elsewhere ends it too.
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended?,
            _ = &mut control_plane => {}
        }
    }
    demo.close().await;
    Ok(summary)
}

/// How `up` is started, at first and after a crash.
#[derive(Debug)]
struct Start {
    args: DemoArgs,
    repository: PathBuf,
    data: PathBuf,
}

impl Start {
    async fn start(&self) -> anyhow::Result<(Child, Ready)> {
        start(&self.args, &self.repository, &self.data).await
    }
}

/// Can crash the control plane that [`keep`] looks after.
#[derive(Debug)]
struct Keeper(mpsc::Sender<oneshot::Sender<Result<(), String>>>);

impl demo::ControlPlane for Keeper {
    fn crash(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async {
            let (done, crashed) = oneshot::channel();
            let gone = "the control plane is no longer looked after";
            self.0.send(done).await.map_err(|_| gone)?;
            crashed.await.map_err(|_| gone)?
        })
    }
}

/// Looks after the control plane until it ends by itself; how it ended is what the task returns.
fn keep(mut child: Child, start: Start) -> (Keeper, JoinHandle<String>) {
    let (asks, mut asked) = mpsc::channel::<oneshot::Sender<Result<(), String>>>(1);
    let keeping = tokio::spawn(async move {
        loop {
            let done = tokio::select! {
                ended = child.wait() => return ended.map_or_else(|e| e.to_string(), |status| status.to_string()),
                Some(done) = asked.recv() => done,
            };
            let killed = child.kill().await.map_err(anyhow::Error::from);
            let again = match killed {
                Ok(()) => start.start().await.map(|(next, _)| child = next),
                Err(error) => Err(error),
            };
            // Who asked may have left.
            let _ = done.send(again.map_err(|error| format!("{error:#}")));
        }
    });
    (Keeper(asks), keeping)
}

/// `up` as a process of its own, as a user would start it.
async fn start(args: &DemoArgs, repository: &Path, data: &Path) -> anyhow::Result<(Child, Ready)> {
    let product = args
        .product_listen
        .clone()
        .unwrap_or_else(|| if args.headless { "127.0.0.1:0" } else { "127.0.0.1:7400" }.into());
    let mut command = Command::new("/proc/self/exe");
    command.args(["up", "--json", "--listen", &args.listen, "--product-listen", &product]);
    command.arg("--repo").arg(repository).arg("--data").arg(data);
    // ^C is ours to deal with, so it leads its own group.
    let mut child = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("the output of `up` cannot be read")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).await?;
    match serde_json::from_str(&line) {
        Ok(ready) => Ok((child, ready)),
        Err(_) => anyhow::bail!("Trunkline could not be started; what it said stands above"),
    }
}

fn tell(progress: &Progress, talks: bool) {
    if !talks {
        return;
    }
    match progress {
        Progress::SceneBegins { title, number, of, .. } => out::talk(format_args!("scene {number} of {of}: {title}")),
        Progress::Note { text } => out::talk(format_args!("  {text}")),
        Progress::SceneEnds(outcome) => out::talk(format_args!("  {} {}", mark(outcome), outcome.actual)),
    }
}

fn mark(outcome: &Outcome) -> String {
    out::mark(if outcome.ok { "good" } else { "bad" })
}

fn tell_summary(summary: &Summary) {
    let good = summary.outcomes.iter().filter(|outcome| outcome.ok).count();
    out::line(format_args!(
        "\n{good} of {} scenes as expected in {}",
        summary.outcomes.len(),
        out::seconds(summary.seconds)
    ));
    for outcome in &summary.outcomes {
        out::line(format_args!("{} {:<18} {}", mark(outcome), outcome.name, outcome.page));
        if !outcome.ok {
            out::line(format_args!("    expected {}\n    but      {}", outcome.expected, outcome.actual));
        }
    }
}
