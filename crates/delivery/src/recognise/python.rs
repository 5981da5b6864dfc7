//! Python: a project file, requirements or modules.

use std::path::Path;

use super::{CheckGuess, Folder, Guess, Recognised};

pub(super) fn recognise(files: &Folder) -> Option<Recognised> {
    let modules: Vec<_> =
        files.names(".").into_iter().filter(|name| Path::new(name).extension().is_some_and(|e| e == "py")).collect();
    let is_project = ["pyproject.toml", "requirements.txt", "setup.py", "Pipfile", "manage.py"]
        .into_iter()
        .any(|name| files.has(name));
    if modules.is_empty() && !is_project {
        return None;
    }
    let mut found = Recognised::new("Python");
    let requirements = files.text("requirements.txt");
    let project = files.text("pyproject.toml").unwrap_or_default();
    let prefix = requirements.as_ref().map(|_| "PYTHONPATH=.packages ");
    found.checks.extend(check(files, &modules, &project, requirements.as_deref()));
    if requirements.is_some() {
        let run = "python3 -m pip install --quiet --requirement requirements.txt --target .packages";
        found.build = Some(Guess::new(run, "requirements.txt"));
    }
    found.keep = vec!["**".into()];
    found.start = start(files, &modules, requirements.as_deref().unwrap_or(&project))
        .map(|guess| Guess { value: format!("{}{}", prefix.unwrap_or_default(), guess.value), from: guess.from });
    if files.has("manage.py") {
        found.migrate =
            Some(Guess::new(format!("{}python3 manage.py migrate", prefix.unwrap_or_default()), "manage.py"));
    }
    Some(found)
}

fn check(files: &Folder, modules: &[String], project: &str, requirements: Option<&str>) -> Option<CheckGuess> {
    let is_test = |name: &String| name.starts_with("test_") || name.ends_with("_test.py");
    let folder = ["tests", "test"].into_iter().find(|name| files.has(name));
    let has_tests = modules.iter().any(is_test) || folder.is_some();
    let uses_pytest = project.contains("pytest")
        || requirements.is_some_and(|text| text.contains("pytest"))
        || files.has("pytest.ini");
    if !has_tests {
        return None;
    }
    let install = if requirements.is_some() {
        "python3 -m pip install --quiet --requirement requirements.txt --target .packages && PYTHONPATH=.packages "
    } else {
        ""
    };
    let mut tests = vec!["**/test_*.py".to_owned(), "**/*_test.py".to_owned()];
    tests.extend(folder.map(|name| format!("{name}/**")));
    let (run, from, junit) = if uses_pytest {
        (
            "python3 -m pytest --junitxml=reports/pytest.xml".to_owned(),
            "pytest is required",
            Some("reports/*.xml".to_owned()),
        )
    } else {
        let discover = folder.map_or(String::new(), |name| format!(" discover -s {name} -t ."));
        (format!("python3 -m unittest{discover}"), "test modules; unittest comes with Python", None)
    };
    Some(CheckGuess { name: "unit".into(), run: Guess::new(format!("{install}{run}"), from), tests, junit })
}

fn start(files: &Folder, modules: &[String], requirements: &str) -> Option<Guess> {
    let module =
        ["app", "main", "server", "wsgi", "asgi"].into_iter().find(|name| modules.contains(&format!("{name}.py")));
    let text = module.and_then(|name| files.text(&format!("{name}.py"))).unwrap_or_default();
    let module = module?;
    if text.contains("FastAPI(") && requirements.contains("uvicorn") {
        return Some(Guess::new(
            format!("python3 -m uvicorn {module}:app --host 127.0.0.1 --port $PORT"),
            format!("{module}.py, FastAPI"),
        ));
    }
    if text.contains("Flask(") && requirements.contains("gunicorn") {
        return Some(Guess::new(
            format!("python3 -m gunicorn --bind 127.0.0.1:$PORT {module}:app"),
            format!("{module}.py, Flask"),
        ));
    }
    Some(Guess::new(format!("python3 {module}.py"), format!("{module}.py; PORT is passed")))
}
