//! Files that say how a product is started, whatever it is written in.

use super::{Folder, Guess};

/// A `Procfile`'s web process, else a `Dockerfile`'s command.
pub(super) fn start(files: &Folder) -> Option<Guess> {
    procfile(files, "web").or_else(|| dockerfile(files))
}

/// A `Procfile`'s release process: what is run before a new version takes over.
pub(super) fn release(files: &Folder) -> Option<Guess> {
    procfile(files, "release")
}

fn procfile(files: &Folder, process: &str) -> Option<Guess> {
    let text = files.text("Procfile")?;
    let line = text.lines().find_map(|line| line.strip_prefix(process)?.trim_start().strip_prefix(':'))?.trim();
    (!line.is_empty()).then(|| Guess::new(line, format!("Procfile, {process}")))
}

/// The last `CMD`, after the last `ENTRYPOINT` if there is one.
fn dockerfile(files: &Folder) -> Option<Guess> {
    let text = files.text("Dockerfile")?.replace("\\\n", " ");
    let last = |word: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix(word)?.strip_prefix(' '));
        lines.next_back().map(words)
    };
    let line = match (last("ENTRYPOINT"), last("CMD")) {
        (Some(entry), Some(command)) => format!("{entry} {command}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    Some(Guess::new(line, "Dockerfile, its command"))
}

/// `["node", "server.js"]` as a line for the shell; a plain line as it is.
fn words(instruction: &str) -> String {
    let instruction = instruction.trim();
    match serde_json::from_str::<Vec<String>>(instruction) {
        Ok(words) => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        Err(_) => instruction.to_owned(),
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@$,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
