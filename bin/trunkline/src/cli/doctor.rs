//! `trunkline doctor`: what is missing on this machine, the isolation in force, and what to do.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use delivery::config::{self, Product};
use exec::Level;
use serde::Serialize;
use serde_json::json;

use super::client;
use super::options::Common;
use super::runtime::runtime;
use crate::out;

/// Below this much free space a build may fail.
const FREE_BYTES_MIN: u64 = 2 << 30;

/// What was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: String,
    /// `good`, `warn` or `bad`
    state: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Finding {
    fn good(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), state: "good", text: text.into(), hint: None }
    }

    fn warn(name: &str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name: name.to_owned(), state: "warn", text: text.into(), hint: Some(hint.into()) }
    }

    fn bad(name: &str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name: name.to_owned(), state: "bad", text: text.into(), hint: Some(hint.into()) }
    }
}

/// Exit 1 if something is missing without which nothing ships.
pub(super) fn examine(common: &Common) -> anyhow::Result<ExitCode> {
    let mut findings = vec![git(), isolation()];
    let declared = declared();
    if let Some(Ok(product)) = &declared {
        findings.extend(programs(product));
        findings.extend(terraform(product));
    }
    findings.push(product(declared.as_ref()));
    if let Ok(data) = client::data_folder(common) {
        findings.push(space(&data));
        findings.push(edge(&data));
    }
    let is_bad = findings.iter().any(|finding| finding.state == "bad");
    if common.json {
        out::json(&json!({ "ok": !is_bad, "findings": findings }))?;
    } else {
        for finding in &findings {
            out::line(format_args!("{} {:<10} {}", out::mark(finding.state), finding.name, finding.text));
            if let Some(hint) = &finding.hint {
                out::line(format_args!("             {}{hint}{:#}", out::FAINT, out::FAINT));
            }
        }
    }
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn git() -> Finding {
    match Command::new("git").arg("--version").output() {
        Ok(output) if output.status.success() => Finding::good("git", String::from_utf8_lossy(&output.stdout).trim()),
        _ => Finding::bad("git", "git is not on the PATH", "install git: trunk is read with it"),
    }
}

fn isolation() -> Finding {
    let report = exec::isolation::in_force();
    match report.level {
        Level::Strict => Finding::good("isolation", report.explanation.trim_start_matches("isolation is ")),
        Level::Off => Finding::warn(
            "isolation",
            report.explanation,
            "checks and the product can read this installation's files: run only code that you trust",
        ),
    }
}

fn declared() -> Option<Result<Product, Box<kernel::Problem>>> {
    let here = std::env::current_dir().ok()?;
    let file = here.ancestors().map(|folder| folder.join(config::FILE)).find(|file| file.is_file())?;
    let text = std::fs::read_to_string(file).ok()?;
    Some(config::parse(&text, config::FILE))
}

fn product(declared: Option<&Result<Product, Box<kernel::Problem>>>) -> Finding {
    match declared {
        Some(Ok(product)) => Finding::good(
            "product",
            format!("{}: {} checks, {} services", product.product, product.checks.len(), product.services.len()),
        ),
        Some(Err(problem)) => Finding::bad("product", problem.placed(), problem.hint.clone().unwrap_or_default()),
        None => Finding::warn("product", "there is no trunkline.yaml here or above", "`trunkline init` writes one"),
    }
}

/// The first word of each line that the product has us run.
fn programs(product: &Product) -> Vec<Finding> {
    let checks = product.checks.iter().map(|check| check.run.as_str());
    let services = product.services.values().flat_map(|service| {
        let build = service.build.as_ref().and_then(|build| build.run.as_deref());
        [Some(service.start.as_str()), service.migrate.as_deref(), build].into_iter().flatten()
    });
    let mut names: Vec<_> = checks.chain(services).filter_map(program_of).collect();
    names.sort_unstable();
    names.dedup();
    let found = |name: &str| match on_path(name) {
        Some(path) => Finding::good(name, path.display().to_string()),
        None => Finding::bad(
            name,
            format!("{name} is not on the PATH and trunkline.yaml uses it"),
            format!("install {name}"),
        ),
    };
    names.into_iter().map(found).collect()
}

fn program_of(line: &str) -> Option<&str> {
    let word = line.split_whitespace().find(|word| !word.contains('=') && *word != "exec")?;
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c));
    let is_builtin = matches!(word, "cd" | "set" | "export" | "if" | "for" | "test" | "true" | "false" | "echo");
    (is_plain && !is_builtin).then_some(word)
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn terraform(product: &Product) -> Option<Finding> {
    product.infrastructure.as_ref()?;
    Some(match delivery::verify::infrastructure::program() {
        Some(path) => Finding::good("terraform", path.display().to_string()),
        None => Finding::bad(
            "terraform",
            "infrastructure is declared, and neither terraform nor tofu is on the PATH: changes are held",
            "install one of them",
        ),
    })
}

fn space(data: &Path) -> Finding {
    let existing = data.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    if let Some(shortage) = delivery::space::shortage(existing) {
        return Finding::bad(
            "disk",
            shortage,
            "free some space: nothing is verified or deployed until then, the product is served on",
        );
    }
    match rustix::fs::statvfs(existing) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let text = format!("{} GB free for {}", free >> 30, data.display());
            if free >= FREE_BYTES_MIN {
                Finding::good("disk", text)
            } else {
                Finding::warn("disk", text, "builds and artifacts may need more")
            }
        }
        Err(error) => Finding::warn(
            "disk",
            format!("free space of {} is unknown: {error}", existing.display()),
            "give --data DIR",
        ),
    }
}

fn edge(data: &Path) -> Finding {
    let state = || -> anyhow::Result<_> {
        anyhow::ensure!(data.exists(), "it was never started");
        Ok(runtime()?.block_on(::edge::Client::connect(data)?.state())?)
    };
    match state() {
        Ok(state) => Finding::good(
            "running",
            format!("system http://{}, product http://{}", state.system_address, state.product_address),
        ),
        Err(_) => Finding::warn(
            "running",
            format!("Trunkline does not run for {}", data.display()),
            "`trunkline up` starts it",
        ),
    }
}
