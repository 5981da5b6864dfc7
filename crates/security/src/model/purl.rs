//! Package URLs, <https://github.com/package-url/purl-spec>.

use std::fmt::Write as _;

use super::ecosystem::Ecosystem;
use super::package::{Origin, Package};

/// The canonical purl of a package.
pub fn of(package: &Package) -> String {
    let mut purl = format!("pkg:{}/", kind(&package.ecosystem));
    let name = match &package.ecosystem {
        Ecosystem::PyPi => package.ecosystem.normal(&package.name),
        _ => package.name.as_str().into(),
    };
    if let (Ecosystem::Npm, Some((scope, name))) = (&package.ecosystem, name.split_once('/')) {
        encode(&scope.to_lowercase(), &mut purl);
        purl.push('/');
        encode(name, &mut purl);
    } else {
        encode(&name, &mut purl);
    }
    purl.push('@');
    encode(&package.version, &mut purl);
    if let Some((key, value)) = qualifier(&package.origin) {
        let _ = write!(purl, "?{key}=");
        encode(value, &mut purl);
    }
    purl
}

fn kind(ecosystem: &Ecosystem) -> &str {
    match ecosystem {
        Ecosystem::CratesIo => "cargo",
        Ecosystem::Npm => "npm",
        Ecosystem::PyPi => "pypi",
        Ecosystem::Other(_) => "generic",
    }
}

/// What tells a package apart from the one of the registry.
fn qualifier(origin: &Origin) -> Option<(&'static str, &str)> {
    match origin {
        Origin::Registry | Origin::Local => None,
        Origin::OtherRegistry { url } => Some(("repository_url", url)),
        Origin::Git { url } => Some(("vcs_url", url)),
        Origin::Archive { url } => Some(("download_url", url)),
    }
}

/// Percent-encodes all but what a purl has plain in any of its parts.
fn encode(part: &str, to: &mut String) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            to.push(char::from(byte));
        } else {
            let _ = write!(to, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_tells_what_it_is_and_where_it_comes_from() {
        let package = |ecosystem, name: &str, version: &str| Package::registered(ecosystem, name, version);
        assert_eq!(of(&package(Ecosystem::CratesIo, "serde_json", "1.0.0")), "pkg:cargo/serde_json@1.0.0");
        assert_eq!(of(&package(Ecosystem::Npm, "@angular/core", "12.3.1+b")), "pkg:npm/%40angular/core@12.3.1%2Bb");
        assert_eq!(of(&package(Ecosystem::PyPi, "Zope.Interface", "1!2.0")), "pkg:pypi/zope-interface@1%212.0");
        let url = "git+https://example.org/a.git".to_owned();
        let forked = Package { origin: Origin::Git { url }, ..package(Ecosystem::CratesIo, "a", "1.0.0") };
        assert_eq!(of(&forked), "pkg:cargo/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git");
    }
}
