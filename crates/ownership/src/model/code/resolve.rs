//! Which file an import means.

use super::Import;
use super::imports::From;

const SCRIPT_ENDS: [&str; 20] = [
    "",
    ".ts",
    ".tsx",
    ".d.ts",
    ".mts",
    ".cts",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".json",
    ".vue",
    ".svelte",
    "/index.ts",
    "/index.tsx",
    "/index.mts",
    "/index.js",
    "/index.jsx",
    "/index.mjs",
    "/index.cjs",
];
/// Where Python packages begin.
const PYTHON_ROOTS: [&str; 2] = ["", "src"];

/// The file that `import` in `file` means. A path of a script is told even if there is no such file; elsewhere what is not
/// found belongs to a package.
pub(crate) fn resolve(file: &str, import: &Import, exists: impl Fn(&str) -> bool) -> Option<String> {
    match &import.from {
        From::Script(path) => {
            let path = join(folder(file), path)?;
            let found = SCRIPT_ENDS.iter().map(|end| format!("{path}{end}")).find(|path| exists(path));
            found.or_else(|| typescript(&path, &exists)).or(Some(path))
        }
        From::Python { dots, module, names } => python(file, *dots, module, names, exists),
        From::Rust(path) => rust(file, path, exists),
    }
}

/// TypeScript imports `./a.ts` as `./a.js`.
fn typescript(path: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let stem = path.strip_suffix(".js").or_else(|| path.strip_suffix(".mjs")).or_else(|| path.strip_suffix(".jsx"))?;
    [".ts", ".tsx", ".mts"].iter().map(|end| format!("{stem}{end}")).find(|path| exists(path))
}

fn python(
    file: &str,
    dots: usize,
    module: &[String],
    names: &[String],
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    let roots: Vec<String> = if dots == 0 {
        PYTHON_ROOTS.iter().map(ToString::to_string).collect()
    } else {
        vec![join(folder(file), &"../".repeat(dots - 1))?]
    };
    for root in roots {
        let base = join(&root, &module.join("/"))?;
        let inside = names.iter().map(|name| below(&base, &format!("{name}.py")));
        let packages = names.iter().map(|name| below(&base, &format!("{name}/__init__.py")));
        let own = [format!("{base}.py"), below(&base, "__init__.py")];
        let found = inside.chain(packages).chain(own).find(|path| exists(path));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn rust(file: &str, path: &[String], exists: impl Fn(&str) -> bool) -> Option<String> {
    let parts: Vec<&str> = file.split('/').collect();
    let source = parts.iter().rposition(|part| *part == "src")?;
    let root = parts[..=source].join("/");
    let mut module: Vec<&str> = parts[source + 1..].to_vec();
    let last = module.pop()?.strip_suffix(".rs")?;
    if !matches!(last, "mod" | "lib" | "main") {
        module.push(last);
    }
    let mut path = path.iter().map(String::as_str).peekable();
    while let Some(first) = path.next_if(|part| matches!(*part, "crate" | "self" | "super")) {
        match first {
            "crate" => module.clear(),
            "super" => drop(module.pop()?),
            _ => {}
        }
    }
    module.extend(path);
    // The last parts name what is in the file.
    (1..=module.len()).rev().find_map(|length| {
        let base = format!("{root}/{}", module[..length].join("/"));
        [format!("{base}.rs"), format!("{base}/mod.rs")].into_iter().find(|path| exists(path))
    })
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// `path` from `folder`; none if it leads out of the repository.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::code::{Language, imports, tokens};

    const FILES: [&str; 8] = [
        "src/sales/app.ts",
        "src/billing/ledger.ts",
        "src/billing/index.ts",
        "shop/billing/ledger.py",
        "shop/billing/__init__.py",
        "api/src/billing/ledger.rs",
        "api/src/billing/mod.rs",
        "api/src/sales.rs",
    ];

    fn resolved(file: &str, text: &str) -> Vec<Option<String>> {
        let language = Language::of(file).unwrap();
        let found = imports(&tokens(text, language), language);
        found.iter().map(|import| resolve(file, import, |path| FILES.contains(&path))).collect()
    }

    fn one(file: &str, text: &str) -> String {
        let [Some(path)] = &resolved(file, text)[..] else { return String::new() };
        path.clone()
    }

    #[test]
    fn imports_mean_files() {
        for (file, text, wanted) in [
            ("src/sales/app.ts", "import '../billing/ledger'", "src/billing/ledger.ts"),
            ("src/sales/app.ts", "import '../billing/ledger.js'", "src/billing/ledger.ts"),
            ("src/sales/app.ts", "import '../billing'", "src/billing/index.ts"),
            ("src/sales/app.ts", "import '../gone'", "src/gone"),
            ("src/sales/app.ts", "import '../../../out'", ""),
            ("shop/sales/app.py", "from ..billing import ledger", "shop/billing/ledger.py"),
            ("shop/sales/app.py", "from shop.billing.ledger import Entry", "shop/billing/ledger.py"),
            ("shop/sales/app.py", "import shop.billing", "shop/billing/__init__.py"),
            ("shop/sales/app.py", "import json", ""),
            ("api/src/sales.rs", "use crate::billing::ledger::Entry;", "api/src/billing/ledger.rs"),
            ("api/src/sales.rs", "use super::billing::Bill;", "api/src/billing/mod.rs"),
        ] {
            assert_eq!(one(file, text), wanted, "{text}");
        }
    }
}
