//! Finds the program of a command, and puts a refusal to execute it into words.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::io::Errno;

use crate::{Level, Spec};

/// The file to execute. The working directory is the command's already.
pub(super) fn find(spec: &Spec) -> Result<PathBuf, String> {
    let name = spec.command.first().filter(|name| !name.is_empty()).ok_or("the command is empty")?;
    if name.contains('/') {
        let path = spec.directory.join(name);
        return executable(&path).map(|()| path);
    }
    let Some(search) = spec.env.get("PATH").filter(|search| !search.is_empty()) else {
        return Err(format!("{name}: not found, because its environment has no PATH"));
    };
    let mut refused = None;
    for path in std::env::split_paths(search).map(|folder| spec.directory.join(folder).join(name)) {
        match executable(&path) {
            Ok(()) => return Ok(path),
            Err(why) if path.is_file() => refused = refused.or(Some(why)),
            Err(_) => {}
        }
    }
    Err(refused.unwrap_or_else(|| format!("{name}: not found on PATH ({search})")))
}

fn executable(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let kind = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(format!("{shown} does not exist")),
        Err(error) => return Err(format!("{shown}: {error}")),
        Ok(metadata) => metadata,
    };
    if kind.is_dir() {
        return Err(format!("{shown} is a directory, not a program"));
    }
    rustix::fs::access(path, Access::EXEC_OK).map_err(|_| format!("{shown} is not executable (chmod +x mends it)"))
}

/// Why the system did not execute `program`.
pub(super) fn explain(program: &Path, spec: &Spec, error: &io::Error) -> String {
    let shown = program.display();
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => match interpreter(program) {
            Some(interpreter) => format!("{shown} wants the interpreter {interpreter}, which does not exist"),
            None => format!(
                "{shown} wants a system library loader that does not exist here: it was built for another system"
            ),
        },
        Some(Errno::NOEXEC) => {
            format!("{shown} is neither a program for this machine nor a script that begins with #!")
        }
        Some(Errno::ACCESS) if spec.isolation.level == Level::Strict => {
            format!(
                "{shown} may not be executed: it, or the interpreter it names, is not executable or in a folder that isolation hides"
            )
        }
        Some(Errno::ACCESS) => {
            format!("{shown} may not be executed: it, or the interpreter it names, is not executable")
        }
        Some(Errno::TOOBIG) => format!("{shown}: its arguments and environment are larger than the system allows"),
        _ => format!("{shown}: {error}"),
    }
}

/// What stands behind `#!`, if anything does.
fn interpreter(program: &Path) -> Option<String> {
    let mut line = Vec::new();
    BufReader::new(File::open(program).ok()?.take(256)).read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    // A carriage return at the end is part of the name to the kernel, and the usual reason why it does not exist.
    line.strip_prefix("#!").map(|rest| rest.trim_matches([' ', '\t', '\n']).escape_debug().to_string())
}
