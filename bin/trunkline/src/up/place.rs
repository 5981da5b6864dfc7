//! Where things are: the repository, the product's name, and the one data folder of the installation.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use delivery::git::{Mirror, local_path};
use delivery::{By, Delivery};
use kernel::Problem;
use rustix::fs::{FlockOperation, flock};

use super::UpArgs;

/// One installation.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub data: PathBuf,
    pub product: String,
    /// What the repository is called among those of the product.
    pub repository: String,
    pub url: String,
    /// The branch that `trunkline.yaml` says is trunk.
    pub trunk: Option<String>,
}

/// Finds out which product this is and makes its data folder.
pub(super) async fn find(args: &UpArgs) -> anyhow::Result<Place> {
    let url = absolute(args.repo.as_deref().unwrap_or("."))?;
    let repository = slug(&url);
    let declared = declared(&url, args.data.as_deref()).await?;
    let product = declared.product.unwrap_or_else(|| repository.clone());
    let data = match &args.data {
        Some(data) => std::path::absolute(data)?,
        None => default_data(&product)?,
    };
    refuse_inside_repository(&data, &url)?;
    make(&data)?;
    Ok(Place { data: data.canonicalize()?, product, repository, url, trunk: declared.trunk })
}

/// `${XDG_DATA_HOME:-~/.local/share}/trunkline/<product>`
pub(crate) fn default_data(product: &str) -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("XDG_DATA_HOME").filter(|v| !v.is_empty()) {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(std::env::var_os("HOME").context("neither HOME nor XDG_DATA_HOME is set: give --data")?)
            .join(".local/share"),
    };
    Ok(base.join("trunkline").join(product))
}

/// A path made absolute, at the top of its repository; an address as it is.
fn absolute(repo: &str) -> anyhow::Result<String> {
    let Some(path) = local_path(repo) else { return Ok(repo.to_owned()) };
    let not_there = || {
        Problem::invalid(format!("there is no repository at {}", path.display()))
            .hint("give --repo PATH or an address that git understands")
    };
    let path = path.canonicalize().map_err(|_| not_there())?;
    let is_repository = |folder: &&Path| {
        folder.join(".git").exists() || (folder.join("objects").is_dir() && folder.join("HEAD").is_file())
    };
    let top = path.ancestors().find(is_repository).ok_or_else(not_there)?;
    Ok(top.display().to_string())
}

/// The last part of an address, as a name: lower case, digits and `-`.
fn slug(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or("product");
    let name: String = last
        .trim_end_matches(".git")
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let name = name.trim_matches('-').to_owned();
    if name.is_empty() { "product".into() } else { name }
}

/// What `trunkline.yaml` on trunk says of itself.
#[derive(Debug, Default)]
struct Declared {
    product: Option<String>,
    trunk: Option<String>,
}

/// The file need not be right otherwise: then its run says what is wrong.
async fn declared(url: &str, data: Option<&Path>) -> anyhow::Result<Declared> {
    let scratch = tempfile::tempdir().context("no folder for temporary files")?;
    let mirror = match data.map(|data| data.join("repositories").join(format!("{}.git", slug(url)))) {
        Some(kept) if kept.exists() => Mirror::existing(&kept, url),
        _ => Mirror::open(&scratch.path().join("mirror.git"), url).await?,
    };
    let branch = mirror.trunk(None).await.with_context(|| format!("trunk of {url} cannot be read"))?;
    let Some(head) = mirror.fetch(&branch).await? else {
        return Err(Problem::invalid(format!("{branch} of {url} has no commit yet"))
            .hint("commit something, then `trunkline init`")
            .into());
    };
    let Some(text) = mirror.configuration(&head).await? else {
        return Err(Problem::invalid(format!("there is no trunkline.yaml on {branch} of {url}"))
            .hint("`trunkline init` writes one; commit it")
            .into());
    };
    Ok(match delivery::config::parse(&text, delivery::config::FILE) {
        Ok(product) => Declared { product: Some(product.product), trunk: product.trunk },
        Err(_) => {
            Declared { product: line_of(&text, "product:").map(|name| slug(&name)), trunk: line_of(&text, "trunk:") }
        }
    })
}

fn line_of(text: &str, key: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?.trim().trim_matches(['"', '\'']).to_owned();
    (!value.is_empty()).then_some(value)
}

fn refuse_inside_repository(data: &Path, url: &str) -> anyhow::Result<()> {
    let Some(repository) = local_path(url) else { return Ok(()) };
    if data.starts_with(&repository) {
        return Err(Problem::invalid(format!("the data folder {} would be inside the repository", data.display()))
            .hint("`git clean` would erase production: choose a folder elsewhere with --data")
            .into());
    }
    Ok(())
}

fn make(data: &Path) -> anyhow::Result<()> {
    let private = |path: &Path| {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make {}", path.display()))
    };
    private(data)?;
    for folder in ["edge", "logs", "repositories", "work", "artifacts", "services"] {
        private(&data.join(folder))?;
    }
    Ok(())
}

impl Place {
    /// One control plane at a time. The file says who has it.
    pub(crate) fn lock(&self) -> anyhow::Result<File> {
        let path = self.data.join("up.lock");
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let pid = fs::read_to_string(&path).unwrap_or_default();
            return Err(Problem::conflict(format!(
                "Trunkline is up already for {} (process {})",
                self.data.display(),
                pid.trim()
            ))
            .hint("`trunkline deploy status` asks it; `trunkline down` stops it")
            .into());
        }
        fs::write(&path, std::process::id().to_string())?;
        Ok(file)
    }

    /// The address of the control store. Where it is not SQLite it is remembered, so that a start without the option does not
    /// come up with an empty store beside the right one.
    pub(crate) fn database(&self, asked: Option<&str>) -> anyhow::Result<String> {
        let path = self.data.join("database");
        if let Some(url) = asked {
            let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            std::io::Write::write_all(&mut file, url.as_bytes())?;
            return Ok(url.to_owned());
        }
        match fs::read_to_string(&path) {
            Ok(url) => Ok(url),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(format!("sqlite:{}", self.data.join("trunkline.db").display()))
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Has delivery watch the repository that `up` was started for.
    pub(crate) async fn watch_repository(&self, delivery: &Delivery) -> anyhow::Result<()> {
        let by = By { who: "trunkline up".into(), why: None };
        delivery.add_repository(&self.repository, &self.url, self.trunk.as_deref(), &by).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_named_after_its_address() {
        assert_eq!(slug("/srv/Pet Shop/"), "pet-shop");
        assert_eq!(slug("git@example.org:team/shop.git"), "shop");
        assert_eq!(slug("https://example.org/"), "example-org");
    }

    #[test]
    fn production_is_never_inside_the_repository() {
        assert!(refuse_inside_repository(Path::new("/srv/shop/data"), "/srv/shop").is_err());
        assert!(refuse_inside_repository(Path::new("/srv/shop-data"), "/srv/shop").is_ok());
    }
}
