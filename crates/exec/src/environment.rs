//! The part of our own environment that checks, builds and products are given.
//!
//! An allow list: what is not named here stays with us. Who needs more says so in `trunkline.yaml`.

use std::collections::BTreeMap;

/// Names that are passed on as they are.
const NAMES: &[&str] = &[
    // who and where
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    // certificates of a company's network
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    // proxies
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    // where toolchains are installed, and where they fetch from
    "CARGO_HOME",
    "GOPROXY",
    "GOFLAGS",
    "GOROOT",
    "GOPATH",
    "GOSUMDB",
    "GONOSUMDB",
    "GOPRIVATE",
    "GONOPROXY",
    "GOINSECURE",
    "GOTOOLCHAIN",
    "JAVA_HOME",
    "JAVA_TOOL_OPTIONS",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "NVM_DIR",
    "VOLTA_HOME",
    "PNPM_HOME",
    "COREPACK_HOME",
    "COREPACK_NPM_REGISTRY",
    "YARN_NPM_REGISTRY_SERVER",
    "BUNDLE_PATH",
    "GEM_HOME",
    "GEM_PATH",
    "DOTNET_ROOT",
    "DENO_DIR",
    "CHROME_BIN",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "RBENV_ROOT",
    "NODENV_ROOT",
    "GOENV_ROOT",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "TF_CLI_CONFIG_FILE",
    "TF_PLUGIN_CACHE_DIR",
    "PKG_CONFIG_PATH",
];

/// Beginnings of names that are passed on. npm and Cargo read their whole configuration from such names.
const PREFIXES: &[&str] = &[
    "LC_",
    "npm_config_",
    "NPM_CONFIG_",
    "PIP_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_SOURCE_",
    "RUSTUP_",
    "PLAYWRIGHT_",
    "PUPPETEER_",
];

/// Parts of names, in capitals, that make a name secret even if the lists above let it through: `CARGO_REGISTRIES_X_TOKEN`,
/// `npm_config_//registry.example/:_authToken`.
const SECRET_PARTS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "_AUTH"];

/// The variables of the running process that a check or a build needs: where programs, languages, certificates, proxies and package
/// registries are. Never `TRUNKLINE_*`, cloud keys, tokens, secrets, keys, or the SSH agent's socket: they are on no list.
///
/// Addresses of registries and proxies are passed as they are, with a password if one stands in them.
pub fn base() -> BTreeMap<String, String> {
    let text =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| is_allowed(name)).collect()
}

fn is_allowed(name: &str) -> bool {
    let is_listed = NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    is_listed && !is_secret(name)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.ends_with("_KEY") || SECRET_PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_needs_passes() {
        for name in [
            "PATH",
            "LC_ALL",
            "npm_config_registry",
            "NPM_CONFIG_CAFILE",
            "CARGO_REGISTRIES_MIRROR_INDEX",
            "RUSTUP_HOME",
            "https_proxy",
        ] {
            assert!(is_allowed(name), "{name}");
        }
    }

    #[test]
    fn secrets_stay() {
        let names = [
            "TRUNKLINE_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "GITHUB_TOKEN",
            "SSH_AUTH_SOCK",
            "STRIPE_KEY",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_MIRROR_TOKEN",
            "CARGO_REGISTRIES_MIRROR_SECRET_KEY",
            "npm_config_//registry.example/:_authToken",
            "npm_config__auth",
            "NPM_CONFIG__PASSWORD",
            "LD_PRELOAD",
        ];
        for name in names {
            assert!(!is_allowed(name), "{name}");
        }
    }
}
