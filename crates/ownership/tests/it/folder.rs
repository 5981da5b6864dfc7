//! Where the tests' files come from: a folder, and commits in memory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};

use ownership::model::{Brought, Product};
use ownership::offline::{Entry, Reader, Source};

/// A folder without git.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Source for Folder {
    type Error = std::io::Error;

    fn files(&mut self, _: Option<&str>) -> std::io::Result<Vec<Entry>> {
        let mut found = Vec::new();
        gather(&self.0, &self.0, &mut found)?;
        Ok(found)
    }

    fn text(&mut self, entry: &Entry) -> std::io::Result<Option<String>> {
        Ok(String::from_utf8(fs::read(self.0.join(&entry.path))?).ok())
    }

    fn brought(&mut self, _: Option<&str>, _: &str) -> std::io::Result<BTreeMap<u32, Brought>> {
        Ok(every_line("ann", &["bob"]))
    }
}

/// A file of few lines that one commit brought.
fn every_line(author: &str, approved_by: &[&str]) -> BTreeMap<u32, Brought> {
    let approved_by: Vec<String> = approved_by.iter().map(|name| (*name).to_owned()).collect();
    (1..=9).map(|line| (line, Brought { author: author.to_owned(), approved_by: approved_by.clone() })).collect()
}

fn gather(top: &Path, folder: &Path, found: &mut Vec<Entry>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(top, &path, found)?;
        } else {
            let path = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            found.push(Entry { path, id: "here".into() });
        }
    }
    Ok(())
}

/// Writes the files into a folder and reads the product.
pub(crate) fn product(files: &[(&str, &[u8])]) -> Product {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    Reader::new(Folder(folder.path().to_owned())).product(None).unwrap()
}

/// Commits by their names, each with all of its files; counts how often a text is asked for.
#[derive(Default)]
pub(crate) struct Commits {
    pub(crate) trees: BTreeMap<String, Vec<(String, String)>>,
    pub(crate) asked: usize,
    /// Whoever brought every line of every file, and who approved of it.
    pub(crate) brought: (String, Vec<String>),
}

impl Source for Commits {
    type Error = Infallible;

    fn files(&mut self, commit: Option<&str>) -> Result<Vec<Entry>, Infallible> {
        let newest = self.trees.keys().next_back().cloned().unwrap_or_default();
        let files = self.trees.get(commit.unwrap_or(&newest)).cloned().unwrap_or_default();
        // The text is its own id here.
        Ok(files.into_iter().map(|(path, id)| Entry { path, id }).collect())
    }

    fn text(&mut self, entry: &Entry) -> Result<Option<String>, Infallible> {
        self.asked += 1;
        Ok(Some(entry.id.clone()))
    }

    fn brought(&mut self, _: Option<&str>, _: &str) -> Result<BTreeMap<u32, Brought>, Infallible> {
        let (author, by) = &self.brought;
        Ok(every_line(author, &by.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}
