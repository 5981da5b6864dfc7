//! Installed packages, as each says of itself. An error says why nobody knows which package in which version it is.
//!
//! Where a package was installed from is not told reliably there, so each counts as one of its registry.

use serde::Deserialize;

use super::ecosystem::Ecosystem;
use super::package::Package;
use super::plain::is_plain;
use super::version::Scheme;

#[derive(Deserialize)]
struct Manifest {
    name: Option<String>,
    version: Option<String>,
}

/// The `package.json` of a package in `node_modules`.
pub fn npm(text: &str) -> Result<Package, String> {
    let Manifest { name, version } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let version = version.ok_or("it has no version")?;
    // What npm takes for a version.
    let version = version.trim().trim_start_matches(['=', 'v']).trim_start();
    if !Scheme::SemVer.is_valid(version) {
        return Err(format!("{version:?} is not a semantic version"));
    }
    package(Ecosystem::Npm, name.as_deref(), version)
}

/// Python's core metadata, `METADATA` or `PKG-INFO`: headers up to an empty line,
/// <https://packaging.python.org/en/latest/specifications/core-metadata/>. Authors of old ones wrote in any encoding.
pub fn python(bytes: &[u8]) -> Result<Package, String> {
    let text = String::from_utf8_lossy(bytes);
    let headers = || text.lines().take_while(|line| !line.trim().is_empty());
    let header = |wanted: &str| {
        let mut named = headers().filter_map(|line| line.split_once(':'));
        named.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    package(Ecosystem::PyPi, header("name"), header("version").ok_or("it has no version")?)
}

fn package(ecosystem: Ecosystem, name: Option<&str>, version: &str) -> Result<Package, String> {
    let name = name.filter(|name| !name.is_empty()).ok_or("it has no name")?;
    if version.is_empty() {
        return Err("it has no version".to_owned());
    }
    match [name, version].into_iter().find(|text| !is_plain(text)) {
        Some(text) => Err(format!("{text:?} has characters that do not show, or not as they are")),
        None => Ok(Package::registered(ecosystem, name, version)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(package: Result<Package, String>) -> String {
        package.map_or_else(|why| why, |package| format!("{} {}", package.name, package.version))
    }

    #[test]
    fn a_package_of_npm_says_its_name_and_version() {
        assert_eq!(told(npm(r#"{"name": "@a/b", "version": "1.0.0-rc.1", "main": 1}"#)), "@a/b 1.0.0-rc.1");
        assert_eq!(told(npm(r#"{"name": "a", "version": " =v1.2.3"}"#)), "a 1.2.3");
        for (text, wanted) in [
            (r#"{"name": "a"}"#, "it has no version"),
            (r#"{"version": "1.0.0"}"#, "it has no name"),
            (r#"{"name": "a", "version": "latest"}"#, "\"latest\" is not a semantic version"),
            (r#"{"name": "a\u001b[2J", "version": "1.0.0"}"#, "do not show"),
            (r#"{"name": "a", "version": 1}"#, "invalid type"),
            ("{", "EOF while parsing"),
        ] {
            let why = npm(text).unwrap_err();
            assert!(why.contains(wanted), "{text}: {why}");
        }
    }

    #[test]
    fn a_package_of_python_says_it_in_its_headers() {
        let text = b"Metadata-Version: 2.1\r\nname: Zope.Interface\r\nVersion: 1!2.0\r\nAuthor: J\xfcrgen\r\n  Name: no\r\n\r\nVersion: 3\r\n";
        assert_eq!(told(python(text)), "Zope.Interface 1!2.0");
        assert_eq!(python(b"Name: a\n\nVersion: 1.0\n").unwrap_err(), "it has no version");
        assert_eq!(python(b"Name:\nVersion: 1.0\n").unwrap_err(), "it has no name");
        assert_eq!(python(b"Name: a\nVersion:\n").unwrap_err(), "it has no version");
        assert!(python("Name: a\u{202e}\nVersion: 1\n".as_bytes()).unwrap_err().contains("do not show"));
    }
}
