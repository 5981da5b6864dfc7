//! A target as somebody wishes it.

use std::net::IpAddr;

use ::http::Uri;
use kernel::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, address};

const URL_BYTES_MAX: usize = 2_048;
const DOMAIN_BYTES_MAX: usize = 200;

/// Where messages are to go, and which.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewNotificationTarget)]
pub struct NewTarget {
    /// `https://…`; `http://…` only where private addresses are allowed.
    pub url: String,
    /// Only what this domain owns; all that is told if it is left out.
    #[serde(default)]
    pub domain: Option<String>,
    /// Which kinds; all if it is left out or empty.
    #[serde(default)]
    pub events: Vec<Kind>,
    /// The machine itself and private networks may be sent to.
    #[serde(default)]
    pub allow_private: bool,
}

impl NewTarget {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let wrong = |what: String| Problem::invalid(what).hint("for example https://hooks.example.com/trunkline");
        if self.url.len() > URL_BYTES_MAX {
            return Err(wrong(format!("the address is longer than {URL_BYTES_MAX} bytes")));
        }
        let uri: Uri = self.url.parse().map_err(|error| wrong(format!("{:?} is no address: {error}", self.url)))?;
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(wrong(format!("{:?} is no whole address", self.url)));
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong(
                "a name or password in the address would be shown to everybody who lists targets".into(),
            ));
        }
        self.check_scheme(scheme)?;
        self.check_host(host)?;
        if self.domain.as_ref().is_some_and(|domain| domain.trim().is_empty() || domain.len() > DOMAIN_BYTES_MAX) {
            return Err(Problem::invalid(format!("a domain's name has 1 to {DOMAIN_BYTES_MAX} bytes"))
                .hint("`trunkline own map` shows the domains"));
        }
        if self.events.contains(&Kind::Test) {
            return Err(Problem::invalid("a test is sent to the target that is tested, whatever it asked for")
                .hint("`trunkline notify test ID` sends one"));
        }
        Ok(())
    }

    fn check_scheme(&self, scheme: &str) -> Result<(), Problem> {
        match scheme {
            "https" => Ok(()),
            "http" if self.allow_private => Ok(()),
            "http" => Err(Problem::invalid("what is sent by http:// can be read on its way")
                .hint("use https://, or allow private addresses for a receiver in your own network")),
            other => Err(Problem::invalid(format!("{other}:// is not spoken here")).hint("use https://")),
        }
    }

    /// What can be said before the name is resolved; every attempt looks at what it resolves to.
    fn check_host(&self, host: &str) -> Result<(), Problem> {
        let bare = host.trim_matches(['[', ']']);
        let name = bare.trim_end_matches('.').to_ascii_lowercase();
        let why = match bare.parse::<IpAddr>() {
            Ok(address) => address::refusal(address),
            Err(_) if name == "localhost" || name.ends_with(".localhost") => Some("the machine itself"),
            Err(_) => None,
        };
        match why {
            Some(why) if !self.allow_private => Err(Problem::invalid(format!("{host} is {why}")).hint(
                "`--allow-private` lets this target have it; whoever may add targets may then reach what is in there",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str, allow_private: bool) -> Result<(), String> {
        let target = NewTarget { url: url.into(), domain: None, events: vec![], allow_private };
        target.check().map_err(|problem| problem.message)
    }

    #[test]
    fn only_what_is_safe_is_taken_unless_it_was_allowed() {
        for url in ["https://hooks.example.com/x?y=1", "https://93.184.216.34:8443/"] {
            assert_eq!(to(url, false), Ok(()), "{url}");
        }
        for url in [
            "http://hooks.example.com/",
            "https://localhost/",
            "https://a.localhost./",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert!(to(url, false).is_err(), "{url}");
            assert_eq!(to(url, true), Ok(()), "{url}");
        }
        for url in ["", "/x", "hooks.example.com", "ftp://a/", "https://me:word@a.com/", "file:///etc/passwd"] {
            assert!(to(url, true).is_err(), "{url}");
        }
        assert!(to(&format!("https://a.com/{}", "x".repeat(URL_BYTES_MAX)), true).is_err());
    }
}
