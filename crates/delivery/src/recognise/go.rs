//! Go: `go.mod`.

use super::{CheckGuess, Folder, Guess, Recognised};

pub(super) fn recognise(files: &Folder) -> Option<Recognised> {
    let module = files.text("go.mod")?;
    let mut found = Recognised::new("Go");
    let run = Guess::new("go test ./...", "go.mod");
    found.checks.push(CheckGuess { name: "test".into(), run, tests: vec!["**/*_test.go".into()], junit: None });
    let command = files.names("cmd").into_iter().find(|name| files.has(&format!("cmd/{name}/main.go")));
    let (package, from) = match &command {
        Some(name) => (format!("./cmd/{name}"), format!("cmd/{name}/main.go")),
        None => (".".to_owned(), "main.go".to_owned()),
    };
    let path = module.lines().find_map(|line| line.strip_prefix("module ")).unwrap_or("app").trim();
    let name = command.unwrap_or_else(|| path.rsplit('/').next().unwrap_or("app").to_owned());
    found.build = Some(Guess::new(format!("go build -o bin/{name} {package}"), from.clone()));
    found.keep = vec![format!("bin/{name}")];
    for folder in ["static", "templates", "assets", "public", "migrations"] {
        if files.has(folder) {
            found.keep.push(format!("{folder}/**"));
        }
    }
    found.start = Some(Guess::new(format!("bin/{name}"), format!("{from}; PORT is passed")));
    Some(found)
}
