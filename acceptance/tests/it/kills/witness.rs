//! What must hold once everything has settled.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::plot::Plot;

/// What does not hold.
pub(super) fn examine(plot: &Plot) -> Vec<String> {
    let mut wrong = Vec::new();
    one_version(plot, &mut wrong);
    migrations_at_most_once(plot, &mut wrong);
    unknown_is_never_done(plot, &mut wrong);
    nothing_is_orphaned(plot, &mut wrong);
    nobody_had_what_was_not_probed(plot, &mut wrong);
    wrong
}

/// What is said to be live is what every customer gets.
fn one_version(plot: &Plot, wrong: &mut Vec<String>) {
    let live = plot.trunkline.status()["services"][0]["live"]["number"].to_string();
    for _ in 0..10 {
        let answer = plot.trunkline.product("/page");
        if !answer.body.ends_with(&format!(" release {live}")) {
            wrong.push(format!(
                "deployment {live} is said to be live, a customer got {} {:?}",
                answer.status, answer.body
            ));
            return;
        }
    }
    let live: Vec<_> =
        plot.trunkline.history().iter().filter(|d| d["phase"] == "live").map(|d| d["number"].to_string()).collect();
    if live.len() != 1 {
        wrong.push(format!("several deployments are live: {live:?}"));
    }
}

/// A kill within a probe does not let the version through.
fn nobody_had_what_was_not_probed(plot: &Plot, wrong: &mut Vec<String>) {
    let unprobed = plot.trunkline.history().into_iter().filter(|d| !d["live_at"].is_null() && d["probe"].is_null());
    wrong.extend(unprobed.map(|d| format!("deployment {} was live and nobody probed it", d["number"])));
}

fn migrations_at_most_once(plot: &Plot, wrong: &mut Vec<String>) {
    let mut begun = BTreeMap::new();
    for line in plot.migrations() {
        if let Some(number) = line.strip_prefix("begin ") {
            *begun.entry(number.to_owned()).or_insert(0) += 1;
        }
    }
    for (number, times) in begun.iter().filter(|(_, times)| **times > 1) {
        wrong.push(format!("the migration of deployment {number} began {times} times"));
    }
}

/// A migration or apply that was cut short: its deployment failed as unknown and was never live.
fn unknown_is_never_done(plot: &Plot, wrong: &mut Vec<String>) {
    let lines = plot.migrations();
    for deployment in plot.trunkline.history() {
        let number = deployment["number"].to_string();
        let was_live = !deployment["live_at"].is_null();
        let is_cut = lines.contains(&format!("begin {number}")) && !lines.contains(&format!("done {number}"));
        if is_cut && (was_live || !says_unknown(&deployment)) {
            wrong.push(format!("the migration of {number} was cut short and the deployment is {deployment}"));
        }
        if says_unknown(&deployment) && was_live {
            wrong.push(format!("{number} is unknown and was live all the same"));
        }
    }
}

fn says_unknown(deployment: &Value) -> bool {
    deployment["phase"] == "failed" && deployment["reason"].as_str().is_some_and(|reason| reason.contains("unknown"))
}

/// Whatever runs in the data folder is an instance that the edge knows.
fn nothing_is_orphaned(plot: &Plot, wrong: &mut Vec<String>) {
    let data = plot.trunkline.data().canonicalize().unwrap();
    let known = std::fs::read_dir(data.join("edge/instances")).unwrap().flatten();
    let records = known.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "pid"));
    let pids: Vec<_> = records
        .filter_map(|path| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok()?["pid"].as_u64())
        .collect();
    for (pid, folder) in processes() {
        if folder.starts_with(&data) && !pids.contains(&pid) {
            wrong.push(format!("process {pid} in {} belongs to nobody", folder.display()));
        }
    }
}

/// Processes and the folders in which they work.
fn processes() -> Vec<(u64, PathBuf)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let one = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, std::fs::read_link(entry.path().join("cwd")).ok()?))
    };
    entries.filter_map(one).collect()
}
